package followup_test

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"caseward/internal/desk/access"
	"caseward/internal/desk/cases"
	"caseward/internal/desk/followup"
	"caseward/internal/platform/errs"
	"caseward/internal/testkit/fixture"
	"caseward/internal/testkit/plan"
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

func add(t testing.TB, d *fixture.Desk, n cases.Number, note string, in time.Duration, to access.MemberID) followup.ID {
	t.Helper()
	id, err := d.FollowUps.Add(t.Context(), d.Ana, n, followup.Input{Note: note, DueAt: d.Clock.Now().Add(in), Assignee: to})
	must(t, err)
	return id
}

// notes lists the notes of a list.
func notes(t testing.TB, d *fixture.Desk, by access.Actor, in followup.ListInput) (list []string) {
	t.Helper()
	page, err := d.FollowUps.List(t.Context(), by, in)
	must(t, err)
	for _, f := range page.Rows {
		list = append(list, f.Note)
	}
	return list
}

func due(t testing.TB, d *fixture.Desk, by access.Actor) int {
	t.Helper()
	n, err := d.FollowUps.Due(t.Context(), by)
	must(t, err)
	return n
}

// told counts the notifications of due follow-ups by member.
func told(d *fixture.Desk, m access.MemberID) int {
	return fixture.One[int](d, `select coalesce(sum(times), 0)::int from notifications where kind = 'follow-up due' and member_id = $1`, int64(m))
}

func remind(t testing.TB, d *fixture.Desk) {
	t.Helper()
	_, err := d.FollowUps.Remind(t.Context())
	must(t, err)
}

func TestAFollowUpFromBeginningToEnd(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	ctx := t.Context()
	n := d.Case()
	before := d.Snapshot(n)
	call := add(t, d, n, "  Call \n her ", time.Hour, d.Ben.Member)
	add(t, d, n, "Ask the maker", 48*time.Hour, d.Ana.Member)
	same(t, "everybody's", []string{"Call her", "Ask the maker"}, notes(t, d, d.Viewer, followup.ListInput{Everybody: true}))
	same(t, "ben's, due", []string(nil), notes(t, d, d.Ben, followup.ListInput{DueOnly: true}))
	remind(t, d)
	d.Clock.Advance(2 * time.Hour)
	same(t, "ben's, due", []string{"Call her"}, notes(t, d, d.Ben, followup.ListInput{DueOnly: true}))
	same(t, "ana's, due", []string(nil), notes(t, d, d.Ana, followup.ListInput{DueOnly: true}))
	if due(t, d, d.Ben) != 1 || due(t, d, d.Ana) != 0 {
		t.Errorf("due: ben %d, ana %d", due(t, d, d.Ben), due(t, d, d.Ana))
	}
	remind(t, d)
	remind(t, d)
	if told(d, d.Ben.Member) != 1 || told(d, d.Ana.Member) != 0 {
		t.Errorf("told: ben %d, ana %d", told(d, d.Ben.Member), told(d, d.Ana.Member))
	}
	must(t, d.FollowUps.Change(ctx, d.Ben, n, call, followup.Input{Note: "Call her again", DueAt: d.Clock.Now().Add(time.Hour), Assignee: d.Ben.Member}))
	d.Clock.Advance(2 * time.Hour)
	remind(t, d)
	if told(d, d.Ben.Member) != 2 {
		t.Error("one that was put off is not told of again")
	}
	for range 2 {
		must(t, d.FollowUps.Finish(ctx, d.Ben, n, call, true))
	}
	same(t, "ben's", []string(nil), notes(t, d, d.Ben, followup.ListInput{}))
	must(t, d.FollowUps.Finish(ctx, d.Ben, n, call, false))
	same(t, "ben's after all", []string{"Call her again"}, notes(t, d, d.Ben, followup.ListInput{}))
	must(t, d.FollowUps.Remove(ctx, d.Ben, n, call))
	c, err := d.Cases.Get(ctx, d.Ana, n)
	must(t, err)
	left, err := d.FollowUps.OfCase(ctx, d.Ana, c.Case)
	must(t, err)
	if len(left) != 1 || left[0].Note != "Ask the maker" || left[0].CreatedByName == "" {
		t.Errorf("%+v", left)
	}
	besides := slices.DeleteFunc(d.Snapshot(n), func(row string) bool { return strings.HasPrefix(row, "follow-up ") })
	same(t, "the case itself", before, besides)
	trail := slices.DeleteFunc(d.Trail(n), func(action string) bool { return !strings.HasPrefix(action, "case.follow-up") })
	same(t, "trail", []string{"case.follow-up added", "case.follow-up added", "case.follow-up changed", "case.follow-up done",
		"case.follow-up open again", "case.follow-up removed"}, trail)
}

