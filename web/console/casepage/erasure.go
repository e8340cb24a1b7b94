package casepage

import (
	"net/http"

	"github.com/a-h/templ"

	"caseward/internal/desk/access"
	"caseward/internal/desk/cases"
	"caseward/internal/desk/retention"
	"caseward/web/console/shell"
	"caseward/web/kit"
	"caseward/web/ui"
)

// erasureView is a question about the permanent deletion of a deleted case.
type erasureView struct {
	cases.Details
	path string
	next []ui.HiddenField
	held string // until when a legal hold keeps it; "": none does
}

// ConfirmErasure is GET /w/{ws}/cases/{number}/erasure-request.
func (p *Pages) ConfirmErasure(w http.ResponseWriter, r *http.Request) error {
	return p.askErasure(w, r, "Request permanent deletion", func(c cases.Details) bool { return c.ErasureRequestedAt == nil }, requestPage)
}

// ConfirmWithdraw is GET /w/{ws}/cases/{number}/erasure-request/withdraw: a restore needs the request withdrawn
// first, and this does both.
func (p *Pages) ConfirmWithdraw(w http.ResponseWriter, r *http.Request) error {
	return p.askErasure(w, r, "Withdraw the request", func(c cases.Details) bool { return c.ErasureRequestedAt != nil }, withdrawPage)
}

// RequestErasure is POST /w/{ws}/cases/{number}/erasure-request.
func (p *Pages) RequestErasure(w http.ResponseWriter, r *http.Request) error {
	in, err := post(w, r)
	if err != nil {
		return err
	}
	if _, err := p.retention.Request(r.Context(), in.visit.Actor, in.number); err != nil {
		return err
	}
	p.Flash(r, ui.NoticeProps{Tone: ui.Success, Text: "Permanent deletion of case " + text(in.number) + " requested",
		Detail: "Support staff decide on it. Until then nothing is deleted, and the request can be withdrawn."})
	return kit.SeeOther(w, r, in.next(in.page()))
}

// WithdrawErasure is POST /w/{ws}/cases/{number}/erasure-request/withdraw; restore=1 also restores the case.
func (p *Pages) WithdrawErasure(w http.ResponseWriter, r *http.Request) error {
	in, err := post(w, r)
	if err != nil {
		return err
	}
	restore := in.form.Checked("restore")
	missing, err := p.retention.Withdraw(r.Context(), in.visit.Actor, retention.WithdrawInput{Number: in.number, Restore: restore})
	if err != nil {
		return err
	}
	notice := ui.NoticeProps{Tone: ui.Success, Text: "Request for case " + text(in.number) + " withdrawn", Detail: without(missing)}
	if restore {
		notice.Text += " and case restored"
	}
	p.Flash(r, notice)
	return kit.SeeOther(w, r, in.next(in.page()))
}

// askErasure shows a question where it still applies; otherwise the case's page says what has happened.
func (p *Pages) askErasure(w http.ResponseWriter, r *http.Request, title string, applies func(cases.Details) bool,
	question func(ui.ConsoleProps, erasureView) templ.Component,
) error {
	n, err := number(r)
	if err != nil {
		return err
	}
	v := shell.From(r)
	if err := v.Actor.Require(access.RequestErasure); err != nil {
		return err
	}
	c, err := p.cases.Get(r.Context(), v.Actor, n)
	if err != nil {
		return err
	}
	if c.DeletedAt == nil || !applies(c) {
		return kit.SeeOther(w, r, casePath(v, n, ""))
	}
	frame, err := p.Console(r, shell.Page{Title: title, Current: "/deleted"})
	if err != nil {
		return err
	}
	holds, err := p.holds.OfCase(r.Context(), v.Actor, c.Case)
	if err != nil {
		return err
	}
	view := erasureView{Details: c, path: casePath(v, n, ""), held: held(holds, v.Location)}
	if next := kit.LocalPath(r.URL.Query().Get("next"), ""); next != "" {
		view.next = []ui.HiddenField{{Name: "next", Value: next}}
	}
	return kit.Render(w, r, http.StatusOK, question(frame, view))
}
