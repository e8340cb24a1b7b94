package blocked_test

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"testing"
	"time"

	"github.com/go-chi/chi/v5"

	"caseward/internal/desk/access"
	"caseward/internal/desk/contact"
	"caseward/internal/desk/message"
	"caseward/internal/platform/errs"
	"caseward/web/console/blocked"
	"caseward/web/webtest"
)

// desk has one blocked mail and remembers what it was asked.
type desk struct {
	mail message.BlockedText
	page message.BlockedPage
	in   message.BlockedInput
	out  message.Unblocked
	did  []string
}

func (d *desk) Blocked(_ context.Context, a access.Actor, in message.BlockedInput) (message.BlockedPage, error) {
	d.in = in
	return d.page, a.Require(access.WorkCases)
}

func (d *desk) ReadBlocked(_ context.Context, a access.Actor, id int64) (message.BlockedText, error) {
	if id != d.mail.ID {
		return message.BlockedText{}, errs.New(errs.NotFound, "This mail is not in Blocked mail any more.")
	}
	return d.mail, a.Require(access.WorkCases)
}

func (d *desk) Release(_ context.Context, _ access.Actor, id int64, lift bool) (message.Unblocked, error) {
	d.did = append(d.did, fmt.Sprint("release ", id, " ", lift))
	return d.out, nil
}

func (d *desk) DeleteBlocked(_ context.Context, _ access.Actor, id int64) error {
	d.did = append(d.did, fmt.Sprint("delete ", id))
	return nil
}

func (d *desk) DeleteAllBlocked(_ context.Context, _ access.Actor, of contact.ID, until time.Time) (int, error) {
	d.did = append(d.did, fmt.Sprint("delete all ", of, " ", until.UnixMicro()))
	return 3, nil
}

func site(t *testing.T, d *desk) *webtest.Site {
	t.Helper()
	s := webtest.New(t)
	p := blocked.New(s.Shell, d, d)
	return s.Console(func(r chi.Router) {
		r.Route("/blocked", func(r chi.Router) {
			r.Get("/", p.Handle(p.List))
			r.Get("/delete", p.Handle(p.ConfirmDeleteAll))
			r.Post("/delete", p.Handle(p.DeleteAll))
			r.Get("/{id}", p.Handle(p.Show))
			r.Get("/{id}/release", p.Handle(p.ConfirmRelease))
			r.Post("/{id}/release", p.Handle(p.Release))
			r.Get("/{id}/delete", p.Handle(p.ConfirmDelete))
			r.Post("/{id}/delete", p.Handle(p.Delete))
		})
	}).SignIn()
}

func newDesk() *desk {
	b := message.BlockedMail{ID: 9, ContactID: 7, ContactName: "Sam Spammer", FromName: "Sam", FromEmail: "sam@spam.test", Subject: "Cheap <b>pills</b>",
		BlockedAt: webtest.Now().Add(-time.Hour), Suspended: true}
	return &desk{mail: message.BlockedText{BlockedMail: b, Text: "Click <script>alert(1)</script> <img src=x>", Files: []message.BlockedFile{{Name: "virus.exe", Size: 1234}}},
		page: message.BlockedPage{Rows: []message.BlockedMail{b}, Count: 1, Older: &message.BlockedCursor{At: b.BlockedAt, ID: 9}}}
}

func TestTheListOfBlockedMail(t *testing.T) {
	t.Parallel()
	d := newDesk()
	s := site(t, d).As(access.Agent, access.DeleteCases)
	page := s.Get("/w/acme/blocked?contact=7").Want(200).Has("Cheap <b>pills</b>", "Sam", "sam@spam.test", "Only mail of Sam Spammer")
	if d.in.Contact != 7 || page.Links("Delete…").Length() != 1 || page.Links("Release…").Length() != 1 {
		t.Errorf("asked for %+v", d.in)
	}
	s.Get("/w/acme/blocked?after=1777892400000000-9").Want(200)
	if d.in.After == nil || d.in.After.ID != 9 || !d.in.After.At.Equal(d.mail.BlockedAt) {
		t.Errorf("asked for what follows %+v", d.in.After)
	}
	if s.As(access.Agent).Get("/w/acme/blocked").Want(200).Links("Delete…").Length() != 0 {
		t.Error("an agent without the right is offered to delete")
	}
	d.page = message.BlockedPage{}
	s.Get("/w/acme/blocked?before=nonsense").Want(200).Has("No blocked mail")
	s.As(access.Viewer).Get("/w/acme/blocked").Want(403)
}

// TestABlockedMailIsShownAsText: nothing of it is loaded, and no file can be opened.
func TestABlockedMailIsShownAsText(t *testing.T) {
	t.Parallel()
	d := newDesk()
	s := site(t, d)
	page := s.Get("/w/acme/blocked/9").Want(200).Has("Click <script>alert(1)</script> <img src=x>", "virus.exe (1 kB)")
	if page.Doc.Find("main img, main script, main iframe").Length() != 0 || page.Doc.Find("main a[href*=virus]").Length() != 0 {
		t.Error("the mail is more than text")
	}
	s.Get("/w/acme/blocked/8").Want(404)
	s.Get("/w/acme/blocked/x").Want(404)
}

func TestReleaseAndDelete(t *testing.T) {
	t.Parallel()
	d := newDesk()
	s := site(t, d).As(access.Agent, access.DeleteCases)
	if s.Get("/w/acme/blocked/9/release").Want(200).Doc.Find("input[name=lift]").Is("[checked]") {
		t.Error("the suspension is lifted unless one says no")
	}
	s.Get("/w/acme/blocked/9/release").Has("Where the case is in Spam, it stays there")
	d.out = message.Unblocked{Case: 41, InSpam: true}
	s.Post("/w/acme/blocked/9/release", url.Values{"lift": {"1"}}).WantSeeOther("/w/acme/cases/41")
	d.out = message.Unblocked{Already: true}
	s.Post("/w/acme/blocked/9/release", nil).WantSeeOther("/w/acme/blocked")
	d.mail.ByHand = true
	if s.Get("/w/acme/blocked/9/release").Want(200).Has("suspended by hand").Doc.Find("input[name=lift]").Length() != 0 {
		t.Error("an agent is offered to lift what somebody did by hand")
	}
	s.Get("/w/acme/blocked/9/delete").Want(200).Has("for good")
	s.Post("/w/acme/blocked/9/delete", nil).WantSeeOther("/w/acme/blocked")
	page := s.Get("/w/acme/blocked/delete?contact=7").Want(200).Has("Delete 1 mail for good?", "Sam Spammer")
	until := page.Doc.Find("input[name=until]").AttrOr("value", "")
	s.Post("/w/acme/blocked/delete", url.Values{"until": {until}, "contact": {"7"}}).WantSeeOther("/w/acme/blocked")
	want := []string{"release 9 true", "release 9 false", "delete 9", fmt.Sprint("delete all 7 ", d.mail.BlockedAt.UnixMicro())}
	if !slices.Equal(d.did, want) {
		t.Errorf("did %q, want %q", d.did, want)
	}
	s.As(access.Agent).Get("/w/acme/blocked/9/delete").Want(403)
	s.As(access.Agent).Get("/w/acme/blocked/delete").Want(403)
}