func TestTheSameFollowUpTwiceIsOne(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	n := d.Case()
	first := add(t, d, n, "Call back", time.Hour, d.Ben.Member)
	if again := add(t, d, n, " Call  back", time.Hour, d.Ben.Member); again != first {
		t.Errorf("the same form made %d and %d", first, again)
	}
	if later := add(t, d, n, "Call back", 2*time.Hour, d.Ben.Member); later == first {
		t.Error("another time is no other follow-up")
	}
	must(t, d.FollowUps.Finish(t.Context(), d.Ana, n, first, true))
	if anew := add(t, d, n, "Call back", time.Hour, d.Ben.Member); anew == first {
		t.Error("what is done cannot be begun anew")
	}
}

func TestFollowUpsRestWithTheirCase(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	ctx := t.Context()
	n, spam := d.Case(), d.Case()
	id := add(t, d, n, "Call her", time.Hour, d.Ana.Member)
	add(t, d, spam, "Look again", time.Hour, d.Ana.Member)
	d.Clock.Advance(2 * time.Hour)
	_, err := d.Cases.MarkSpam(ctx, d.Ana, spam)
	must(t, err)
	d.Delete(n)
	same(t, "all", []string(nil), notes(t, d, d.Ana, followup.ListInput{Everybody: true}))
	remind(t, d)
	if due(t, d, d.Ana) != 0 || told(d, d.Ana.Member) != 0 {
		t.Error("follow-ups of hidden cases are due")
	}
	wants(t, d.FollowUps.Finish(ctx, d.Ana, n, id, true), errs.Conflict, "finishing one of a deleted case")
	_, err = d.Cases.Restore(ctx, d.Ana, cases.RestoreInput{Number: n})
	must(t, err)
	remind(t, d)
	if due(t, d, d.Ana) != 1 || told(d, d.Ana.Member) != 1 {
		t.Errorf("after the restore %d are due, told %d", due(t, d, d.Ana), told(d, d.Ana.Member))
	}
	d.Delete(n)
	d.Clock.Advance(8 * fixture.Day)
	_, err = d.Retention.Purge(ctx)
	must(t, err)
	if left := fixture.One[int](d, `select count(*) from followups`); left != 1 {
		t.Errorf("%d follow-ups are left", left)
	}
}

func TestWhoMayNotAndWhatIsWrong(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	ctx := t.Context()
	n := d.Case()
	good := followup.Input{Note: "x", DueAt: d.Clock.Now().Add(time.Hour), Assignee: d.Ana.Member}
	try := func(by access.Actor, change func(*followup.Input)) error {
		in := good
		if change != nil {
			change(&in)
		}
		_, err := d.FollowUps.Add(ctx, by, n, in)
		return err
	}
	wants(t, try(d.Viewer, nil), errs.Forbidden, "a viewer")
	wants(t, try(d.In(fixture.Workspace(t, d.DB)).Owner, nil), errs.NotFound, "another workspace")
	for what, change := range map[string]func(*followup.Input){
		"no note":            func(in *followup.Input) { in.Note = " \n" },
		"a long note":        func(in *followup.Input) { in.Note = strings.Repeat("ä", 501) },
		"no time":            func(in *followup.Input) { in.DueAt = time.Time{} },
		"last year":          func(in *followup.Input) { in.DueAt = d.Clock.Now().Add(-300 * fixture.Day) },
		"nobody":             func(in *followup.Input) { in.Assignee = 0 },
		"a viewer to do it":  func(in *followup.Input) { in.Assignee = d.Viewer.Member },
		"in the far, far on": func(in *followup.Input) { in.DueAt = d.Clock.Now().Add(6000 * fixture.Day) },
	} {
		wants(t, try(d.Ana, change), errs.Invalid, what)
	}
}

// TestAFollowUpOfSomebodyWhoLeft is passed on: to whom the case is assigned to, else to whoever made it, else to the owner.
func TestAFollowUpOfSomebodyWhoLeft(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	assigned, unassigned := d.Receive(fixture.Mail{}), d.Receive(fixture.Mail{})
	_, err := d.Cases.Update(t.Context(), d.Owner, assigned, cases.UpdateInput{Assignee: &d.Ana.Member})
	must(t, err)
	for what, by := range map[string]access.Actor{"the admin's": d.Admin, "ben's": d.Ben} {
		for _, n := range []cases.Number{assigned, unassigned} {
			_, err := d.FollowUps.Add(t.Context(), by, n, followup.Input{Note: what, DueAt: d.Clock.Now().Add(time.Hour), Assignee: d.Ben.Member})
			must(t, err)
		}
	}
	d.Exec(`update members set deactivated_at = $2 where id = $1`, int64(d.Ben.Member), d.Clock.Now())
	d.Clock.Advance(2 * time.Hour)
	remind(t, d)
	remind(t, d)
	for who, m := range map[string]access.Actor{"ana": d.Ana, "admin": d.Admin, "owner": d.Owner} {
		want := map[string][]string{"ana": {"ben's", "the admin's"}, "admin": {"the admin's"}, "owner": {"ben's"}}[who]
		list := notes(t, d, m, followup.ListInput{DueOnly: true})
		slices.Sort(list)
		same(t, who+"'s", want, list)
		if told(d, m.Member) != len(want) || due(t, d, m) != len(want) {
			t.Errorf("%s was told of %d, counts %d", who, told(d, m.Member), due(t, d, m))
		}
	}
	// And those that somebody had been told of before they left.
	d.Exec(`update members set deactivated_at = $2 where id = $1`, int64(d.Ana.Member), d.Clock.Now())
	remind(t, d)
	if n := told(d, d.Admin.Member) + told(d, d.Owner.Member); n != 4 {
		t.Errorf("%d are told of after the second left", n)
	}
	if trail := d.Trail(assigned); trail[len(trail)-1] != "case.follow-up passed on" {
		t.Error(trail)
	}
}

