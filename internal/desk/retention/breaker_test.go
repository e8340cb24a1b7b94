package retention_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"golang.org/x/sync/errgroup"

	"caseward/internal/desk/access"
	"caseward/internal/desk/bulk"
	"caseward/internal/desk/cases"
	"caseward/internal/desk/contact"
	"caseward/internal/desk/hold"
	"caseward/internal/desk/retention"
	"caseward/internal/platform/errs"
	"caseward/internal/testkit/fixture"
)

// surge is a desk on which more cases are due than the breaker lets pass, deleted by Ana at once.
func surge(t *testing.T) (*fixture.Desk, []cases.Number) {
	t.Helper()
	d := fixture.NewDesk(t)
	d.Retention.SetBreaker(5)
	numbers := d.Bulk(8)
	id, err := d.BulkUpdate.Start(t.Context(), d.Ana, bulk.StartInput{Numbers: numbers, Change: cases.Many{Do: cases.DeleteMany}})
	must(t, err)
	_, err = d.BulkUpdate.Run(t.Context())
	must(t, err)
	if n := fixture.One[int](d, `select count(*) from cases where deleted_bulk_id = $1`, id); n != 8 {
		t.Fatalf("%d cases are deleted", n)
	}
	return d, numbers
}

// agreed is an agreement to a stop as it is shown.
func agreed(stop *retention.Stop, due int) retention.Agreement {
	return retention.Agreement{Stop: stop.ID, Due: due, At: stop.CountedAt}
}

func left(d *fixture.Desk) int { return fixture.One[int](d, `select count(*) from cases`) }

func stopped(t *testing.T, d *fixture.Desk) *retention.Stop {
	t.Helper()
	s, err := d.Retention.Stopped(t.Context(), d.Ana)
	must(t, err)
	return s
}

// TestFarMoreThanUsualIsStopped before the first case goes, once by however many processes, and owners and admins are told why;
// other workspaces go on.
func TestFarMoreThanUsualIsStopped(t *testing.T) {
	t.Parallel()
	d, _ := surge(t)
	other := d.In(fixture.Workspace(t, d.DB, fixture.At(d.Clock.Now)))
	elsewhere := other.Deleted()
	d.Clock.Advance(7*fixture.Day - 30*time.Minute)
	purge(t, d)
	if stopped(t, d) == nil {
		t.Fatal("what is due within the hour does not stop it, so that its first part goes alone")
	}
	d.Clock.Advance(time.Hour)
	var group errgroup.Group
	for range 3 {
		group.Go(func() error { _, err := d.Retention.Purge(t.Context()); return err })
	}
	must(t, group.Wait())
	if left(d) != 8 {
		t.Errorf("%d cases are left", left(d))
	}
	_, err := d.Cases.Get(t.Context(), other.Owner, elsewhere)
	wants(t, err, errs.Gone, "another workspace")
	stop := stopped(t, d)
	if stop == nil || stop.Due != 8 || len(stop.Causes) != 1 || stop.Causes[0].Cases != 8 || stop.Causes[0].Name == "" || stop.Causes[0].Bulk == nil {
		t.Fatalf("stopped: %+v", stop)
	}
	told := fixture.Rows[string](d, `select u.name || ': ' || n.detail from notifications n join members m on m.workspace_id = n.workspace_id and m.id = n.member_id
		join users u on u.id = m.user_id where n.kind = 'purge stopped' and n.mail_at is not null and n.in_app order by 1`)
	if len(told) != 2 || !strings.Contains(told[0], "8 deleted cases are due to be removed for good. Usually it is none.") || !strings.Contains(told[0], "deleted 8 of them in bulk update") {
		t.Errorf("told: %q", told)
	}
	if n := fixture.One[int](d, `select count(*) from audit_entries where action = 'purge.stopped'`); n != 1 {
		t.Errorf("%d entries in the trail", n)
	}
	if s, err := other.Retention.Stopped(t.Context(), other.Owner); err != nil || s != nil {
		t.Errorf("another workspace: %+v, %v", s, err)
	}
}

