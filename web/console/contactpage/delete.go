package contactpage

import (
	"context"
	"net/http"

	"caseward/internal/desk/access"
	"caseward/internal/desk/contact"
	"caseward/internal/desk/removal"
	"caseward/internal/platform/errs"
	"caseward/web/console/shell"
	"caseward/web/kit"
	"caseward/web/ui"
)

// Removal deletes contacts and brings them back.
type Removal interface {
	Preview(ctx context.Context, actor access.Actor, id contact.ID) (removal.Preview, error)
	Delete(ctx context.Context, actor access.Actor, id contact.ID) error
	Restore(ctx context.Context, actor access.Actor, in removal.RestoreInput) error
}

// Moves tells how far the cases of a deleted or restored contact are on their way.
type Moves interface {
	Moving(ctx context.Context, actor access.Actor, id contact.ID) (*removal.Move, error)
}

// removeView is the question before a contact is deleted or restored.
type removeView struct {
	removal.Preview
	visit *shell.Visit
	path  string
	form  *kit.Form
	held  bool // a legal hold stands on them
}

func (p *Pages) preview(r *http.Request) (removeView, error) {
	id, err := pathID(r)
	if err != nil {
		return removeView{}, err
	}
	v := shell.From(r)
	if err := v.Actor.Require(access.ManageContacts); err != nil {
		return removeView{}, err
	}
	view := removeView{visit: v, path: contactPath(v, id, ""), form: kit.NewForm(nil)}
	view.Preview, err = p.removal.Preview(r.Context(), v.Actor, id)
	return view, err
}

// ConfirmDelete is GET /w/{ws}/contacts/{id}/delete.
func (p *Pages) ConfirmDelete(w http.ResponseWriter, r *http.Request) error {
	view, err := p.preview(r)
	if err != nil {
		return err
	}
	if view.Contact.DeletedAt != nil || view.Contact.MergedIntoID != nil {
		return kit.SeeOther(w, r, view.path)
	}
	holds, err := p.holds.OfContact(r.Context(), view.visit.Actor, view.Contact.ID)
	if err != nil {
		return err
	}
	view.held = len(holds) > 0
	frame, err := p.Console(r, shell.Page{Title: "Delete " + display(view.Contact.Name), Current: "/contacts"})
	if err != nil {
		return err
	}
	return kit.Render(w, r, http.StatusOK, deletePage(frame, view))
}

// Delete is POST /w/{ws}/contacts/{id}/delete.
func (p *Pages) Delete(w http.ResponseWriter, r *http.Request) error {
	id, err := pathID(r)
	if err != nil {
		return err
	}
	v := shell.From(r)
	if err := p.removal.Delete(r.Context(), v.Actor, id); err != nil {
		return err
	}
	p.FlashUndo(r, "The contact was deleted. Their live cases are in Spam.", contactPath(v, id, "/restore"))
	return kit.SeeOther(w, r, contactPath(v, id, ""))
}

// ConfirmRestore is GET /w/{ws}/contacts/{id}/restore.
func (p *Pages) ConfirmRestore(w http.ResponseWriter, r *http.Request) error {
	return p.askRestore(w, r, http.StatusOK)
}

func (p *Pages) askRestore(w http.ResponseWriter, r *http.Request, status int) error {
	view, err := p.preview(r)
	if err != nil {
		return err
	}
	if view.Contact.DeletedAt == nil {
		return kit.SeeOther(w, r, view.path)
	}
	frame, err := p.Console(r, shell.Page{Title: "Restore " + display(view.Contact.Name), Current: "/contacts"})
	if err != nil {
		return err
	}
	return kit.Render(w, r, status, restorePage(frame, view))
}

// Restore is POST /w/{ws}/contacts/{id}/restore, field without=1 to leave addresses to those who have them now; and
// merge with the id of one of these, to go on to merging the two.
func (p *Pages) Restore(w http.ResponseWriter, r *http.Request) error {
	id, err := pathID(r)
	if err != nil {
		return err
	}
	form, err := kit.ReadForm(w, r, kit.FormLimit)
	if err != nil {
		return err
	}
	v, with := shell.From(r), form.Text("with")
	in := removal.RestoreInput{Contact: id, WithoutTaken: form.Checked("without") || with != ""}
	err = p.removal.Restore(r.Context(), v.Actor, in)
	if errs.Is(err, errs.Conflict) && !in.WithoutTaken {
		return p.askRestore(w, r, kit.Status(errs.Conflict)) // somebody has an address of theirs meanwhile
	}
	if err != nil {
		return err
	}
	p.Flash(r, ui.NoticeProps{Tone: ui.Success, Text: "The contact was restored.", Detail: "The cases that the deletion had hidden are back in their lists."})
	if with != "" {
		return kit.SeeOther(w, r, contactPath(v, id, "/merge?with="+with))
	}
	return kit.SeeOther(w, r, contactPath(v, id, ""))
}
