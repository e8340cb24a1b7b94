package fieldpage

import (
	"net/http"
	"strconv"

	"caseward/internal/desk/field"
	"caseward/internal/platform/errs"
	"caseward/web/console/shell"
	"caseward/web/kit"
	"caseward/web/ui"
)

// Archive is POST /w/{ws}/admin/cases/fields/{id}/archive: it switches the field off.
func (p *Pages) Archive(w http.ResponseWriter, r *http.Request) error {
	id, err := pathID(r)
	if err != nil {
		return err
	}
	if err := p.fields.Archive(r.Context(), shell.From(r).Actor, id); err != nil {
		return err
	}
	return p.done(w, r, "The field was switched off.", "What it holds is kept.")
}

// Restore is POST /w/{ws}/admin/cases/fields/{id}/restore: it switches the field on again.
func (p *Pages) Restore(w http.ResponseWriter, r *http.Request) error {
	f, err := p.one(r)
	if err != nil {
		return err
	}
	err = p.fields.Restore(r.Context(), shell.From(r).Actor, f.ID)
	switch {
	case err == nil:
		return p.done(w, r, "The field is in use again.", "What it held is shown again.")
	case errs.Is(err, errs.Invalid), errs.Is(err, errs.Conflict):
		return p.again(w, r, &f, kit.NewForm(values(f)), err)
	}
	return err
}

type deleteView struct {
	console ui.ConsoleProps
	visit   *shell.Visit
	field   field.Field
	count   field.Count
	problem string
}

// what says what goes, in a sentence.
func (v deleteView) what() string {
	of := "of cases, deleted ones too,"
	if v.field.Object == field.OfContact {
		of = "of contacts"
	}
	switch v.count.Values {
	case 0:
		return "It holds no values, so nothing else goes with it."
	case 1:
		return "1 value " + of + " is erased with it, for good."
	}
	return strconv.Itoa(v.count.Values) + " values " + of + " are erased with it, for good."
}

// held says which values a legal hold keeps; "": none.
func (v deleteView) held() string { return v.count.HeldText(v.field.Object) }

// ConfirmDelete is GET /w/{ws}/admin/cases/fields/{id}/delete.
func (p *Pages) ConfirmDelete(w http.ResponseWriter, r *http.Request) error {
	return p.confirm(w, r, http.StatusOK, "")
}

func (p *Pages) confirm(w http.ResponseWriter, r *http.Request, status int, problem string) error {
	f, err := p.one(r)
	if err != nil {
		return err
	}
	view := deleteView{visit: shell.From(r), field: f, problem: problem}
	if view.count, err = p.fields.Count(r.Context(), view.visit.Actor, f); err != nil {
		return err
	}
	if view.console, err = p.Console(r, shell.Page{Title: "Delete the field", Current: "/admin"}); err != nil {
		return err
	}
	return kit.Render(w, r, status, deletePage(view))
}

// Delete is POST /w/{ws}/admin/cases/fields/{id}/delete: values, how many the page said there are.
func (p *Pages) Delete(w http.ResponseWriter, r *http.Request) error {
	id, err := pathID(r)
	if err != nil {
		return err
	}
	form, err := kit.ReadForm(w, r, kit.FormLimit)
	if err != nil {
		return err
	}
	told, err := strconv.Atoi(form.Text("values"))
	if err != nil {
		told = -1 // was told nothing
	}
	err = p.fields.Delete(r.Context(), shell.From(r).Actor, id, told)
	if errs.Is(err, errs.Conflict) {
		return p.confirm(w, r, kit.Status(errs.Conflict), errs.SafeText(err))
	}
	if err != nil {
		return err
	}
	return p.done(w, r, "The field was deleted, with everything that it held.", "")
}
