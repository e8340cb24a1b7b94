package portalpage_test

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/go-chi/chi/v5"

	"caseward/internal/desk/access"
	"caseward/internal/desk/contact"
	"caseward/internal/desk/portal"
	"caseward/internal/platform/errs"
	"caseward/web/console/portalpage"
	"caseward/web/webtest"
)

// fake is the portal: whether it is on, and one page of requests.
type fake struct {
	on       bool
	page     portal.RequestPage
	closed   bool
	after    *portal.RequestCursor
	reviewed portal.RequestID
	refused  map[portal.RequestID]string
	held     map[contact.ID]string
}

func (f *fake) HeldContacts(context.Context, access.Actor, []contact.ID) (map[contact.ID]string, error) {
	return f.held, nil
}

func (f *fake) On(context.Context, access.Actor) (bool, error) { return f.on, nil }

func (f *fake) SetOn(_ context.Context, actor access.Actor, on bool) error {
	if err := actor.Require(access.ManageWorkspace); err != nil {
		return err
	}
	f.on = on
	return nil
}

func (f *fake) Requests(_ context.Context, actor access.Actor, closed bool, after *portal.RequestCursor) (portal.RequestPage, error) {
	f.closed, f.after = closed, after
	return f.page, actor.Require(access.RequestErasure)
}

func (f *fake) OneRequest(_ context.Context, actor access.Actor, id portal.RequestID) (portal.Request, error) {
	for _, r := range f.page.Rows {
		if r.ID == id {
			return r, actor.Require(access.RequestErasure)
		}
	}
	return portal.Request{}, errs.New(errs.NotFound, "There is no such request in this workspace.")
}

func (f *fake) ReviewRequest(_ context.Context, actor access.Actor, id portal.RequestID) error {
	f.reviewed = id
	return actor.Require(access.RequestErasure)
}

func (f *fake) RefuseRequest(_ context.Context, actor access.Actor, id portal.RequestID, reason string) error {
	if err := actor.Require(access.RequestErasure); err != nil {
		return err
	}
	if reason == "" {
		return errs.Field("reason", "Say why.")
	}
	f.refused = map[portal.RequestID]string{id: reason}
	return nil
}

func site(t *testing.T, f *fake) *webtest.Site {
	t.Helper()
	s := webtest.New(t)
	p := portalpage.New(s.Shell, f, f, f, "https://help.test/")
	return s.Console(func(r chi.Router) {
		r.Get("/admin/portal", p.Handle(p.Settings))
		r.Post("/admin/portal", p.Handle(p.UpdateSettings))
		r.Get("/privacy", p.Handle(p.List))
		r.Post("/privacy/{id}/review", p.Handle(p.Review))
		r.Get("/privacy/{id}/refuse", p.Handle(p.ConfirmRefuse))
		r.Post("/privacy/{id}/refuse", p.Handle(p.Refuse))
	}).SignIn()
}

func waiting(id portal.RequestID, name string, daysLeft int) portal.Request {
	return portal.Request{ID: id, ContactID: 7, ContactName: name, State: portal.RequestOpen, RequestedAt: webtest.Now(), DueAt: webtest.Now().AddDate(0, 0, daysLeft)}
}

func TestThePortalIsSwitchedOnAndOff(t *testing.T) {
	t.Parallel()
	f := &fake{}
	s := site(t, f).As(access.Admin)
	if page := s.Get("/w/acme/admin/portal").Want(http.StatusOK); !strings.Contains(page.Doc.Text(), "https://help.test/help/acme") {
		t.Error("the address is not told")
	}
	s.Post("/w/acme/admin/portal", url.Values{"portal": {"maybe"}}).Want(http.StatusUnprocessableEntity)
	if f.on {
		t.Error("nonsense turns it on")
	}
	s.Post("/w/acme/admin/portal", url.Values{"portal": {"on"}}).Want(http.StatusSeeOther)
	if !f.on {
		t.Error("it is not on")
	}
	if v, _ := s.Get("/w/acme/admin/portal").Want(http.StatusOK).Doc.Find("input[name=portal][checked]").Attr("value"); v != "on" {
		t.Errorf("the form shows %q", v)
	}
	s.Post("/w/acme/admin/portal", url.Values{"portal": {"off"}}).Want(http.StatusSeeOther)
	if f.on {
		t.Error("it is still on")
	}
	s = s.As(access.Agent)
	s.Get("/w/acme/admin/portal").Want(http.StatusForbidden)
	s.Post("/w/acme/admin/portal", url.Values{"portal": {"on"}}).Want(http.StatusForbidden)
	if f.on {
		t.Error("an agent turned it on")
	}
}