// TestAReleaseLetsExactlyTheseGo, and what is due later counts anew.
func TestAReleaseLetsExactlyTheseGo(t *testing.T) {
	t.Parallel()
	d, numbers := surge(t)
	ctx := t.Context()
	d.Clock.Advance(8 * fixture.Day)
	purge(t, d)
	stop := stopped(t, d)
	for name, by := range map[string]access.Actor{"ana": d.Ana, "vera": d.Viewer} {
		if err := d.Retention.ReleasePurge(ctx, by, agreed(stop, 8)); !errs.Is(err, errs.Forbidden) {
			t.Errorf("%s: %v", name, err)
		}
	}
	wants(t, d.Retention.ReleasePurge(ctx, d.Admin, agreed(stop, 7)), errs.Conflict, "agree to fewer than there are")
	_, err := d.Cases.Restore(ctx, d.Ana, cases.RestoreInput{Number: numbers[0]})
	must(t, err)
	must(t, d.Retention.ReleasePurge(ctx, d.Admin, agreed(stop, 8)))
	wants(t, d.Retention.ReleasePurge(ctx, d.Admin, agreed(stop, 8)), errs.Conflict, "release twice")
	d.Delete(numbers[0])
	purge(t, d)
	there(t, d, numbers[0], true)
	if left(d) != 1 {
		t.Errorf("%d cases are left", left(d))
	}
	var more []cases.Number
	for range 6 {
		more = append(more, d.Deleted())
	}
	d.Clock.Advance(8 * fixture.Day)
	purge(t, d)
	if again := stopped(t, d); again == nil || again.ID == stop.ID || again.Due != 7 {
		t.Errorf("stopped again: %+v", again)
	}
	for _, n := range more[:2] {
		_, err := d.Cases.Restore(ctx, d.Ana, cases.RestoreInput{Number: n})
		must(t, err)
	}
	purge(t, d)
	if stopped(t, d) != nil || left(d) != 2 {
		t.Errorf("so much was restored that nothing is unusual, and it is still stopped: %d cases are left", left(d))
	}
}

// TestABusyWorkspaceIsNotStoppedByAnOrdinaryDay.
func TestABusyWorkspaceIsNotStoppedByAnOrdinaryDay(t *testing.T) {
	t.Parallel()
	d, _ := surge(t)
	d.Retention.SetBreaker(50)
	for range 8 { // 24 purges in the last 30 days: 0.8 a day
		d.Deleted()
		d.Deleted()
		d.Deleted()
	}
	d.Clock.Advance(8 * fixture.Day)
	purge(t, d)
	if left(d) != 0 {
		t.Fatalf("%d cases are left", left(d))
	}
	d.Retention.SetBreaker(5)
	for range 10 {
		d.Deleted()
	}
	d.Clock.Advance(8 * fixture.Day)
	purge(t, d)
	if left(d) != 0 {
		t.Error("10 cases are no surge where 32 were purged in a month")
	}
	for range 20 {
		d.Deleted()
	}
	d.Clock.Advance(8 * fixture.Day)
	purge(t, d)
	if left(d) != 20 {
		t.Error("20 cases are one, and went")
	}
}

// TestWhatWasOnHoldWhenSomebodyAgreedIsNotAgreedTo, however old its countdown; nor does it go in a run that has not counted it.
func TestWhatWasOnHoldWhenSomebodyAgreedIsNotAgreedTo(t *testing.T) {
	t.Parallel()
	for name, contacts := range map[string]func(*fixture.Desk) []contact.ID{
		"their contacts": func(d *fixture.Desk) []contact.ID {
			return fixture.Rows[contact.ID](d, `select distinct contact_id from cases`)
		},
		"the contact of what was merged into them": func(d *fixture.Desk) []contact.ID {
			for _, into := range fixture.Rows[cases.ID](d, `select id from cases`) {
				d.Exec(`update cases set status = 'closed', merged_into_id = $2 where number = $1`, d.Receive(fixture.Mail{From: "part@held.test"}), into)
			}
			return []contact.ID{of(d, "part@held.test")}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d, _ := surge(t)
			agreedWhileHeld(t, d, contacts(d))
		})
	}
}

