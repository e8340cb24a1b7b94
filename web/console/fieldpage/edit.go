package fieldpage

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"caseward/internal/desk/access"
	"caseward/internal/desk/field"
	"caseward/internal/platform/errs"
	"caseward/web/console/shell"
	"caseward/web/kit"
	"caseward/web/ui"
)

// editView is the form of a new field or of one that is there.
type editView struct {
	console ui.ConsoleProps
	visit   *shell.Visit
	title   string
	field   *field.Field // nil: a new one
	form    *kit.Form
}

func (v editView) action() string {
	if v.field == nil {
		return v.visit.Path(root)
	}
	return path(v.visit, v.field.ID, "")
}

func (v editView) version() string { return strconv.Itoa(v.field.Version) }

// stale reports whether the field was changed since the form was opened.
func (v editView) stale() bool {
	return v.form.Has("version") && v.form.Text("version") != v.version()
}

// choosable reports whether the field may have choices: a new one, since it may become a choice, or one that is.
func (v editView) choosable() bool { return v.field == nil || v.field.Kind == field.Choice }

var objectLabels = map[field.Object]string{field.OfCase: "Cases", field.OfContact: "Contacts"}

func objectOptions() []ui.Option {
	return []ui.Option{
		{Value: string(field.OfCase), Label: objectLabels[field.OfCase], Hint: "Each case has its own value."},
		{Value: string(field.OfContact), Label: objectLabels[field.OfContact], Hint: "All cases of a contact show the same value."},
	}
}

func kindOptions() []ui.Option {
	var options []ui.Option
	for _, k := range field.Kinds() {
		options = append(options, ui.Option{Value: string(k), Label: kindLabels[k], Hint: kindHints[k]})
	}
	return options
}

// New is GET /w/{ws}/admin/cases/fields/new.
func (p *Pages) New(w http.ResponseWriter, r *http.Request) error {
	return p.edit(w, r, http.StatusOK, nil, kit.NewForm(url.Values{"object": {string(field.OfCase)}, "kind": {string(field.Text)}}))
}

// Create is POST /w/{ws}/admin/cases/fields: object, kind, name, key, help, and choices, one a line.
func (p *Pages) Create(w http.ResponseWriter, r *http.Request) error {
	form, err := kit.ReadForm(w, r, kit.FormLimit)
	if err != nil {
		return err
	}
	in := input(form)
	if _, err = p.fields.Create(r.Context(), shell.From(r).Actor, in); err != nil {
		return p.again(w, r, nil, form, err)
	}
	return p.done(w, r, "The field “"+in.Name+"” was made.", "It is shown beside each case from now on.")
}

func input(form *kit.Form) field.Input {
	return field.Input{
		Object: field.Object(form.Text("object")), Kind: field.Kind(form.Text("kind")),
		Name: form.Text("name"), Key: form.Text("key"), Help: form.Text("help"), Choices: strings.Split(form.Text("choices"), "\n"),
	}
}

// Edit is GET /w/{ws}/admin/cases/fields/{id}.
func (p *Pages) Edit(w http.ResponseWriter, r *http.Request) error {
	f, err := p.one(r)
	if err != nil {
		return err
	}
	return p.edit(w, r, http.StatusOK, &f, kit.NewForm(values(f)))
}

// values are those of a field as the form has them.
func values(f field.Field) url.Values {
	return url.Values{"name": {f.Name}, "key": {f.Key}, "help": {f.Help}, "choices": {strings.Join(f.Choices, "\n")}}
}

// Update is POST /w/{ws}/admin/cases/fields/{id}: name, key, help, choices, and the version that was changed.
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
	if err = p.fields.Update(r.Context(), v.Actor, id, version, input(form)); err == nil {
		return p.done(w, r, "The field was changed.", "")
	}
	if !errs.Is(err, errs.Invalid) && !errs.Is(err, errs.Conflict) {
		return err
	}
	f, failed := p.fields.Get(r.Context(), v.Actor, id)
	if failed != nil {
		return failed
	}
	return p.again(w, r, &f, form, err)
}

// again shows the form with what was typed and what is wrong with it.
func (p *Pages) again(w http.ResponseWriter, r *http.Request, f *field.Field, form *kit.Form, err error) error {
	status := http.StatusUnprocessableEntity
	if errs.Is(err, errs.Conflict) {
		status = kit.Status(errs.Conflict)
		form.Fail("", errs.SafeText(err))
		err = nil
	}
	if err := form.Absorb(err); err != nil {
		return err
	}
	return p.edit(w, r, status, f, form)
}

func (p *Pages) edit(w http.ResponseWriter, r *http.Request, status int, f *field.Field, form *kit.Form) (err error) {
	view := editView{visit: shell.From(r), title: "New field", field: f, form: form}
	if f != nil {
		view.title = f.Name
	}
	if err := view.visit.Actor.Require(access.ManageSettings); err != nil {
		return err
	}
	if view.console, err = p.Console(r, shell.Page{Title: view.title, Current: "/admin"}); err != nil {
		return err
	}
	return kit.Render(w, r, status, editPage(view))
}
