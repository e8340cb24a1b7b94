package casepage

import (
	"net/http"
	"time"

	"caseward/internal/desk/access"
	"caseward/internal/desk/cases"
	"caseward/web/console/shell"
	"caseward/web/kit"
	"caseward/web/ui"
)

// deleteView is the question before a case is deleted.
type deleteView struct {
	number  cases.Number
	subject string
	path    string
	next    string     // the list to go on to
	purgeAt *time.Time // nil: kept until its permanent deletion is requested
	loc     *time.Location
	form    *kit.Form
	writing string // who is, or has begun to; "": nobody
	held    string // until when a legal hold keeps it; "": none does
}

// ConfirmDelete is GET /w/{ws}/cases/{number}/delete.
func (p *Pages) ConfirmDelete(w http.ResponseWriter, r *http.Request) error {
	n, err := number(r)
	if err != nil {
		return err
	}
	return p.askDelete(w, r, n, http.StatusOK, kit.NewForm(r.URL.Query()))
}

// Delete is POST /w/{ws}/cases/{number}/delete, fields reason and reason_text.
func (p *Pages) Delete(w http.ResponseWriter, r *http.Request) error {
	in, err := post(w, r)
	if err != nil {
		return err
	}
	c, err := p.cases.Delete(r.Context(), in.visit.Actor, cases.DeleteInput{
		Number: in.number, Reason: cases.DeleteReason(in.form.Text("reason")), ReasonText: in.form.Text("reason_text"),
	})
	if err := in.form.Absorb(err); err != nil {
		return err
	}
	if !in.form.Valid() {
		return p.askDelete(w, r, in.number, http.StatusUnprocessableEntity, in.form)
	}
	next := in.next(in.visit.Path("/inbox"))
	if c.DeletedBy != nil && *c.DeletedBy != in.visit.Actor.Member {
		return p.wasDeleted(w, r, in, next)
	}
	p.FlashUndo(r, "Case "+text(c.Number)+" deleted", casePath(in.visit, c.Number, "/restore"), ui.HiddenField{Name: "next", Value: next})
	return kit.SeeOther(w, r, next)
}

func (p *Pages) askDelete(w http.ResponseWriter, r *http.Request, n cases.Number, status int, form *kit.Form) error {
	v := shell.From(r)
	if err := v.Actor.Require(access.DeleteCases); err != nil {
		return err
	}
	c, err := p.cases.Get(r.Context(), v.Actor, n)
	if err != nil {
		return err
	}
	if c.DeletedAt != nil {
		return kit.SeeOther(w, r, casePath(v, n, "")) // it says who was faster
	}
	if into := c.MergedIntoNumber; into != nil {
		p.Flash(r, ui.NoticeProps{Tone: ui.Warning, Text: "Case " + text(n) + " was merged into this one", Detail: "It cannot be deleted alone. Delete this one, or take them apart first."})
		return kit.SeeOther(w, r, casePath(v, *into, ""))
	}
	people, err := p.presence.Others(r.Context(), v.Actor, n)
	if err != nil {
		return err
	}
	begun, err := p.drafts.Writers(r.Context(), v.Actor, n)
	if err != nil {
		return err
	}
	holds, err := p.holds.OfCase(r.Context(), v.Actor, c.Case)
	if err != nil {
		return err
	}
	frame, err := p.Console(r, shell.Page{Title: "Delete case " + text(n)})
	if err != nil {
		return err
	}
	return kit.Render(w, r, status, deletePage(frame, deleteView{
		number: n, subject: c.Subject, path: casePath(v, n, ""), next: kit.LocalPath(form.Text("next"), ""),
		purgeAt: cases.PurgeDate(v.Now, v.Workspace.RetentionDays), loc: v.Location, form: form, writing: writing(people, begun),
		held: held(holds, v.Location),
	}))
}

func (v deleteView) hidden() []ui.HiddenField {
	if v.next == "" {
		return nil
	}
	return []ui.HiddenField{{Name: "next", Value: v.next}}
}
