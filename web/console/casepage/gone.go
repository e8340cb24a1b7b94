package casepage

import (
	"cmp"
	"net/http"
	"time"

	"caseward/internal/desk/access"
	"caseward/internal/desk/cases"
	"caseward/internal/desk/retention"
	"caseward/internal/platform/errs"
	"caseward/web/certificate"
	"caseward/web/console/shell"
	"caseward/web/kit"
)

// goneView is all that is left of a case.
type goneView struct {
	retention.Certificate
	href    string // of the certificate
	inbox   string
	history string // "" where the visitor may not read it
	loc     *time.Location
}

// what says what became of the case: when, and on whose request.
func (v goneView) what() string {
	at := v.At.In(v.loc).Format("2 January 2006, 15:04")
	if v.Kind == retention.SpamErased {
		return "It was spam, and was deleted forever on " + at + " by " + v.requestedBy() + "."
	}
	if v.Kind == retention.CaseErasedWithContact {
		return "It was erased on " + at + " together with the contact who had requested it."
	}
	if v.Kind != retention.CaseErased {
		return "It was deleted and, when the time to restore it had ended, removed for good on " + at + "."
	}
	return "It was erased on " + at + " at the request of " + v.requestedBy() + ", approved by support staff."
}

func (v goneView) requestedBy() string { return cmp.Or(v.RequestedByName, "a former member") }

// gone answers 410: when the case was permanently deleted, and on whose request.
func (p *Pages) gone(w http.ResponseWriter, r *http.Request, n cases.Number) error {
	v := shell.From(r)
	c, err := p.retention.Certificate(r.Context(), v.Actor, n)
	if err != nil {
		return err
	}
	frame, err := p.Console(r, shell.Page{Title: "Case " + text(n) + " was permanently deleted"})
	if err != nil {
		return err
	}
	view := goneView{Certificate: c, href: casePath(v, n, "/certificate"), inbox: v.Path("/inbox"), loc: v.Location}
	if v.Actor.Can(access.ReadAudit) {
		view.history = casePath(v, n, "/history")
	}
	return kit.Render(w, r, kit.Status(errs.Gone), gonePage(frame, view))
}

// Certificate is GET /w/{ws}/cases/{number}/certificate.
func (p *Pages) Certificate(w http.ResponseWriter, r *http.Request) error {
	n, err := number(r)
	if err != nil {
		return err
	}
	v := shell.From(r)
	c, err := p.retention.Certificate(r.Context(), v.Actor, n)
	if err != nil {
		return err
	}
	view := certificate.New(c, v.Location)
	frame, err := p.Console(r, shell.Page{Title: view.Title() + " of case " + text(n)})
	if err != nil {
		return err
	}
	return kit.Render(w, r, http.StatusOK, certificatePage(frame, view))
}
