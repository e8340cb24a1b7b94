package contactpage

import (
	"net/http"
	"net/url"
	"strconv"

	"github.com/go-chi/chi/v5"

	"caseward/internal/desk/access"
	"caseward/internal/desk/contact"
	"caseward/internal/desk/field"
	"caseward/internal/desk/people"
	"caseward/internal/platform/errs"
	"caseward/web/console/shell"
	"caseward/web/kit"
	"caseward/web/ui"
)

// fileField is the field of the list that is uploaded.
const fileField = shell.FilesField

// importsView asks for a list, and shows what became of the last ones.
type importsView struct {
	console ui.ConsoleProps
	visit   *shell.Visit
	form    *kit.Form
	list    []people.Import
}

// importView is one import: what it would do, does or did.
type importView struct {
	console ui.ConsoleProps
	visit   *shell.Visit
	form    *kit.Form
	people.Import
	fields []field.Field
	counts map[people.Outcome]int
	show   people.Outcome // "": all rows
	rows   []people.ImportRow
	next   string // the rows after these; "": there are none
}

// rowsShown is how many rows a page of an import shows.
const rowsShown = 100

func importPath(v *shell.Visit, id people.ImportID, below string) string {
	return v.Path("/contacts/import/" + text(id) + below)
}

func importID(r *http.Request) (people.ImportID, error) {
	n, err := strconv.ParseInt(chi.URLParam(r, "import"), 10, 64)
	if err != nil || n < 1 {
		return 0, errs.New(errs.NotFound, "There is no such import in this workspace.")
	}
	return people.ImportID(n), nil
}

// Imports is GET /w/{ws}/contacts/import. Needs ManageContacts.
func (p *Pages) Imports(w http.ResponseWriter, r *http.Request) error {
	return p.imports(w, r, http.StatusOK, kit.NewForm(nil))
}

func (p *Pages) imports(w http.ResponseWriter, r *http.Request, status int, form *kit.Form) error {
	view := importsView{visit: shell.From(r), form: form}
	err := view.visit.Actor.Require(access.ManageContacts)
	if err != nil {
		return err
	}
	if view.list, err = p.people.Imports(r.Context(), view.visit.Actor); err != nil {
		return err
	}
	if view.console, err = p.Console(r, shell.Page{Title: "Import contacts", Current: "/contacts"}); err != nil {
		return err
	}
	return kit.Render(w, r, status, importsPage(view))
}

// Upload is POST /w/{ws}/contacts/import, with file.
func (p *Pages) Upload(w http.ResponseWriter, r *http.Request) error {
	form, err := kit.ReadUpload(w, r, people.MaxImportBytes, fileField)
	if err != nil {
		return err
	}
	files := form.Files(fileField)
	if form.Valid() && len(files) != 1 {
		form.Fail(fileField, "Choose one file.")
	}
	if !form.Valid() {
		return p.imports(w, r, form.Status(), form)
	}
	v := shell.From(r)
	id, err := p.people.StartImport(r.Context(), v.Actor, files[0].Data)
	if err := form.Absorb(err); err != nil {
		return err
	}
	if !form.Valid() {
		return p.imports(w, r, form.Status(), form)
	}
	return kit.SeeOther(w, r, importPath(v, id, ""))
}

// ShowImport is GET /w/{ws}/contacts/import/{import}, with show (an outcome) and after (a line).
func (p *Pages) ShowImport(w http.ResponseWriter, r *http.Request) error {
	id, err := importID(r)
	if err != nil {
		return err
	}
	return p.showImport(w, r, http.StatusOK, id, kit.NewForm(nil))
}

func (p *Pages) showImport(w http.ResponseWriter, r *http.Request, status int, id people.ImportID, form *kit.Form) error {
	v, query := shell.From(r), r.URL.Query()
	view := importView{visit: v, form: form, show: people.Outcome(query.Get("show"))}
	after, _ := strconv.Atoi(query.Get("after")) // nonsense is the first page
	err := v.Actor.Require(access.ManageContacts)
	if err != nil {
		return err
	}
	if view.Import, err = p.people.Import(r.Context(), v.Actor, id); err != nil {
		return err
	}
	switch {
	case view.EmptiedAt != nil: // only the counts are left
	case view.State == people.ImportDraft:
		err = p.planned(r, &view, after)
	default:
		view.rows, err = p.people.ImportRows(r.Context(), v.Actor, id, view.show, after, rowsShown+1)
		view.counts = map[people.Outcome]int{people.RowCreates: view.Created, people.RowChanges: view.Changed, people.RowUnchanged: view.Unchanged, people.RowRefused: view.Refused}
	}
	if err != nil {
		return err
	}
	if len(view.rows) > rowsShown {
		view.rows = view.rows[:rowsShown]
		view.next = view.path("after", strconv.Itoa(view.rows[rowsShown-1].Line))
	}
	if view.console, err = p.Console(r, shell.Page{Title: "Import contacts", Current: "/contacts"}); err != nil {
		return err
	}
	return kit.Render(w, r, status, importPage(view))
}

