package notifications_test

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/go-chi/chi/v5"

	"caseward/internal/desk/access"
	"caseward/internal/desk/notify"
	"caseward/internal/platform/errs"
	"caseward/web/console/notifications"
	"caseward/web/webtest"
)

type fake struct {
	page  notify.Page
	in    notify.PageInput
	leads map[int64]int64
	until time.Time
}

func (f *fake) List(_ context.Context, _ access.Actor, in notify.PageInput) (notify.Page, error) {
	f.in = in
	return f.page, nil
}

func (f *fake) Open(_ context.Context, _ access.Actor, id int64) (int64, error) {
	number, mine := f.leads[id]
	if !mine {
		return 0, errs.New(errs.NotFound, "")
	}
	return number, nil
}

func (f *fake) ReadAll(_ context.Context, _ access.Actor, until time.Time) error {
	f.until = until
	return nil
}

func site(t *testing.T, f *fake) *webtest.Site {
	t.Helper()
	s := webtest.New(t)
	p := notifications.New(s.Shell, f)
	return s.Console(func(r chi.Router) {
		r.Get("/notifications", p.Handle(p.List))
		r.Get("/lists", p.Handle(s.Shell.Lists))
		r.Post("/notifications/read", p.Handle(p.ReadAll))
		r.Post("/notifications/{id}/open", p.Handle(p.Open))
	}).SignIn()
}

func ago(d time.Duration) time.Time { return webtest.Now().Add(-d) }

const subject = "Refund for order 7781-B"

func TestEachLineSaysWhatHappened(t *testing.T) {
	t.Parallel()
	one := func(kind notify.Kind, by access.Kind, name string) notify.Notification {
		return notify.Notification{Kind: kind, ActorKind: by, ActorName: name, Times: 1, CaseNumber: 12, Subject: subject}
	}
	many := func(kind notify.Kind) notify.Notification {
		return notify.Notification{Kind: kind, ActorKind: access.Member, ActorName: "Ben Okafor", Times: 41}
	}
	decided := func(state string) notify.Notification {
		n := one(notify.ErasureDecided, access.Staff, "")
		n.RequestState = state
		return n
	}
	stopped := decided("approved")
	stopped.Detail = "A legal hold stops it."
	three, answer, done := one(notify.Replied, access.Contact, "Maria Stone"), one(notify.ErasureReply, access.Contact, "Maria Stone"), decided("done")
	three.Times, answer.RequestNumber, done.Subject = 3, 9, ""
	for want, n := range map[string]notify.Notification{
		subject + " Ben Okafor assigned this case to you #12":                                  one(notify.Assigned, access.Member, "Ben Okafor"),
		subject + " Maria Stone replied #12":                                                   one(notify.Replied, access.Contact, "Maria Stone"),
		subject + " 3 replies, the last by Maria Stone #12":                                    three,
		subject + " The customer replied, which restored this deleted case #12":                one(notify.Restored, access.Contact, ""),
		subject + " Caseward reopened this case #12":                                           one(notify.Reopened, access.Job, ""),
		subject + " Answers case #9, whose permanent deletion was requested #12":               answer,
		subject + " Support staff refused its permanent deletion #12":                          decided("refused"),
		subject + " Support staff approved its permanent deletion, which is under way #12":     decided("approved"),
		subject + " Support staff approved its permanent deletion. A legal hold stops it. #12": stopped,
		"Case 12 It was permanently deleted, as you requested #12":                             done,
		"41 cases Ben Okafor assigned 41 cases to you":                                         many(notify.Assigned),
		"41 cases Ben Okafor reopened 41 cases":                                                many(notify.Reopened),
		subject + " Its snooze has ended #12":                                                  one(notify.Woken, access.Job, ""),
		subject + " A follow-up of yours is due #12":                                           one(notify.FollowUpDue, access.Job, ""),
		subject + " There is news on this case #12":                                            one("a kind of another version", access.Member, "Ben"),
	} {
		n.ID, n.CreatedAt = 5, ago(time.Hour)
		site(t, &fake{page: notify.Page{Rows: []notify.Notification{n}}}).Get("/w/acme/notifications").Want(http.StatusOK).Has(want)
	}
}

