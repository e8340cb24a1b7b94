package bulk_test

import (
	"context"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sync/errgroup"

	"caseward/internal/desk/access"
	"caseward/internal/desk/bulk"
	"caseward/internal/desk/cases"
	"caseward/internal/platform/errs"
	"caseward/internal/testkit/fixture"
)

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func wants(t testing.TB, err error, kind errs.Kind, what string) {
	t.Helper()
	if !errs.Is(err, kind) {
		t.Errorf("%s: %v, want %s", what, err, kind)
	}
}

func same(t testing.TB, what string, want, got any) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

// do starts an action and works it to its end.
func do(t testing.TB, d *fixture.Desk, by access.Actor, in bulk.StartInput) bulk.Action {
	t.Helper()
	id, err := d.BulkUpdate.Start(t.Context(), by, in)
	must(t, err)
	return work(t, d, id)
}

func undo(t testing.TB, d *fixture.Desk, by access.Actor, id bulk.ID) bulk.Action {
	t.Helper()
	must(t, d.BulkUpdate.Undo(t.Context(), by, id))
	return work(t, d, id)
}

func work(t testing.TB, d *fixture.Desk, id bulk.ID) bulk.Action {
	t.Helper()
	_, err := d.BulkUpdate.Run(t.Context())
	must(t, err)
	a, err := d.BulkUpdate.Get(t.Context(), d.Owner, id)
	must(t, err)
	return a
}

// counts are changed, unchanged, refused, undone, kept.
func counts(a bulk.Action) [5]int {
	return [5]int{a.Changed, a.Unchanged, a.Refused, a.Undone, a.Kept}
}

func told(t testing.TB, d *fixture.Desk, id bulk.ID) map[cases.Number]string {
	t.Helper()
	list, err := d.BulkUpdate.Told(t.Context(), d.Owner, id, bulk.ToldInput{Size: 100})
	must(t, err)
	reasons := map[cases.Number]string{}
	for _, told := range list {
		reasons[told.Number] = told.Reason
	}
	return reasons
}

func snapshots(d *fixture.Desk, numbers ...cases.Number) (all []string) {
	for _, n := range numbers {
		all = append(all, d.Snapshot(n)...)
	}
	return all
}

func ptr[T any](v T) *T { return &v }

func TestEveryChangeIsMadeAndUndone(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	d.BulkUpdate.SetBatch(2)
	numbers := []cases.Number{d.Case(), d.Case(), d.Case()}
	_, err := d.Cases.MarkSpam(t.Context(), d.Ana, d.Case())
	must(t, err)
	for name, change := range map[string]cases.Many{
		"everything": {Do: cases.UpdateMany, Status: ptr(cases.Closed), Priority: ptr(cases.Urgent), Assignee: ptr(d.Ben.Member), AddTags: []string{"new one"}, RemoveTags: []string{"plumbing"}},
		"nobody":     {Do: cases.UpdateMany, Assignee: ptr(access.MemberID(0))},
		"spam":       {Do: cases.SpamMany},
		"delete":     {Do: cases.DeleteMany, Reason: cases.ReasonOther, ReasonText: "spring clean"},
	} {
		before := snapshots(d, numbers...)
		d.Clock.Advance(time.Minute)
		a := do(t, d, d.Ana, bulk.StartInput{Numbers: numbers, Change: change})
		same(t, name, [5]int{3}, counts(a))
		if a.State != bulk.Done || a.Share() != 100 || a.FinishedAt == nil {
			t.Errorf("%s: %s, %d%%", name, a.State, a.Share())
		}
		if cmp.Equal(before, snapshots(d, numbers...)) {
			t.Errorf("%s changed nothing", name)
		}
		again := do(t, d, d.Ana, bulk.StartInput{Numbers: numbers, Change: change})
		same(t, name+" again", [5]int{0, 3}, counts(again))
		d.Clock.Advance(time.Minute)
		same(t, name+" undone", [5]int{3, 0, 0, 3}, counts(undo(t, d, d.Ana, a.ID)))
		same(t, "cases after undoing "+name, before, snapshots(d, numbers...))
		same(t, "undone twice", [5]int{3, 0, 0, 3}, counts(undo(t, d, d.Ana, a.ID)))
	}
	must(t, d.Sealer.Verify(t.Context(), d.Workspace.ID))
	for _, n := range numbers {
		trail := d.Trail(n)
		for _, action := range []string{"case.deleted", "case.restored", "case.marked as spam", "case.assigned", "case.tags changed"} {
			if !slices.Contains(trail, action) {
				t.Errorf("the trail of case %d lacks %q: %v", n, action, trail)
			}
		}
	}
	if n := fixture.One[int](d, `select count(*) from bulk_actions where change::text like '%spring%'`); n != 0 {
		t.Error("the words of the reason are still in the bulk action")
	}
}

