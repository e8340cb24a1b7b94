package contactpage

import (
	"context"
	"net/http"
	"strconv"

	"caseward/internal/desk/access"
	"caseward/internal/desk/contact"
	"caseward/internal/platform/errs"
	"caseward/web/console/shell"
	"caseward/web/kit"
	"caseward/web/ui"
)

// Suspending is what these pages need to suspend contacts.
type Suspending interface {
	Suspend(ctx context.Context, actor access.Actor, id contact.ID) error
	Restore(ctx context.Context, actor access.Actor, ids []contact.ID) (int, error)
	Standing(ctx context.Context, actor access.Actor, id contact.ID) (contact.Standing, error)
	OfMany(ctx context.Context, actor access.Actor, ids []contact.ID) (map[contact.ID]contact.Suspension, error)
}

// suspendView is the question before a contact is suspended.
type suspendView struct {
	contact.Record
	path string
}

// ConfirmSuspend is GET /w/{ws}/contacts/{id}/suspend. Needs ManageContacts.
func (p *Pages) ConfirmSuspend(w http.ResponseWriter, r *http.Request) error {
	id, err := pathID(r)
	if err != nil {
		return err
	}
	v := shell.From(r)
	if err := v.Actor.Require(access.ManageContacts); err != nil {
		return err
	}
	record, err := p.contacts.Get(r.Context(), v.Actor, id)
	if err != nil {
		return err
	}
	if record.Editable() != nil || record.SuspendedAt != nil {
		return kit.SeeOther(w, r, contactPath(v, id, "")) // it says what has happened
	}
	frame, err := p.Console(r, shell.Page{Title: "Suspend " + display(record.Name), Current: "/contacts"})
	if err != nil {
		return err
	}
	return kit.Render(w, r, http.StatusOK, suspendPage(frame, suspendView{record, contactPath(v, id, "")}))
}

// Suspend is POST /w/{ws}/contacts/{id}/suspend.
func (p *Pages) Suspend(w http.ResponseWriter, r *http.Request) error {
	id, err := pathID(r)
	if err != nil {
		return err
	}
	v := shell.From(r)
	if err := p.blocking.Suspend(r.Context(), v.Actor, id); err != nil {
		return err
	}
	p.Flash(r, ui.NoticeProps{Tone: ui.Success, Text: "The contact is suspended", Detail: "Their mail goes to Blocked mail from now on.",
		Action: &ui.NoticeAction{Label: "Undo", Path: v.Path("/contacts/suspended/restore"), Fields: []ui.HiddenField{{Name: "contact", Value: text(id)}, {Name: "next", Value: contactPath(v, id, "")}}}})
	return kit.SeeOther(w, r, contactPath(v, id, ""))
}

// mostRestored is how many contacts one form may restore; a page of the list holds 50.
const mostRestored = 200

// RestoreSuspended is POST /w/{ws}/contacts/suspended/restore, field contact once for each. Those who may write already
// keep none of the others back.
func (p *Pages) RestoreSuspended(w http.ResponseWriter, r *http.Request) error {
	form, err := kit.ReadForm(w, r, kit.FormLimit)
	if err != nil {
		return err
	}
	v := shell.From(r)
	list := form.List("contact")
	if len(list) > mostRestored {
		return errs.Newf(errs.Invalid, "Restore at most %d contacts at once.", mostRestored)
	}
	ids := make([]contact.ID, 0, len(list))
	for _, one := range list {
		n, err := strconv.ParseInt(one, 10, 64)
		if err != nil {
			return errs.New(errs.Invalid, "Choose the contacts from the list.")
		}
		ids = append(ids, contact.ID(n))
	}
	n, err := p.blocking.Restore(r.Context(), v.Actor, ids)
	if err != nil {
		return err
	}
	p.Flash(r, restoredNotice(len(ids), n))
	return kit.SeeOther(w, r, kit.LocalPath(form.Text("next"), listPath(v, "tab", string(contact.Suspended))))
}

func restoredNotice(chosen, n int) ui.NoticeProps {
	switch {
	case chosen == 0:
		return ui.NoticeProps{Tone: ui.Info, Text: "No contact was selected."}
	case n == 0:
		return ui.NoticeProps{Tone: ui.Info, Text: "Nobody of them was suspended any more."}
	case n == 1:
		return ui.NoticeProps{Tone: ui.Success, Text: "The contact may write again", Detail: "What was blocked stays in Blocked mail, where it can be released."}
	}
	return ui.NoticeProps{Tone: ui.Success, Text: ui.Count(n, "contact") + " may write again", Detail: "What was blocked stays in Blocked mail, where it can be released."}
}

// suspensionsOf reads what the Suspended tab tells of its contacts.
func (p *Pages) suspensionsOf(ctx context.Context, actor access.Actor, rows []contact.Summary) (map[contact.ID]contact.Suspension, error) {
	ids := make([]contact.ID, len(rows))
	for i, s := range rows {
		ids[i] = s.ID
	}
	return p.blocking.OfMany(ctx, actor, ids)
}

// why says why a contact is suspended; with a link to the case where that was spam.
func (v listView) why(s contact.Suspension) (text, href string) {
	if s.CaseNumber != nil {
		return "case #" + strconv.FormatInt(*s.CaseNumber, 10) + " marked as spam", v.visit.Path("/cases/" + strconv.FormatInt(*s.CaseNumber, 10))
	}
	return "by hand", ""
}

// suspendedText says since when, by whom and why the contact is suspended.
func (v view) suspendedText() string {
	said := "This contact has been suspended since " + v.date(*v.SuspendedAt)
	s := v.suspension
	switch {
	case s == nil:
		return said + "."
	case s.CaseNumber != nil:
		return said + ": " + s.SuspendedByName + " marked case #" + strconv.FormatInt(*s.CaseNumber, 10) + " as spam."
	}
	return said + " by " + s.SuspendedByName + ", by hand."
}

// blockedText says what came since.
func (v view) blockedText() string {
	if v.suspension == nil || v.suspension.Blocked == 0 {
		return "Mail from their addresses is blocked. None has come since."
	}
	return "Mail from their addresses is blocked: " + ui.Count(v.suspension.Blocked, "mail") + " since then."
}
