package blocked

import (
	"net/http"
	"strconv"
	"time"

	"caseward/internal/desk/access"
	"caseward/internal/desk/contact"
	"caseward/internal/desk/message"
	"caseward/web/console/shell"
	"caseward/web/kit"
	"caseward/web/ui"
)

// askView is the question before something is done to a blocked mail.
type askView struct {
	message.BlockedText
	visit    *shell.Visit
	mayLift  bool // the actor may lift the suspension as it is
	whose    string
	count    int
	until    string // delete what was blocked up to then
	of       contact.ID
	loc      *time.Location
	listHref string
}

// ConfirmRelease is GET /w/{ws}/blocked/{id}/release.
func (p *Pages) ConfirmRelease(w http.ResponseWriter, r *http.Request) error {
	view, err := p.ask(r)
	if err != nil {
		return err
	}
	frame, err := p.Console(r, shell.Page{Title: "Release mail", Current: current})
	if err != nil {
		return err
	}
	return kit.Render(w, r, http.StatusOK, releasePage(frame, view))
}

// ConfirmDelete is GET /w/{ws}/blocked/{id}/delete.
func (p *Pages) ConfirmDelete(w http.ResponseWriter, r *http.Request) error {
	if err := shell.From(r).Actor.Require(access.DeleteCases); err != nil {
		return err
	}
	view, err := p.ask(r)
	if err != nil {
		return err
	}
	frame, err := p.Console(r, shell.Page{Title: "Delete mail", Current: current})
	if err != nil {
		return err
	}
	return kit.Render(w, r, http.StatusOK, deletePage(frame, view))
}

func (p *Pages) ask(r *http.Request) (askView, error) {
	id, err := pathID(r)
	if err != nil {
		return askView{}, err
	}
	v := shell.From(r)
	mail, err := p.intake.ReadBlocked(r.Context(), v.Actor, id)
	return askView{BlockedText: mail, visit: v, loc: v.Location, listHref: v.Path("/blocked"),
		mayLift: mail.Suspended && (!mail.ByHand || v.Actor.Can(access.ManageContacts))}, err
}

// Release is POST /w/{ws}/blocked/{id}/release; lift=1 also lets the sender write again.
func (p *Pages) Release(w http.ResponseWriter, r *http.Request) error {
	id, err := pathID(r)
	if err != nil {
		return err
	}
	form, err := kit.ReadForm(w, r, kit.FormLimit)
	if err != nil {
		return err
	}
	v := shell.From(r)
	u, err := p.intake.Release(r.Context(), v.Actor, id, form.Text("lift") == "1")
	if err != nil {
		return err
	}
	notice := ui.NoticeProps{Tone: ui.Success, Text: "The mail was released"}
	if u.Already {
		notice = ui.NoticeProps{Tone: ui.Info, Text: "Somebody had released this mail already"}
	}
	if u.Lifted {
		notice.Detail = "Its sender may write again."
	}
	if u.InSpam {
		notice.Detail += " The case that it answers is in Spam, and stays there until it is marked as not spam."
	}
	next := v.Path("/blocked")
	if u.Case != 0 {
		next = v.Path("/cases/" + strconv.FormatInt(int64(u.Case), 10))
	} else {
		notice.Detail += " It is on its way into a case."
	}
	p.Flash(r, notice)
	return kit.SeeOther(w, r, next)
}

// Delete is POST /w/{ws}/blocked/{id}/delete.
func (p *Pages) Delete(w http.ResponseWriter, r *http.Request) error {
	id, err := pathID(r)
	if err != nil {
		return err
	}
	v := shell.From(r)
	if err := p.mails.DeleteBlocked(r.Context(), v.Actor, id); err != nil {
		return err
	}
	p.Flash(r, ui.NoticeProps{Tone: ui.Success, Text: "The mail was deleted for good"})
	return kit.SeeOther(w, r, v.Path("/blocked"))
}

// ConfirmDeleteAll is GET /w/{ws}/blocked/delete, of one contact's mail with contact.
func (p *Pages) ConfirmDeleteAll(w http.ResponseWriter, r *http.Request) error {
	v := shell.From(r)
	if err := v.Actor.Require(access.DeleteCases); err != nil {
		return err
	}
	of := contactOf(r.URL.Query())
	page, err := p.mails.Blocked(r.Context(), v.Actor, message.BlockedInput{Contact: of})
	if err != nil {
		return err
	}
	if len(page.Rows) == 0 {
		return kit.SeeOther(w, r, v.Path("/blocked"))
	}
	view := askView{visit: v, of: of, count: page.Count, loc: v.Location, listHref: listPath(v, "", of, "", nil),
		until: strconv.FormatInt(page.Rows[0].BlockedAt.UnixMicro(), 10)}
	if of != 0 {
		view.whose = page.Rows[0].ContactName
	}
	frame, err := p.Console(r, shell.Page{Title: "Delete blocked mail", Current: current})
	if err != nil {
		return err
	}
	return kit.Render(w, r, http.StatusOK, deleteAllPage(frame, view))
}

// DeleteAll is POST /w/{ws}/blocked/delete: fields contact, and until, the time in microseconds up to which mail is meant, so
// that what came after the question stays.
func (p *Pages) DeleteAll(w http.ResponseWriter, r *http.Request) error {
	form, err := kit.ReadForm(w, r, kit.FormLimit)
	if err != nil {
		return err
	}
	v := shell.From(r)
	until := v.Now
	if micro, err := strconv.ParseInt(form.Text("until"), 10, 64); err == nil {
		until = time.UnixMicro(micro).UTC()
	}
	of, _ := strconv.ParseInt(form.Text("contact"), 10, 64)
	n, err := p.mails.DeleteAllBlocked(r.Context(), v.Actor, contact.ID(max(of, 0)), until)
	if err != nil {
		return err
	}
	p.Flash(r, ui.NoticeProps{Tone: ui.Success, Text: ui.Count(n, "blocked mail") + " deleted for good"})
	return kit.SeeOther(w, r, v.Path("/blocked"))
}

func (v askView) allFields() []ui.HiddenField {
	fields := []ui.HiddenField{{Name: "until", Value: v.until}}
	if v.of != 0 {
		fields = append(fields, ui.HiddenField{Name: "contact", Value: strconv.FormatInt(int64(v.of), 10)})
	}
	return fields
}