func TestRestoreIsUndoneWithWhatWasLeftOfTheCountdown(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	n := d.Deleted()
	deadline := fixture.One[time.Time](d, `select purge_at from cases where number = $1`, n)
	d.Clock.Advance(2 * fixture.Day)
	a := do(t, d, d.Ana, bulk.StartInput{Numbers: []cases.Number{n}, Change: cases.Many{Do: cases.RestoreMany}})
	same(t, "restored", [5]int{1}, counts(a))
	d.Clock.Advance(3 * fixture.Day)
	undo(t, d, d.Ana, a.ID)
	got := fixture.One[time.Time](d, `select purge_at from cases where number = $1`, n)
	if want := deadline.Add(3 * fixture.Day); !got.Equal(want) {
		t.Errorf("it goes for good at %s, want %s", got, want)
	}
}

// TestADeletionTellsUntilWhenItCanBeUndone: until its first case goes for good, and not at all when none is left.
func TestADeletionTellsUntilWhenItCanBeUndone(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	n := d.Case()
	a := do(t, d, d.Ana, bulk.StartInput{Numbers: []cases.Number{n}, Change: cases.Many{Do: cases.DeleteMany}})
	purge := fixture.One[time.Time](d, `select purge_at from cases where number = $1`, n)
	if a.Deletion.Over || a.Deletion.Until == nil || a.Deletion.Until.After(purge) || purge.Sub(*a.Deletion.Until) > time.Minute || !a.CanUndo(d.Ana, d.Clock.Now()) {
		t.Errorf("over %v, until %v, want %v", a.Deletion.Over, a.Deletion.Until, purge)
	}
	_, err := d.Cases.Restore(t.Context(), d.Ana, cases.RestoreInput{Number: n})
	must(t, err)
	a, err = d.BulkUpdate.Get(t.Context(), d.Ana, a.ID)
	must(t, err)
	if !a.Deletion.Over || a.CanUndo(d.Ana, d.Clock.Now()) {
		t.Error("it can still be undone")
	}
	if err := d.BulkUpdate.Undo(t.Context(), d.Ana, a.ID); !errs.Is(err, errs.Conflict) {
		t.Errorf("undoing it says %v", err)
	}
}

func TestCasesThatMovedOnAreKept(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	ctx := t.Context()
	first := "first@customer.test"
	answered, reassigned, deleted, quiet := d.Receive(fixture.Mail{ID: first}), d.Case(), d.Case(), d.Case()
	numbers := []cases.Number{answered, reassigned, deleted, quiet}
	a := do(t, d, d.Ana, bulk.StartInput{Numbers: numbers, Change: cases.Many{Do: cases.UpdateMany, Status: ptr(cases.OnHold), Assignee: ptr(d.Ben.Member)}})
	same(t, "changed", [5]int{4}, counts(a))
	d.Clock.Advance(time.Minute)
	d.Receive(fixture.Mail{InReplyTo: first})
	_, err := d.Cases.Update(ctx, d.Ana, reassigned, cases.UpdateInput{Assignee: ptr(d.Ana.Member)})
	must(t, err)
	d.Delete(deleted)
	moved := snapshots(d, answered, reassigned, deleted)
	same(t, "undone", [5]int{4, 0, 0, 1, 3}, counts(undo(t, d, d.Ana, a.ID)))
	same(t, "the cases that moved on", moved, snapshots(d, answered, reassigned, deleted))
	reasons := told(t, d, a.ID)
	for n, part := range map[cases.Number]string{answered: "answered", reassigned: "somebody else", deleted: "is deleted"} {
		if !strings.Contains(reasons[n], part) {
			t.Errorf("case %d was kept since %q", n, reasons[n])
		}
	}
}

