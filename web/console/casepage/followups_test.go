package casepage_test

import (
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"caseward/internal/desk/followup"
	"caseward/internal/platform/errs"
	"caseward/web/webtest"
)

func TestFollowUpsOfACase(t *testing.T) {
	t.Parallel()
	d := newDesk()
	late, done := webtest.Now().Add(-time.Hour), webtest.Now().Add(-24*time.Hour)
	d.followUps = []followup.FollowUp{
		{ID: 5, Note: "Call her about the valve", DueAt: late, AssigneeName: "Ben Okafor"},
		{ID: 6, Note: "Ask the maker", DueAt: late, DoneAt: &done, DoneByName: "Ana Duarte"},
	}
	s := site(t, d)
	page := s.Get("/w/acme/cases/12").Want(http.StatusOK)
	page.Has("Call her about the valve", "Due", "Ben Okafor", "Done by Ana Duarte", "Add a follow-up")
	if value, _ := page.Doc.Find(`input[name=due]`).Attr("value"); value != "2026-05-05T09:00" {
		t.Errorf("a new one is offered for %q", value)
	}
	s.Post("/w/acme/cases/12/followups", url.Values{"note": {"Write"}, "due": {"2026-05-06T14:30"}, "followup_assignee": {"70"}}).Want(http.StatusSeeOther)
	if want := (followup.Input{Note: "Write", DueAt: time.Date(2026, 5, 6, 14, 30, 0, 0, time.UTC), Assignee: 70}); d.followUp.Note != want.Note || !d.followUp.DueAt.Equal(want.DueAt) || d.followUp.Assignee != 70 {
		t.Errorf("%+v", d.followUp)
	}
	s.Post("/w/acme/cases/12/followups", url.Values{"note": {"Write to them"}, "due": {"soon"}}).Want(http.StatusUnprocessableEntity).Has("Enter a date and a time")
	d.err = errs.Field("note", "Say what is to be done.")
	s.Post("/w/acme/cases/12/followups", url.Values{"due": {"2026-05-06T14:30"}}).Want(http.StatusUnprocessableEntity).Has("Say what is to be done.")
	d.err = nil
	for _, form := range []url.Values{{"done": {"1"}}, {"done": {"0"}}, {"remove": {"1"}}} {
		s.Post("/w/acme/cases/12/followups/5", form).Want(http.StatusSeeOther)
	}
	if diff := cmp.Diff([]string{"done true", "done false", "remove"}, d.did); diff != "" {
		t.Errorf("done (-want +got):\n%s", diff)
	}
}

func TestSnoozingACase(t *testing.T) {
	t.Parallel()
	d := newDesk()
	s := site(t, d)
	s.Get("/w/acme/cases/12").Want(http.StatusOK).Has("Snooze", "Later today, Mon 4 May 18:00", "Tomorrow, Tue 5 May 09:00", "In a week, Mon 11 May 09:00")
	s.Post("/w/acme/cases/12/snooze", url.Values{"until": {"2026-05-05T09:00"}}).Want(http.StatusSeeOther)
	if want := time.Date(2026, 5, 5, 9, 0, 0, 0, time.UTC); !d.until.Equal(want) {
		t.Errorf("snoozed until %s", d.until)
	}
	s.Post("/w/acme/cases/12/snooze", url.Values{"until": {"later"}}).Want(http.StatusUnprocessableEntity).Has("Enter a date and a time")
	d.c.SnoozedUntil = &d.until
	s.Get("/w/acme/cases/12").Want(http.StatusOK).Has("Snoozed until 5 May 2026, 09:00, or until the contact answers", "Bring it back now", "It is out of the lists of work until 5 May 2026, 09:00")
	s.Post("/w/acme/cases/12/wake", nil).Want(http.StatusSeeOther)
	if diff := cmp.Diff([]string{"wake"}, d.did); diff != "" {
		t.Errorf("done (-want +got):\n%s", diff)
	}
}
