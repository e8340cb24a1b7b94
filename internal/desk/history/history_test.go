package history_test

import (
	"fmt"
	"log/slog"
	"slices"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"caseward/internal/desk/access"
	"caseward/internal/desk/audit"
	"caseward/internal/desk/cases"
	"caseward/internal/desk/contact"
	"caseward/internal/desk/history"
	"caseward/internal/platform/errs"
	"caseward/internal/testkit/fixture"
)

func service(d *fixture.Desk) *history.Service {
	return history.NewService(d.DB, audit.NewGuard(d.DB, d.Clock.Now))
}

func TestLooksAreCountedOnceAnHourAndGoWithTheCase(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	n := d.Deleted()
	id := fixture.One[int64](d, `select id from cases where number = $1`, n)
	views := history.NewViews(d.DB, slog.New(slog.DiscardHandler))
	at := d.Clock.Now()
	for _, later := range []time.Duration{0, time.Minute, 2 * time.Hour} {
		views.Saw(d.Ben, id, at.Add(later))
		views.Saw(d.Ana, id+1000, at) // of no case
		views.Saw(access.JobActor(d.Workspace.ID, "x"), id, at)
		views.Flush(t.Context())
	}
	views.Saw(d.Ana, id, at)
	views.Flush(t.Context())
	h, err := service(d).Case(t.Context(), d.Admin, n, audit.PageInput{})
	if err != nil || h.Gone || len(h.Views) != 2 || h.Views[0].MemberID != d.Ben.Member || h.Views[0].Times != 2 || !h.Views[0].LastAt.Equal(at.Add(2*time.Hour)) {
		t.Errorf("%+v, %v", h.Views, err)
	}
	if len(h.Lines) < 2 || h.Lines[0].Action != "case.deleted" {
		t.Errorf("the newest entry is %+v", h.Lines[0])
	}
	d.Clock.Advance(30 * fixture.Day)
	if _, err := d.Retention.Purge(t.Context()); err != nil {
		t.Fatal(err)
	}
	views.Saw(d.Ben, id, d.Clock.Now())
	views.Flush(t.Context())
	if left := fixture.One[int](d, `select count(*) from case_views`); left != 0 {
		t.Errorf("%d looks are left of a case that is gone", left)
	}
	h, err = service(d).Case(t.Context(), d.Admin, n, audit.PageInput{})
	if err != nil || !h.Gone || len(h.Views) != 0 || h.Lines[0].Action != "case.purged" {
		t.Errorf("after it: %+v, %v", h, err)
	}
}

func TestDownloadsAreInTheHistoryAndGoWithTheCase(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	n := d.Deleted()
	id := fixture.One[int64](d, `select id from cases where number = $1`, n)
	views := history.NewViews(d.DB, slog.New(slog.DiscardHandler))
	at := d.Clock.Now()
	for _, later := range []time.Duration{0, time.Minute, 2 * time.Hour} {
		views.Downloaded(d.Ben, id, history.Attached, 4711, at.Add(later)) // which is not there any more
	}
	views.Downloaded(d.Ben, id, history.Mail, 4711, at)
	views.Saw(d.Ben, id, at)
	views.Flush(t.Context())
	views.Downloaded(d.Ben, id, history.Attached, 4711, at.Add(4*time.Hour))
	views.Flush(t.Context())
	h, err := service(d).Case(t.Context(), d.Admin, n, audit.PageInput{})
	if err != nil || len(h.Downloads) != 2 || len(h.Views) != 1 || h.Downloads[0].Kind != history.Attached || h.Downloads[0].Times != 2 || !h.Downloads[0].Erased {
		t.Errorf("%+v, %+v, %v", h.Downloads, h.Views, err)
	}
	d.Clock.Advance(30 * fixture.Day)
	if _, err := d.Retention.Purge(t.Context()); err != nil {
		t.Fatal(err)
	}
	if left := fixture.One[int](d, `select count(*) from case_downloads`); left != 0 {
		t.Errorf("%d downloads are left of a case that is gone", left)
	}
}