// TestWhatWasAnsweredSinceStays: to undo a restore, or a not spam, hides no case that somebody has worked on.
func TestWhatWasAnsweredSinceStays(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	id := "first@customer.test"
	answered, quiet := d.Receive(fixture.Mail{ID: id}), d.Case()
	numbers := []cases.Number{answered, quiet}
	for hide, back := range map[cases.ManyKind]cases.ManyKind{cases.DeleteMany: cases.RestoreMany, cases.SpamMany: cases.NotSpamMany} {
		do(t, d, d.Ana, bulk.StartInput{Numbers: numbers, Change: cases.Many{Do: hide}})
		d.Clock.Advance(7*fixture.Day - time.Minute) // nothing is left of the countdown, or next to nothing
		a := do(t, d, d.Ana, bulk.StartInput{Numbers: numbers, Change: cases.Many{Do: back}})
		d.Clock.Advance(time.Minute)
		d.Receive(fixture.Mail{InReplyTo: id})
		same(t, string(back), [5]int{2, 0, 0, 1, 1}, counts(undo(t, d, d.Ana, a.ID)))
		if why := told(t, d, a.ID)[answered]; !strings.Contains(why, "answered") {
			t.Errorf("kept since %q", why)
		}
		_, err := d.Retention.Purge(t.Context())
		must(t, err)
		do(t, d, d.Ana, bulk.StartInput{Numbers: numbers, Change: cases.Many{Do: back}})
		d.Clock.Advance(time.Minute)
	}
	if d.Live() != 2 {
		t.Errorf("%d of 2 cases are live: what is deleted again has at least a day", d.Live())
	}
}

func TestOneThatRefusesKeepsNoOtherBack(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	live, deleted := d.Case(), d.Deleted()
	full := d.Case()
	var tags []string
	for i := range 20 {
		tags = append(tags, "tag "+string(rune('a'+i)))
	}
	_, err := d.Cases.SetTags(t.Context(), d.Ana, full, tags)
	must(t, err)
	a := do(t, d, d.Ana, bulk.StartInput{Numbers: []cases.Number{live, deleted, full, 999}, Change: cases.Many{Do: cases.UpdateMany, AddTags: []string{"one more"}}})
	same(t, "counts", [5]int{1, 0, 2}, counts(a))
	reasons := told(t, d, a.ID)
	if !strings.Contains(reasons[deleted], "Restore it first") || !strings.Contains(reasons[full], "more than 20 tags") {
		t.Errorf("told: %v", reasons)
	}
}

func TestAllThatMatchAList(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	d.BulkUpdate.SetBatch(7)
	d.Bulk(30)
	closed := d.Case()
	_, err := d.Cases.Update(t.Context(), d.Ana, closed, cases.UpdateInput{Status: ptr(cases.Closed)})
	must(t, err)
	untouched := d.Snapshot(closed)
	a := do(t, d, d.Ana, bulk.StartInput{All: &bulk.Scope{Filter: cases.AllOpen}, Change: cases.Many{Do: cases.UpdateMany, Status: ptr(cases.Closed)}})
	same(t, "all open", [5]int{30}, counts(a))
	same(t, "the closed case", untouched, d.Snapshot(closed))
	a = do(t, d, d.Ana, bulk.StartInput{All: &bulk.Scope{Query: "tag:bulk status:closed"}, Change: cases.Many{Do: cases.DeleteMany}})
	same(t, "a search", [5]int{30}, counts(a))
	if left := fixture.One[string](d, `select scope::text from bulk_actions where id = $1`, int64(a.ID)); strings.Contains(left, "tag") {
		t.Errorf("what was searched for is kept: %s", left)
	}
	a = do(t, d, d.Ana, bulk.StartInput{All: &bulk.Scope{Filter: cases.DeletedView}, Change: cases.Many{Do: cases.RestoreMany}})
	same(t, "all deleted", [5]int{30}, counts(a))
}

func TestWhoMayNot(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	ctx := t.Context()
	n := d.Case()
	other := d.In(fixture.Workspace(t, d.DB))
	erase := cases.Many{Do: cases.DeleteMany}
	for what, by := range map[string]access.Actor{"ben": d.Ben, "a viewer": d.Viewer} {
		_, err := d.BulkUpdate.Start(ctx, by, bulk.StartInput{Numbers: []cases.Number{n}, Change: erase})
		wants(t, err, errs.Forbidden, what)
	}
	_, err := d.BulkUpdate.Start(ctx, d.Ben, bulk.StartInput{All: &bulk.Scope{Filter: cases.DeletedView}, Change: cases.Many{Do: cases.UpdateMany, Status: ptr(cases.Open)}})
	wants(t, err, errs.Forbidden, "ben's list of deleted cases")
	_, err = d.BulkUpdate.Start(ctx, other.Owner, bulk.StartInput{Numbers: []cases.Number{n}, Change: erase})
	wants(t, err, errs.NotFound, "another workspace")
	for what, in := range map[string]bulk.StartInput{
		"nothing chosen":     {Change: erase},
		"nothing to do":      {Numbers: []cases.Number{n}, Change: cases.Many{Do: cases.UpdateMany}},
		"no such thing":      {Numbers: []cases.Number{n}, Change: cases.Many{Do: "burn"}},
		"no such status":     {Numbers: []cases.Number{n}, Change: cases.Many{Do: cases.UpdateMany, Status: ptr(cases.Status("lost"))}},
		"add and remove one": {Numbers: []cases.Number{n}, Change: cases.Many{Do: cases.UpdateMany, AddTags: []string{"a"}, RemoveTags: []string{"A"}}},
	} {
		_, err := d.BulkUpdate.Start(ctx, d.Ana, in)
		wants(t, err, errs.Invalid, what)
	}
	a := do(t, d, d.Ana, bulk.StartInput{Numbers: []cases.Number{n}, Change: erase})
	_, err = d.BulkUpdate.Get(ctx, d.Ben, a.ID)
	wants(t, err, errs.NotFound, "ben looks at ana's")
	_, err = d.BulkUpdate.Get(ctx, other.Owner, a.ID)
	wants(t, err, errs.NotFound, "another workspace looks")
	wants(t, d.BulkUpdate.Undo(ctx, d.Ben, a.ID), errs.NotFound, "ben undoes ana's")
	d.Clock.Advance(bulk.KeptFor)
	wants(t, d.BulkUpdate.Undo(ctx, d.Ana, a.ID), errs.Conflict, "much later")
}

