package fieldpage

import (
	"net/http"
	"strconv"

	"caseward/internal/desk/access"
	"caseward/internal/desk/field"
	"caseward/web/console/shell"
	"caseward/web/kit"
	"caseward/web/ui"
)

type listView struct {
	console ui.ConsoleProps
	visit   *shell.Visit
	none    bool
	parts   []part
	off     []field.Field
}

// part are the fields in use of one object.
type part struct {
	object        field.Object
	caption, hint string
	fields        []field.Field
}

// List is GET /w/{ws}/admin/cases/fields. Needs ManageSettings.
func (p *Pages) List(w http.ResponseWriter, r *http.Request) error {
	v := shell.From(r)
	if err := v.Actor.Require(access.ManageSettings); err != nil {
		return err
	}
	all, err := p.fields.List(r.Context(), v.Actor)
	if err != nil {
		return err
	}
	view := listView{visit: v, none: len(all) == 0, parts: []part{
		{field.OfCase, "Fields of cases", "Shown beside each case and where a case is made.", field.InUse(all, field.OfCase)},
		{field.OfContact, "Fields of contacts", "Shown beside each case of the contact. Those who may manage contacts change them.", field.InUse(all, field.OfContact)},
	}}
	for _, f := range all {
		if !f.Active() {
			view.off = append(view.off, f)
		}
	}
	if view.console, err = p.Console(r, shell.Page{Title: "Custom fields", Current: "/admin"}); err != nil {
		return err
	}
	return kit.Render(w, r, http.StatusOK, listPage(view))
}

// holds says in a few words what a field is for.
func holds(f field.Field) string {
	switch n := len(f.Choices); {
	case f.Kind != field.Choice:
		return kindLabels[f.Kind]
	case n == 1:
		return "Choice of 1"
	default:
		return "Choice of " + strconv.Itoa(n)
	}
}

// Move is POST /w/{ws}/admin/cases/fields/{id}/move: to is up or down.
func (p *Pages) Move(w http.ResponseWriter, r *http.Request) error {
	id, err := pathID(r)
	if err != nil {
		return err
	}
	form, err := kit.ReadForm(w, r, kit.FormLimit)
	if err != nil {
		return err
	}
	v := shell.From(r)
	if err := p.fields.Move(r.Context(), v.Actor, id, form.Text("to") == "up"); err != nil {
		return err
	}
	return kit.SeeOther(w, r, v.Path(root))
}
