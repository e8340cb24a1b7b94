package routingpage_test

import (
	"context"
	"net/http"
	"net/url"
	"testing"

	"github.com/go-chi/chi/v5"

	"caseward/internal/desk/access"
	"caseward/internal/desk/cases"
	"caseward/internal/platform/errs"
	"caseward/web/console/routingpage"
	"caseward/web/webtest"
)

// desk has one case to take, and remembers who is away.
type desk struct {
	next cases.Number
	away bool
}

func (d *desk) TakeNext(_ context.Context, a access.Actor) (cases.Number, error) {
	if err := a.Require(access.WorkCases); err != nil {
		return 0, err
	}
	if d.next == 0 {
		return 0, errs.New(errs.NotFound, "Nothing waits in your queues.")
	}
	return d.next, nil
}

func (d *desk) SetAway(_ context.Context, a access.Actor, away bool) error {
	d.away = away
	return a.Require(access.WorkCases)
}

func site(t *testing.T, d *desk, as access.Role) *webtest.Site {
	t.Helper()
	s := webtest.New(t)
	p := routingpage.New(s.Shell, d)
	return s.As(as).Console(func(r chi.Router) {
		r.Post("/next", p.Handle(p.TakeNext))
		r.Post("/away", p.Handle(p.SetAway))
	}).SignIn()
}

func TestTheNextCase(t *testing.T) {
	t.Parallel()
	d := &desk{next: 12}
	s := site(t, d, access.Agent)
	s.Post("/w/acme/next", nil).WantSeeOther("/w/acme/cases/12")
	d.next = 0
	s.Post("/w/acme/next", url.Values{"next": {"/w/acme/inbox?filter=mine"}}).WantSeeOther("/w/acme/inbox?filter=mine")
	s.Post("/w/acme/next", url.Values{"next": {"https://evil.test/"}}).WantSeeOther("/w/acme/inbox")
	site(t, d, access.Viewer).Post("/w/acme/next", nil).Want(http.StatusForbidden)
}

func TestAway(t *testing.T) {
	t.Parallel()
	d := &desk{}
	s := site(t, d, access.Agent)
	s.Post("/w/acme/away", url.Values{"away": {"1"}, "next": {"/w/acme/inbox"}}).WantSeeOther("/w/acme/inbox")
	if !d.away {
		t.Error("they are not away")
	}
	s.Post("/w/acme/away", nil).WantSeeOther("/w/acme/inbox")
	if d.away {
		t.Error("they are not back")
	}
	site(t, d, access.Viewer).Post("/w/acme/away", nil).Want(http.StatusForbidden)
}