// TestARightTakenAwayMeanwhile: the rest is refused, from the next batch on.
func TestARightTakenAwayMeanwhile(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	n := d.Case()
	id, err := d.BulkUpdate.Start(t.Context(), d.Ana, bulk.StartInput{Numbers: []cases.Number{n}, Change: cases.Many{Do: cases.DeleteMany}})
	must(t, err)
	d.Exec(`delete from member_grants`)
	a := work(t, d, id)
	same(t, "counts", [5]int{0, 0, 1}, counts(a))
	if why := told(t, d, id)[n]; !strings.Contains(why, "taken away") {
		t.Errorf("refused since %q", why)
	}
}

func TestStoppedIsDoneSoFar(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	n := d.Case()
	id, err := d.BulkUpdate.Start(t.Context(), d.Ana, bulk.StartInput{Numbers: []cases.Number{n}, Change: cases.Many{Do: cases.SpamMany}})
	must(t, err)
	must(t, d.BulkUpdate.Stop(t.Context(), d.Ana, id))
	a := work(t, d, id)
	if a.State != bulk.Done || !a.Stopped || a.Changed != 0 || d.Live() != 1 {
		t.Errorf("%+v", a)
	}
}

// TestKilledInTheMiddle: each case is changed once, and has one line of it, however often the work is cut off.
func TestKilledInTheMiddle(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	d.BulkUpdate.SetBatch(5)
	numbers := d.Bulk(400)
	id, err := d.BulkUpdate.Start(t.Context(), d.Ana, bulk.StartInput{All: &bulk.Scope{Filter: cases.AllOpen}, Change: cases.Many{Do: cases.UpdateMany, Priority: ptr(cases.High)}})
	must(t, err)
	cut, within := 0, 20*time.Millisecond
	for {
		ctx, cancel := context.WithTimeout(t.Context(), within/2+rand.N(within))
		_, err := d.BulkUpdate.Run(ctx)
		cancel()
		a, getErr := d.BulkUpdate.Get(t.Context(), d.Ana, id)
		must(t, getErr)
		if a.Ended() {
			break
		}
		if err == nil { // the database has not noticed yet that we are gone
			continue
		}
		cut++
		if cut > 3 {
			within += within / 4 // a slow machine gets nothing done in the time of a fast one
		}
	}
	a := work(t, d, id)
	same(t, "counts", [5]int{len(numbers)}, counts(a))
	lines := fixture.Rows[int](d, `select count(*) from activities where kind = 'priority changed' group by case_id`)
	if len(lines) != len(numbers) || slices.Max(lines) != 1 || cut < 3 {
		t.Errorf("%d cases have lines, the most %d; cut off %d times", len(lines), slices.Max(lines), cut)
	}
}

