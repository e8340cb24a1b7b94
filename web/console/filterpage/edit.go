package filterpage

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"caseward/internal/desk/access"
	"caseward/internal/desk/filters"
	"caseward/internal/platform/errs"
	"caseward/web/console/shell"
	"caseward/web/kit"
	"caseward/web/ui"
)

// editView is the form of a new filter or of one that is there.
type editView struct {
	console ui.ConsoleProps
	visit   *shell.Visit
	title   string
	filter  *filters.Filter // nil: a new one
	form    *kit.Form
}

func (v editView) action() string {
	if v.filter == nil {
		return v.visit.Path("/filters")
	}
	return v.visit.Path("/filters/" + text(v.filter.ID))
}

// cancel leads back to where the form was opened from.
func (v editView) cancel() string {
	switch query := v.form.Text("query"); {
	case v.filter != nil:
		return listPath(v.visit, v.filter.ID)
	case query != "":
		return v.visit.Path("/inbox?" + url.Values{"q": {query}}.Encode())
	}
	return v.visit.Path("/filters")
}

func (v editView) mayShare() bool { return v.visit.Actor.Can(access.ManageSettings) }

// New is GET /w/{ws}/filters/new, with q the search to save.
func (p *Pages) New(w http.ResponseWriter, r *http.Request) error {
	query := strings.TrimSpace(r.URL.Query().Get("q"))
	return p.edit(w, r, http.StatusOK, nil, kit.NewForm(url.Values{"query": {query}}))
}

// Create is POST /w/{ws}/filters: name, query, shared.
func (p *Pages) Create(w http.ResponseWriter, r *http.Request) error {
	form, err := kit.ReadForm(w, r, kit.FormLimit)
	if err != nil {
		return err
	}
	v := shell.From(r)
	id, err := p.filters.Create(r.Context(), v.Actor, input(form))
	if err == nil {
		p.Flash(r, ui.NoticeProps{Tone: ui.Success, Text: "The filter was saved.", Detail: "It stands in the sidebar from now on."})
		return kit.SeeOther(w, r, listPath(v, id))
	}
	return p.again(w, r, nil, form, err)
}

func input(form *kit.Form) filters.Input {
	return filters.Input{Name: form.Text("name"), Query: form.Text("query"), Shared: form.Checked("shared")}
}

// Edit is GET /w/{ws}/filters/{id}.
func (p *Pages) Edit(w http.ResponseWriter, r *http.Request) error {
	f, err := p.changeable(r)
	if err != nil {
		return err
	}
	values := url.Values{"name": {f.Name}, "query": {f.Query}}
	if f.Shared() {
		values.Set("shared", "1")
	}
	return p.edit(w, r, http.StatusOK, &f, kit.NewForm(values))
}

// changeable is the filter of the address, for a page that changes it.
func (p *Pages) changeable(r *http.Request) (filters.Filter, error) {
	id, err := pathID(r)
	if err != nil {
		return filters.Filter{}, err
	}
	v := shell.From(r)
	f, err := p.filters.Get(r.Context(), v.Actor, id)
	if err == nil && !mayChange(v, f) {
		err = v.Actor.Require(access.ManageSettings)
	}
	return f, err
}

// Update is POST /w/{ws}/filters/{id}: name, query, shared, and the version that was changed.
func (p *Pages) Update(w http.ResponseWriter, r *http.Request) error {
	id, err := pathID(r)
	if err != nil {
		return err
	}
	form, err := kit.ReadForm(w, r, kit.FormLimit)
	if err != nil {
		return err
	}
	v := shell.From(r)
	version, _ := strconv.Atoi(form.Text("version")) // nonsense is no version that is there
	err = p.filters.Update(r.Context(), v.Actor, id, version, input(form))
	if err == nil {
		p.Flash(r, ui.NoticeProps{Tone: ui.Success, Text: "The filter was changed."})
		return kit.SeeOther(w, r, listPath(v, id))
	}
	if !errs.Is(err, errs.Invalid) && !errs.Is(err, errs.Conflict) {
		return err
	}
	f, failed := p.filters.Get(r.Context(), v.Actor, id)
	if failed != nil {
		return failed
	}
	return p.again(w, r, &f, form, err)
}

// again shows the form with what was typed and what is wrong with it.
func (p *Pages) again(w http.ResponseWriter, r *http.Request, f *filters.Filter, form *kit.Form, err error) error {
	status := kit.Status(errs.KindOf(err))
	if errs.Is(err, errs.Conflict) {
		form.Fail("", errs.SafeText(err))
		err = nil
	}
	if err := form.Absorb(err); err != nil {
		return err
	}
	return p.edit(w, r, status, f, form)
}

func (p *Pages) edit(w http.ResponseWriter, r *http.Request, status int, f *filters.Filter, form *kit.Form) error {
	view := editView{visit: shell.From(r), title: "New filter", filter: f, form: form}
	current := ""
	if f != nil {
		view.title, current = "Change the filter", "/inbox?filter="+shell.SavedFilter(f.ID)
	}
	var err error
	if view.console, err = p.Console(r, shell.Page{Title: view.title, Current: current}); err != nil {
		return err
	}
	return kit.Render(w, r, status, editPage(view))
}