// TestManyProcessesRemindOnce: each follow-up is told of once, however many sweeps run.
func TestManyProcessesRemindOnce(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	n := d.Case()
	for i := range 20 {
		add(t, d, n, fmt.Sprint("x", i), time.Minute, d.Ben.Member)
	}
	d.Clock.Advance(time.Hour)
	var wait sync.WaitGroup
	for range 4 {
		wait.Go(func() {
			if _, err := d.FollowUps.Remind(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
	wait.Wait()
	if told(d, d.Ben.Member) != 20 {
		t.Errorf("told of %d", told(d, d.Ben.Member))
	}
}

func TestListsPageByKeyFromAnIndex(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	n := d.Case()
	var want []string
	for i := range 7 {
		want = append(want, string(rune('a'+i)))
		add(t, d, n, want[i], time.Duration(i/2+1)*time.Hour, d.Ben.Member)
	}
	var got []string
	in := followup.ListInput{Size: 3}
	for {
		page, err := d.FollowUps.List(t.Context(), d.Ben, in)
		must(t, err)
		for _, f := range page.Rows {
			got = append(got, f.Note)
		}
		if page.Next == nil {
			break
		}
		in.After = page.Next
	}
	same(t, "all pages", want, got)
	d.Exec(`insert into followups (workspace_id, case_id, note, due_at, assignee_id, created_by, created_at)
		select f.workspace_id, f.case_id, f.note, f.due_at + i * interval '1 minute', case when i % 50 = 0 then f.assignee_id else $1 end, f.created_by, f.created_at
		from followups f, generate_series(1, 2000) i`, int64(d.Ana.Member))
	d.Exec(`analyze followups`)
	must(t, d.DB.ReadWorkspace(t.Context(), d.ID(), func(tx pgx.Tx) error {
		for what, in := range map[string]followup.ListInput{"mine": {Size: 50}, "due": {Size: 50, DueOnly: true}, "all": {Size: 50, Everybody: true}, "after": {Size: 50, After: in.After}} {
			query, args := in.IDs(d.Ben, d.Clock.Now())
			if p := plan.Of(t, tx, query, args); len(p.Bad()) > 0 {
				t.Errorf("%s: %v\n%s", what, p.Bad(), p)
			}
		}
		return nil
	}))
}

// TestWhatIsToBeDoneForAContact is of their other live cases, the latest first.
func TestWhatIsToBeDoneForAContact(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	ctx := t.Context()
	here, there, hidden := d.Receive(fixture.Mail{}), d.Receive(fixture.Mail{}), d.Receive(fixture.Mail{})
	stranger := d.Receive(fixture.Mail{From: "stranger@customer.test"})
	for note, n := range map[string]cases.Number{"here": here, "hidden": hidden, "a stranger's": stranger} {
		add(t, d, n, note, time.Hour, d.Ben.Member)
	}
	add(t, d, there, "soon", time.Hour, d.Ben.Member)
	add(t, d, there, "later", 48*time.Hour, d.Ben.Member)
	must(t, d.FollowUps.Finish(ctx, d.Ben, there, add(t, d, there, "done", time.Hour, d.Ben.Member), true))
	d.Delete(hidden)
	c, err := d.Cases.Get(ctx, d.Ana, here)
	must(t, err)
	list, err := d.FollowUps.OpenOfContact(ctx, d.Viewer, c.Case, 10)
	must(t, err)
	var found []string
	for _, f := range list {
		found = append(found, f.Note)
	}
	same(t, "follow-ups", []string{"later", "soon"}, found)
	list, err = d.FollowUps.OpenOfContact(ctx, d.Ana, c.Case, 1)
	if err != nil || len(list) != 1 || list[0].CaseNumber != there {
		t.Errorf("%+v %v", list, err)
	}
	_, err = d.FollowUps.OpenOfContact(ctx, d.Staff, c.Case, 10)
	wants(t, err, errs.Forbidden, "support staff")
}