// planned reads what a list would do, and of it a page.
func (p *Pages) planned(r *http.Request, view *importView, after int) error {
	plan, err := p.people.PlanImport(r.Context(), view.visit.Actor, view.ID)
	if err != nil {
		return err
	}
	view.fields, view.counts = plan.Fields, plan.Counts
	for _, row := range plan.Rows {
		if row.Line > after && (view.show == "" || row.Outcome == view.show) && len(view.rows) <= rowsShown {
			view.rows = append(view.rows, row)
		}
	}
	return nil
}

// MapImport is POST /w/{ws}/contacts/import/{import}/columns: column-0 and so on.
func (p *Pages) MapImport(w http.ResponseWriter, r *http.Request) error {
	id, err := importID(r)
	if err != nil {
		return err
	}
	form, err := kit.ReadForm(w, r, kit.FormLimit)
	if err != nil {
		return err
	}
	var mapping []string
	for i := 0; form.Has(columnField(i)); i++ {
		mapping = append(mapping, form.Text(columnField(i)))
	}
	v := shell.From(r)
	if err := form.Absorb(p.people.MapImport(r.Context(), v.Actor, id, mapping)); err != nil {
		return err
	}
	if !form.Valid() {
		return p.showImport(w, r, form.Status(), id, form)
	}
	return kit.SeeOther(w, r, importPath(v, id, ""))
}

// ApplyImport is POST /w/{ws}/contacts/import/{import}/apply.
func (p *Pages) ApplyImport(w http.ResponseWriter, r *http.Request) error {
	id, err := importID(r)
	if err != nil {
		return err
	}
	v := shell.From(r)
	if err := p.people.ApplyImport(r.Context(), v.Actor, id); err != nil {
		return err
	}
	p.Flash(r, ui.NoticeProps{Tone: ui.Success, Text: "The import has begun."})
	return kit.SeeOther(w, r, importPath(v, id, ""))
}

func columnField(i int) string { return "column-" + strconv.Itoa(i) }

// path is this page with one more key.
func (v importView) path(key, value string) string {
	query := url.Values{}
	if v.show != "" {
		query.Set("show", string(v.show))
	}
	query.Set(key, value)
	return importPath(v.visit, v.ID, "?"+query.Encode())
}

// tabs are the rows by what they do, or did.
func (v importView) tabs() []ui.Tab {
	labels := map[people.Outcome]string{people.RowCreates: "New", people.RowChanges: "Changed", people.RowUnchanged: "Nothing to change", people.RowRefused: "Left out"}
	list := []ui.Tab{{Label: "All rows", Href: importPath(v.visit, v.ID, ""), Count: strconv.Itoa(v.Total), Current: v.show == ""}}
	for _, o := range people.Outcomes() {
		list = append(list, ui.Tab{Label: labels[o], Href: importPath(v.visit, v.ID, "?show="+string(o)), Count: strconv.Itoa(v.counts[o]), Current: v.show == o})
	}
	return list
}

// verdict is what a row does as people read it.
func verdict(o people.Outcome) (label string, tone ui.Tone) {
	switch o {
	case people.RowCreates:
		return "New", ui.Success
	case people.RowChanges:
		return "Changed", ui.Info
	case people.RowUnchanged:
		return "Nothing to change", ui.Neutral
	case people.RowRefused:
		return "Left out", ui.Warning
	}
	return "Waiting", ui.Neutral
}

// options are what a column can be.
func (v importView) options() []ui.Option {
	labels := map[string]string{people.IsName: "Name", people.IsEmail: "E-mail addresses", people.IsPhone: "Phone", people.IsJobTitle: "Job title", people.IsAddress: "Address"}
	list := []ui.Option{{Value: people.IsNothing, Label: "Leave out"}}
	for _, c := range people.Columns() {
		list = append(list, ui.Option{Value: c, Label: labels[c]})
	}
	for _, f := range v.fields {
		list = append(list, ui.Option{Value: f.FormName(), Label: f.Name})
	}
	return list
}

// applies is how many contacts the import would make or change.
func (v importView) applies() int { return v.counts[people.RowCreates] + v.counts[people.RowChanges] }

// contactHref leads to the contact of a row; "" where there is none yet.
func (v importView) contactHref(id contact.ID) string {
	if id == 0 {
		return ""
	}
	return contactPath(v.visit, id, "")
}
