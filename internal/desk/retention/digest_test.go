package retention_test

import (
	"strings"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"caseward/internal/desk/cases"
	"caseward/internal/desk/workspace"
	"caseward/internal/testkit/fixture"
)

func digests(d *fixture.Desk) []string {
	return fixture.Rows[string](d, `select u.name || ': ' || n.detail from notifications n join members m on m.workspace_id = n.workspace_id and m.id = n.member_id
		join users u on u.id = m.user_id where n.kind = 'deletion digest' and n.mail_at is not null order by 1`)
}

// to moves the clock on to a moment in the workspace's zone.
func to(t *testing.T, d *fixture.Desk, zone, at string) {
	t.Helper()
	loc, err := time.LoadLocation(zone)
	must(t, err)
	when, err := time.ParseInLocation("2006-01-02 15:04", at, loc)
	must(t, err)
	d.Clock.Advance(when.Sub(d.Clock.Now()))
}

// TestTheWeekIsToldOnMondayMorning once by however many processes, with numbers and members' names and nobody else's.
func TestTheWeekIsToldOnMondayMorning(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t) // on Monday, 4 May 2026, 9:30 UTC
	ctx := t.Context()
	const zone = "America/New_York"
	must(t, d.Workspaces.Update(ctx, d.Owner, workspace.UpdateInput{Name: "Acme", TimeZone: zone}))
	run := func() { t.Helper(); _, err := d.Retention.Digest(ctx); must(t, err) }
	run()
	if n := len(digests(d)); n != 0 {
		t.Fatalf("told %d of a week without anything", n)
	}
	n := d.Receive(fixture.Mail{From: "zebedee@secret.test", Name: "Zebedee Customer", Subject: "Unspeakable"})
	d.Delete(n)
	back := d.Case()
	d.Delete(back)
	_, err := d.Cases.Restore(ctx, d.Owner, cases.RestoreInput{Number: back})
	must(t, err)
	approve(t, d, request(t, d, d.Deleted()))
	holdCase(t, d, back)
	to(t, d, zone, "2026-05-11 07:59")
	run()
	if got := digests(d); len(got) != 0 {
		t.Fatalf("told too soon: %q", got)
	}
	to(t, d, zone, "2026-05-11 08:00")
	var group errgroup.Group
	for range 3 {
		group.Go(func() error { _, err := d.Retention.Digest(ctx); return err })
	}
	must(t, group.Wait())
	got := digests(d)
	if len(got) != 2 {
		t.Fatalf("told %q", got)
	}
	for _, want := range []string{"The week from 4 May to 10 May 2026.", "Cases deleted: 3 (", "Cases restored: 1 (", "will be removed for good in the coming week, unless they are restored: 1",
		"Requests for permanent deletion that are not done: 1", "Legal holds that stand: 1"} {
		if !strings.Contains(got[0], want) {
			t.Errorf("%q lacks %q", got[0], want)
		}
	}
	for _, never := range []string{"Zebedee", "secret.test", "Unspeakable"} {
		if strings.Contains(got[0], never) {
			t.Errorf("the digest names %q", never)
		}
	}
	if times := fixture.One[int](d, `select max(times) from notifications where kind = 'deletion digest'`); times != 1 {
		t.Errorf("told %d times", times)
	}
}

// TestTheHourIsThatOfTheClockOnTheWall in summer and in winter, and what is older than a day is not told.
func TestTheHourIsThatOfTheClockOnTheWall(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	ctx := t.Context()
	const zone = "Europe/Berlin"
	must(t, d.Workspaces.Update(ctx, d.Owner, workspace.UpdateInput{Name: "Acme", TimeZone: zone}))
	run := func() int {
		t.Helper()
		d.Exec(`delete from notifications`)
		_, err := d.Retention.Digest(ctx)
		must(t, err)
		return len(digests(d))
	}
	run()
	for _, sunday := range []string{"2026-06-07 12:00", "2026-10-25 02:30", "2026-12-06 12:00", "2027-03-28 12:00"} { // two of them change the clock
		to(t, d, zone, sunday)
		run()
		d.Deleted()
		monday := d.Clock.Now().In(time.UTC).AddDate(0, 0, 1).Format("2006-01-02")
		to(t, d, zone, monday+" 07:59")
		if n := run(); n != 0 {
			t.Errorf("%s: told before 8", monday)
		}
		to(t, d, zone, monday+" 08:00")
		if n := run(); n != 2 {
			t.Errorf("%s: told %d at 8", monday, n)
		}
	}
	d.Deleted()
	d.Clock.Advance(8 * fixture.Day)
	to(t, d, zone, "2027-04-06 08:01")
	if n := run(); n != 0 {
		t.Errorf("told %d a day late", n)
	}
	must(t, d.Workspaces.SetDeletionDigest(ctx, d.Owner, false))
	d.Deleted()
	to(t, d, zone, "2027-04-12 08:00")
	if n := run(); n != 0 {
		t.Errorf("told %d though it is off", n)
	}
}

// TestOneWorkspaceDoesNotKeepTheOthers from their digest, not even one whose zone the database does not know.
func TestOneWorkspaceDoesNotKeepTheOthers(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	d.Delete(d.Case())
	d.Exec(`insert into workspaces (slug, name, time_zone, created_at) values ('moon', 'Moon', 'Moon/Base', now())`)
	to(t, d, "UTC", "2026-05-11 08:00")
	_, err := d.Retention.Digest(t.Context())
	must(t, err)
	if got := digests(d); len(got) != 2 {
		t.Errorf("told %q", got)
	}
}