func TestRequestsAreListedWithTheirTerms(t *testing.T) {
	t.Parallel()
	closed := webtest.Now()
	gone := waiting(5, "", 20)
	gone.State, gone.ClosedAt, gone.DecidedBy = portal.RequestDone, &closed, "Olga Owner"
	f := &fake{page: portal.RequestPage{Rows: []portal.Request{waiting(3, "Marta Lindqvist", 20), waiting(4, "Late Larsson", -1), gone},
		Older: &portal.RequestCursor{At: closed, ID: 9}}}
	s := site(t, f).As(access.Admin)
	page := s.Get("/w/acme/privacy").Want(http.StatusOK)
	text := strings.Join(strings.Fields(page.Doc.Find("table").Text()), " ")
	for _, want := range []string{"Marta Lindqvist", "By ", "Overdue since", "Contact 7, erased", "by Olga Owner"} {
		if !strings.Contains(text, want) {
			t.Errorf("the list lacks %q: %s", want, text)
		}
	}
	if n := page.Doc.Find(`form[action$="/review"]`).Length(); n != 2 {
		t.Errorf("%d requests can be marked as in review", n)
	}
	s.Get("/w/acme/privacy?tab=closed&after=1000000-9").Want(http.StatusOK)
	if !f.closed || f.after == nil || f.after.ID != 9 {
		t.Errorf("the page asks for %v after %v", f.closed, f.after)
	}
	f.page = portal.RequestPage{}
	if !strings.Contains(s.Get("/w/acme/privacy").Want(http.StatusOK).Doc.Text(), "Nobody waits for a decision") {
		t.Error("an empty list says nothing")
	}
	s.As(access.Agent).Get("/w/acme/privacy").Want(http.StatusForbidden)
}

func TestARequestIsReviewedAndRefused(t *testing.T) {
	t.Parallel()
	decided := waiting(5, "Done Dora", 20)
	decided.State, decided.ClosedAt = portal.RequestRefused, new(webtest.Now())
	f := &fake{page: portal.RequestPage{Rows: []portal.Request{waiting(3, "Marta Lindqvist", 20), decided}}}
	s := site(t, f).As(access.Admin)
	s.Post("/w/acme/privacy/3/review", nil).Want(http.StatusSeeOther)
	if f.reviewed != 3 {
		t.Errorf("request %d is in review", f.reviewed)
	}
	if !strings.Contains(s.Get("/w/acme/privacy/3/refuse").Want(http.StatusOK).Doc.Text(), "Refuse the request of Marta Lindqvist?") {
		t.Error("the question does not name the customer")
	}
	s.Post("/w/acme/privacy/3/refuse", url.Values{"reason": {""}}).Want(http.StatusUnprocessableEntity)
	if f.refused != nil {
		t.Error("refused without a reason")
	}
	s.Post("/w/acme/privacy/3/refuse", url.Values{"reason": {"A dispute is open."}}).Want(http.StatusSeeOther)
	if f.refused[3] != "A dispute is open." {
		t.Errorf("%v", f.refused)
	}
	s.Get("/w/acme/privacy/5/refuse").Want(http.StatusConflict)
	s.Get("/w/acme/privacy/99/refuse").Want(http.StatusNotFound)
	s.Post("/w/acme/privacy/x/review", nil).Want(http.StatusNotFound)
	s.As(access.Agent).Post("/w/acme/privacy/3/refuse", url.Values{"reason": {"No."}}).Want(http.StatusForbidden)
}

// TestAHoldIsSaidOfARequest: whom one keeps, before Delete Forever has begun and after; a closed request says nothing of it.
func TestAHoldIsSaidOfARequest(t *testing.T) {
	t.Parallel()
	closed := webtest.Now()
	begun, done := waiting(4, "Begun Berg", 20), waiting(5, "Done Dahl", 20)
	begun.ContactID, begun.Erasing = 8, true
	reads := waiting(3, "Marta Lindqvist", 20)
	reads.SignsIn = true
	done.ContactID, done.State, done.ClosedAt = 9, portal.RequestWithdrawn, &closed
	f := &fake{page: portal.RequestPage{Rows: []portal.Request{reads, begun}},
		held: map[contact.ID]string{7: "they are on legal hold", 8: "case 12, which is theirs or on which they wrote, is kept by a legal hold", 9: "they are on legal hold"}}
	s := site(t, f).As(access.Admin)
	page := s.Get("/w/acme/privacy").Want(http.StatusOK)
	page.Has("They cannot be deleted forever now: they are on legal hold. Nothing begins by itself", "Until then, the customer reads in the portal that it is delayed",
		"Delete Forever has begun and is stopped: case 12, which is theirs or on which they wrote, is kept by a legal hold. It goes on by itself when the last hold is released")
	if n := page.Doc.Find(`form[action$="/review"]`).Length(); n != 1 {
		t.Errorf("%d requests can be marked as in review, one is done with already", n)
	}
	s.Get("/w/acme/privacy/3/refuse").Want(http.StatusOK).Has("You need not refuse it for that: while it waits, the customer reads in the portal")
	f.page.Rows[0].SignsIn = false // deleted, suspended, or there is no portal any more
	const unread = "the customer cannot get into the portal and is not told that it is delayed"
	s.Get("/w/acme/privacy").Want(http.StatusOK).Has("Until then, " + unread)
	s.Get("/w/acme/privacy/3/refuse").Want(http.StatusOK).Has("while it waits, " + unread)
	f.page.Rows = []portal.Request{done}
	s.Get("/w/acme/privacy?tab=closed").Want(http.StatusOK).Lacks("legal hold")
}