// TestWhatBecameOfCasesIsForgotten once nothing can be undone, and goes with a case that is erased.
func TestWhatBecameOfCasesIsForgotten(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	n := d.Case()
	a := do(t, d, d.Ana, bulk.StartInput{Numbers: []cases.Number{n}, Change: cases.Many{Do: cases.DeleteMany}})
	if by := fixture.One[int64](d, `select deleted_bulk_id from cases where number = $1`, n); by != int64(a.ID) {
		t.Errorf("the case says it was deleted by bulk update %d", by)
	}
	d.Clock.Advance(8 * fixture.Day)
	_, err := d.Retention.Purge(t.Context())
	must(t, err)
	if left := fixture.One[int](d, `select count(*) from bulk_items`); left != 0 {
		t.Errorf("%d lines of purged cases", left)
	}
	do(t, d, d.Ana, bulk.StartInput{Numbers: []cases.Number{d.Case()}, Change: cases.Many{Do: cases.SpamMany}})
	d.Clock.Advance(bulk.KeptFor + time.Hour)
	_, err = d.BulkUpdate.Run(t.Context())
	must(t, err)
	if left := fixture.One[int](d, `select count(*) from bulk_items`); left != 0 {
		t.Errorf("%d lines after %s", left, bulk.KeptFor)
	}
	if left := fixture.One[int](d, `select count(*) from bulk_actions where changed = 1`); left != 2 {
		t.Errorf("%d bulk updates are left", left)
	}
}

// TestASearchThatMakesNoSenseChangesNothing: leaving out what is wrong would mean more cases than somebody saw.
func TestASearchThatMakesNoSenseChangesNothing(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	d.Case()
	for _, query := range []string{"status:lost", "status:open colour:red", "assignee:nobodyatall status:open", ""} {
		scope := &bulk.Scope{Query: query, Filter: "nonsense"}
		if _, err := d.BulkUpdate.Start(t.Context(), d.Ana, bulk.StartInput{All: scope, Change: cases.Many{Do: cases.SpamMany}}); !errs.Is(err, errs.Invalid) {
			t.Errorf("%q: %v", query, err)
		}
	}
}

// TestSeveralProcessesShareALargeOne: its lanes are worked on side by side, each case once, and the counts are whole.
func TestSeveralProcessesShareALargeOne(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	d.BulkUpdate.SetBatch(20)
	numbers := d.Bulk(300)
	id, err := d.BulkUpdate.Start(t.Context(), d.Ana, bulk.StartInput{All: &bulk.Scope{Filter: cases.AllOpen}, Change: cases.Many{Do: cases.DeleteMany}})
	must(t, err)
	share := func() {
		t.Helper()
		var group errgroup.Group
		for range 3 {
			other := fixture.New(t, d.DB, d.Clock.Now).BulkUpdate
			other.SetBatch(20)
			group.Go(func() error { _, err := other.Run(t.Context()); return err })
		}
		must(t, group.Wait())
	}
	share()
	a := work(t, d, id)
	same(t, "deleted", [5]int{len(numbers)}, counts(a))
	must(t, d.BulkUpdate.Undo(t.Context(), d.Ana, id))
	share()
	a = work(t, d, id)
	same(t, "undone", [5]int{len(numbers), 0, 0, len(numbers)}, counts(a))
	for _, kind := range []string{"deleted", "restored"} {
		if n := fixture.One[int](d, `select count(*) from activities where kind = $1`, kind); n != len(numbers) {
			t.Errorf("%d cases were %s, of %d", n, kind, len(numbers))
		}
	}
	if left := fixture.One[int](d, `select count(*) from bulk_lanes`); left != 0 || d.Live() != len(numbers) {
		t.Errorf("%d lanes are left, %d cases are live", left, d.Live())
	}
}

// TestAListThatCannotBeWalkedKeepsNoOtherBack: it is tried some times and given up with a word of why.
func TestAListThatCannotBeWalkedKeepsNoOtherBack(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	n := d.Case()
	stuck, err := d.BulkUpdate.Start(t.Context(), d.Ana, bulk.StartInput{All: &bulk.Scope{Filter: cases.AllOpen}, Change: cases.Many{Do: cases.SpamMany}})
	must(t, err)
	d.Exec(`update bulk_actions set scope = '{"filter":"broken"}' where id = $1`, stuck)
	other, err := d.BulkUpdate.Start(t.Context(), d.Ana, bulk.StartInput{Numbers: []cases.Number{n}, Change: cases.Many{Do: cases.UpdateMany, Status: ptr(cases.Closed)}})
	must(t, err)
	for tries := 1; ; tries++ {
		_, err := d.BulkUpdate.Run(t.Context())
		a, getErr := d.BulkUpdate.Get(t.Context(), d.Ana, stuck)
		must(t, getErr)
		if err == nil || a.State == bulk.Done || tries > 20 {
			if tries != 5 || !a.Stopped || !strings.Contains(a.Problem, "Narrow the search") {
				t.Errorf("after %d tries: %+v", tries, a)
			}
			break
		}
		d.Clock.Advance(time.Hour)
	}
	if a := work(t, d, other); a.State != bulk.Done || a.Changed != 1 {
		t.Errorf("the other one: %+v", a)
	}
}