// TestALookIsWrittenLater where somebody is just changing its case, and noted again where that took too long.
func TestALookIsWrittenLater(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	d.Case()
	id, at := fixture.One[int64](d, `select id from cases`), d.Clock.Now()
	views := history.NewViews(d.DB, slog.New(slog.DiscardHandler))
	looks := func() int { return fixture.One[int](d, `select count(*) from case_views`) }
	locked := func(do func()) {
		err := d.DB.AsSystem(t.Context(), "test", func(tx pgx.Tx) error {
			_, err := tx.Exec(t.Context(), `select from cases for update`)
			do()
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	views.Saw(d.Ana, id, at)
	locked(func() { views.Flush(t.Context()) })
	views.Flush(t.Context())
	if looks() != 1 {
		t.Error("the look is lost")
	}
	views.Saw(d.Ben, id, at)
	locked(func() {
		for range 3 {
			views.Flush(t.Context())
		}
	})
	views.Saw(d.Ben, id, at.Add(time.Minute))
	views.Flush(t.Context())
	if looks() != 2 {
		t.Error("a look after one that was lost is not noted")
	}
}

func TestHistoriesAskForTheRightAndForSomethingThatWas(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	s, n := service(d), d.Case()
	_, err := s.Case(t.Context(), d.Ana, n, audit.PageInput{})
	if !errs.Is(err, errs.Forbidden) {
		t.Errorf("an agent reads it: %v", err)
	}
	_, err = s.Case(t.Context(), d.Ana, 4711, audit.PageInput{}) // leaves a refusal in the trail
	if !errs.Is(err, errs.Forbidden) {
		t.Error(err)
	}
	if _, err := s.Case(t.Context(), d.Admin, cases.Number(4711), audit.PageInput{}); !errs.Is(err, errs.NotFound) {
		t.Errorf("a case that never was: %v", err)
	}
	person := fixture.One[contact.ID](d, `select contact_id from cases where number = $1`, n)
	h, err := s.Contact(t.Context(), d.Admin, person, audit.PageInput{})
	if err != nil || h.Gone || len(h.Lines) == 0 {
		t.Errorf("the contact's: %+v, %v", h, err)
	}
}

func TestStaffSeeOnlyWhatWasAskedFor(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	s, n := service(d), d.Deleted()
	_, err := s.StaffCase(t.Context(), d.Staff, d.Workspace.ID, n, audit.PageInput{})
	if !errs.Is(err, errs.NotFound) {
		t.Errorf("a case that nobody asked about: %v", err)
	}
	if _, err := d.Retention.Request(t.Context(), d.Admin, n); err != nil {
		t.Fatal(err)
	}
	page, err := s.StaffCase(t.Context(), d.Staff, d.Workspace.ID, n, audit.PageInput{})
	if err != nil || len(page.Lines) < 3 {
		t.Fatalf("%+v, %v", page, err)
	}
	for _, l := range page.Lines {
		if l.Details != nil || l.Address != nil {
			t.Errorf("%+v", l)
		}
	}
	if _, err := s.StaffCase(t.Context(), d.Owner, d.Workspace.ID, n, audit.PageInput{}); !errs.Is(err, errs.Forbidden) {
		t.Errorf("a member: %v", err)
	}
}

// TestDownloadsGoWithTheirFiles when cases are merged, and back; those that were written meanwhile are added up.
func TestDownloadsGoWithTheirFiles(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	from, into := d.Case(), d.Case()
	id := fixture.One[int64](d, `select id from cases where number = $1`, from)
	file := fixture.One[int64](d, `select min(id) from attachments where case_id = $1`, id)
	mail := fixture.One[int64](d, `select min(message_id) from inbound_mails where case_id = $1`, id)
	views, at := history.NewViews(d.DB, slog.New(slog.DiscardHandler)), d.Clock.Now()
	download := func(of, file int64, kind history.FileKind) {
		at = at.Add(2 * time.Hour)
		views.Downloaded(d.Ben, of, kind, file, at)
		views.Flush(t.Context())
	}
	told := func(n cases.Number) (list []string) {
		t.Helper()
		h, err := service(d).Case(t.Context(), d.Admin, n, audit.PageInput{})
		if err != nil {
			t.Fatal(err)
		}
		for _, g := range h.Downloads {
			list = append(list, fmt.Sprintf("%s %d %t %t", g.Kind, g.Times, g.Erased, g.Filename != "" || g.Kind == history.Mail))
		}
		return list
	}
	wants := func(what string, got []string, want ...string) {
		t.Helper()
		if !slices.Equal(got, want) {
			t.Errorf("%s: %v, want %v", what, got, want)
		}
	}
	download(id, file, history.Attached)
	download(id, mail, history.Mail)
	download(id, 4711, history.Attached) // which is not there any more
	if _, err := d.Messages.Merge(t.Context(), d.Ana, from, into); err != nil {
		t.Fatal(err)
	}
	download(id, file, history.Attached) // by a page from before
	gone, whole := "file 1 true false", []string{"file 2 false true", "file 1 true false", "mail 1 false true"}
	wants("merged", told(into), whole...)
	wants("what was merged", told(from), "file 1 false true", gone)
	if _, err := d.Messages.Unmerge(t.Context(), d.Ana, from); err != nil {
		t.Fatal(err)
	}
	wants("not merged any more", told(from), "file 1 false true", gone, "mail 1 false true")
	wants("the other one", told(into), "file 1 false true") // both knew of it
}