func TestDaysAndWhatIsUnread(t *testing.T) {
	t.Parallel()
	read := webtest.Now()
	row := func(id int64, at time.Time, readAt *time.Time) notify.Notification {
		return notify.Notification{ID: id, Kind: notify.Replied, Times: 1, Subject: subject, CaseNumber: 12, CreatedAt: at, ReadAt: readAt}
	}
	f := &fake{leads: map[int64]int64{5: 12, 6: 0}, page: notify.Page{
		Rows: []notify.Notification{row(5, ago(time.Hour), nil), row(4, ago(2*time.Hour), &read), row(3, ago(20*time.Hour), &read),
			row(2, ago(100*time.Hour), &read), row(1, ago(9000*time.Hour), &read)},
		Older: &notify.Cursor{At: ago(9000 * time.Hour), ID: 1},
	}}
	s := site(t, f)
	page := s.Get("/w/acme/notifications").Want(http.StatusOK)
	var days []string
	for _, h := range page.Doc.Find("main .told-date").EachIter() {
		days = append(days, h.Text())
	}
	if got := strings.Join(days, ", "); got != "Today, Yesterday, Thursday, 30 April, Thursday, 24 April 2025" {
		t.Error(got)
	}
	if unread := page.Doc.Find("main [data-unread]"); unread.Length() != 1 || !strings.Contains(unread.Text(), "unread") {
		t.Errorf("%d lines are unread", unread.Length())
	}
	s.Post(page.FormOf(page.Doc.Find("main [data-unread]")).AttrOr("action", ""), nil).WantSeeOther("/w/acme/cases/12")
	s.Post("/w/acme/notifications/6/open", nil).WantSeeOther("/w/acme/inbox?filter=mine")
	s.Post("/w/acme/notifications/7/open", nil).Want(http.StatusNotFound)
	s.Post("/w/acme/notifications/x/open", nil).Want(http.StatusNotFound)

	all := page.FormOf(page.Buttons("Mark all as read"))
	s.Post(all.AttrOr("action", ""), url.Values{"until": {all.Find("input").AttrOr("value", "")}}).WantSeeOther("/w/acme/notifications")
	if !f.until.Equal(ago(time.Hour)) {
		t.Errorf("read up to %s", f.until)
	}
	s.Post("/w/acme/notifications/read", nil).Want(http.StatusUnprocessableEntity)
	s.Get(page.Links("Older").AttrOr("href", "")).Want(http.StatusOK)
	if f.in.After == nil || *f.in.After != *f.page.Older {
		t.Errorf("went on after %+v", f.in.After)
	}
	f.page.Rows = f.page.Rows[1:]
	if s.Get("/w/acme/notifications").Buttons("Mark all as read").Length() != 0 {
		t.Error("offers to read what is read")
	}
}

func TestNothingToTell(t *testing.T) {
	t.Parallel()
	site(t, &fake{}).Get("/w/acme/notifications").Want(http.StatusOK).Has("Nothing to tell you").Lacks("Mark all as read")
}

func TestTheBell(t *testing.T) {
	t.Parallel()
	s := site(t, &fake{})
	for unread, want := range map[int]string{0: "Notifications", 1: "Notifications, 1 unread 1", 9: "Notifications, 9 unread 9", 10: "Notifications, 9+ unread 9+"} {
		s.Unread = unread
		for _, path := range []string{"/w/acme/notifications", "/w/acme/lists"} {
			bell := s.Get(path).Doc.Find("#bell")
			if got := strings.Join(strings.Fields(bell.Text()), " "); got != want || bell.AttrOr("href", "") != "/w/acme/notifications" {
				t.Errorf("%s with %d unread: %q", path, unread, got)
			}
		}
	}
}