func agreedWhileHeld(t *testing.T, d *fixture.Desk, contacts []contact.ID) {
	t.Helper()
	left := func(d *fixture.Desk) int {
		return fixture.One[int](d, `select count(*) from cases where deleted_at is not null`)
	}
	var holds []hold.ID
	for _, id := range contacts {
		holds = append(holds, holdContact(t, d, id))
	}
	d.Clock.Advance(8 * fixture.Day)
	now := d.Clock.Now()
	d.Exec(`insert into purge_stops (workspace_id, stopped_at, after, due, usual, most, released_at, released_until)
		values ($1, $2, 'epoch', 9, 0, 9, $2, $2::timestamptz + interval '1 hour')`, d.ID(), now)
	purge(t, d)
	if left(d) != 8 || stopped(t, d) != nil {
		t.Fatalf("%d cases are left of those on hold", left(d))
	}
	d.Clock.Advance(30 * time.Minute)
	for _, id := range holds {
		release(t, d, id)
	}
	must(t, d.DB.AsSystem(t.Context(), "test", func(tx pgx.Tx) error {
		found, err := tx.Exec(t.Context(), retention.DueSQL, d.Clock.Now(), 500, []int64{}, holds, 0)
		if found.RowsAffected() > 0 {
			t.Errorf("a run that began before the release takes %d", found.RowsAffected())
		}
		return err
	}))
	purge(t, d)
	stop := stopped(t, d)
	if left(d) != 8 || stop == nil || stop.Due != 8 {
		t.Fatalf("%d cases are left, stopped: %+v", left(d), stop)
	}
	must(t, d.Retention.ReleasePurge(t.Context(), d.Owner, agreed(stop, 8)))
	purge(t, d)
	if left(d) != 0 {
		t.Errorf("%d cases are left that were agreed to", left(d))
	}
}

// TestEveryBulkUpdateOfASurgeIsNamed, the largest first, and what was deleted one by one.
func TestEveryBulkUpdateOfASurgeIsNamed(t *testing.T) {
	t.Parallel()
	d, _ := surge(t)
	id, err := d.BulkUpdate.Start(t.Context(), d.Admin, bulk.StartInput{Numbers: d.Bulk(3), Change: cases.Many{Do: cases.DeleteMany}})
	must(t, err)
	_, err = d.BulkUpdate.Run(t.Context())
	must(t, err)
	d.Deleted()
	held := fixture.One[contact.ID](d, `select contact_id from cases where deleted_bulk_id = $1 limit 1`, id)
	d.Clock.Advance(8 * fixture.Day)
	purge(t, d)
	stop := stopped(t, d)
	if stop == nil || stop.Due != 12 || len(stop.Causes) != 3 || stop.Causes[1].Cases != 3 || *stop.Causes[1].Bulk != int64(id) || stop.Causes[2].Bulk != nil {
		t.Fatalf("stopped: %+v", stop)
	}
	told := fixture.One[string](d, `select detail from notifications where kind = 'purge stopped' limit 1`)
	if want := "12 deleted cases are due to be removed for good. Usually it is none. " + stop.CauseText() + " None of them"; !strings.HasPrefix(told, want) {
		t.Errorf("told %q, want %q", told, want)
	}
	theirs := fixture.One[int](d, `select count(*) from cases where contact_id = $1`, held)
	holdContact(t, d, held)
	if left := stopped(t, d); left.Due != 12-theirs {
		t.Errorf("with %d on hold since, %+v", theirs, left)
	}
	later := agreed(stop, 12)
	later.At = d.Clock.Now().Add(time.Hour)
	wants(t, d.Retention.ReleasePurge(t.Context(), d.Owner, later), errs.Conflict, "agree to what is due in an hour")
}

// TestWhatWasAgreedToIsNotUsual: a purge that somebody had to agree to does not let the next surge pass.
func TestWhatWasAgreedToIsNotUsual(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	d.Retention.SetBreaker(5)
	deletes := func(n int) {
		for range n {
			d.Deleted()
		}
		d.Clock.Advance(8 * fixture.Day)
		purge(t, d)
	}
	deletes(24)
	stop := stopped(t, d)
	must(t, d.Retention.ReleasePurge(t.Context(), d.Owner, agreed(stop, 24)))
	purge(t, d)
	if n := fixture.One[int](d, `select agreed from purge_stops`); left(d) != 0 || n != 24 {
		t.Fatalf("%d cases are left, %d purged that were agreed to", left(d), n)
	}
	deletes(7) // less than ten times the 24 of a month
	if stopped(t, d) == nil || left(d) != 7 {
		t.Errorf("the next surge passed, %d cases are left", left(d))
	}
}

// TestALargeWorkspaceDoesNotKeepTheOthers: they take turns, batch by batch.
func TestALargeWorkspaceDoesNotKeepTheOthers(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	d.Retention.SetBatch(2)
	other := d.In(fixture.Workspace(t, d.DB, fixture.At(d.Clock.Now)))
	for range 7 {
		d.Deleted()
	}
	other.Deleted()
	d.Clock.Advance(8 * fixture.Day)
	purge(t, d)
	got := fixture.Rows[int64](d, `select workspace_id from audit_entries where action = 'case.purged' order by id`)
	if i := slices.Index(got, int64(other.Workspace.ID)); len(got) != 8 || i < 2 || i > 3 { // in the second batch
		t.Errorf("purged in workspaces %v", got)
	}
}
