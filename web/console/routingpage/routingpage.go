// Package routingpage is what agents do to get cases: take the next one, and say that they take none for a while.
package routingpage

import (
	"context"
	"net/http"
	"strconv"

	"caseward/internal/desk/access"
	"caseward/internal/desk/cases"
	"caseward/internal/platform/errs"
	"caseward/web/console/shell"
	"caseward/web/kit"
	"caseward/web/ui"
)

// Routing is what the pages need of routing.
type Routing interface {
	TakeNext(ctx context.Context, actor access.Actor) (cases.Number, error)
	SetAway(ctx context.Context, actor access.Actor, away bool) error
}

// Pages are the pages of this package.
type Pages struct {
	*shell.Shell
	routing Routing
}

// New returns the pages.
func New(s *shell.Shell, r Routing) *Pages { return &Pages{s, r} }

// TakeNext is POST /w/{ws}/next: the case that has waited longest in the visitor's queues becomes theirs and is shown. Where
// nothing waits it leads back to the field next.
func (p *Pages) TakeNext(w http.ResponseWriter, r *http.Request) error {
	form, err := kit.ReadForm(w, r, kit.FormLimit)
	if err != nil {
		return err
	}
	v := shell.From(r)
	n, err := p.routing.TakeNext(r.Context(), v.Actor)
	if errs.Is(err, errs.NotFound) {
		p.Flash(r, ui.NoticeProps{Tone: ui.Info, Text: errs.SafeText(err)})
		return kit.SeeOther(w, r, kit.LocalPath(form.Text("next"), v.Path("/inbox")))
	}
	if err != nil {
		return err
	}
	p.Flash(r, ui.NoticeProps{Tone: ui.Success, Text: "This case is yours now."})
	return kit.SeeOther(w, r, v.Path("/cases/"+strconv.FormatInt(int64(n), 10)))
}

// SetAway is POST /w/{ws}/away: field away, empty when they are back.
func (p *Pages) SetAway(w http.ResponseWriter, r *http.Request) error {
	form, err := kit.ReadForm(w, r, kit.FormLimit)
	if err != nil {
		return err
	}
	v, away := shell.From(r), form.Text("away") != ""
	if err := p.routing.SetAway(r.Context(), v.Actor, away); err != nil {
		return err
	}
	text := "You are given new cases again."
	if away {
		text = "You are away: you are given no new cases, and keep those you have."
	}
	p.Flash(r, ui.NoticeProps{Tone: ui.Success, Text: text})
	return kit.SeeOther(w, r, kit.LocalPath(form.Text("next"), v.Path("/inbox")))
}
