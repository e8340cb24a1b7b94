package inactivity_test

import (
	"slices"
	"testing"
	"time"

	"caseward/internal/desk/cases"
	"caseward/internal/desk/notify"
	"caseward/internal/testkit/fixture"
)

// closed is a case of Ben's that somebody has just closed.
func closed(t *testing.T, d *fixture.Desk) (cases.Number, fixture.Mail) {
	t.Helper()
	n, m := mail(t, d)
	must2[cases.Case](t)(d.Cases.Update(t.Context(), d.Ana, n, cases.UpdateInput{Assignee: &d.Ben.Member}))
	setStatus(t, d, n, cases.Closed)
	return n, m
}

// follows is the case that a case follows; 0: none.
func follows(d *fixture.Desk, n cases.Number) cases.Number {
	list := fixture.Rows[cases.Number](d, `select o.number from case_links l join cases c on c.id = l.case_id join cases o on o.id = l.follows_id
		where c.workspace_id = $1 and c.number = $2`, d.ID(), n)
	if len(list) == 0 {
		return 0
	}
	return list[0]
}

// TestAnAnswerWithinTheWindow: "If a customer replies within the configured timeframe (the default is 4 days), the case will
// automatically reopen", and goes to "the same agent who last worked on it".
func TestAnAnswerWithinTheWindow(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	n, m := closed(t, d)
	d.Clock.Advance(4 * day)
	must(t, d.Routing.Here(t.Context(), d.Ben))
	if got := answer(d, m); got != n || status(d, n) != cases.Open {
		t.Errorf("the answer is in case %d, the case is %s", got, status(d, n))
	}
	if who := fixture.One[int64](d, `select assignee_id from cases where number = $1`, n); who != int64(d.Ben.Member) {
		t.Error("it is not with who had it")
	}
	told := fixture.Rows[notify.Kind](d, `select kind from notifications where member_id = $1 order by id`, d.Ben.Member)
	same(t, "the assignee was told of", []notify.Kind{notify.Assigned, notify.Replied}, told)
}

// TestAnAnswerToAnAutoClosedCase opens it like any other, and the clock begins anew.
func TestAnAnswerToAnAutoClosedCase(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	set(t, d, rules())
	d.Clock.Advance(time.Minute)
	n, m := mail(t, d)
	d.Clock.Advance(2 * day)
	closes(t, d, n, "at the threshold")
	d.Clock.Advance(day)
	answer(d, m)
	stays(t, d, n, "just answered")
	d.Clock.Advance(2 * day)
	closes(t, d, n, "at the threshold again")
}

// TestBackToTheQueue: who had it works no cases any more.
func TestBackToTheQueue(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	n, m := closed(t, d)
	must(t, d.Members.Deactivate(t.Context(), d.Owner, d.Ben.Member))
	d.Exec(`update cases set assignee_id = $1 where number = $2`, d.Ben.Member, n)
	answer(d, m)
	if status(d, n) != cases.Open || fixture.One[int](d, `select count(assignee_id) from cases where number = $1`, n) != 0 {
		t.Error("it is not open and unassigned")
	}
	if !slices.Contains(feed(d, n), cases.ActAssigned) {
		t.Error("the feed does not say so")
	}
}

// TestAnAnswerTooLate begins a new case that follows the old one; further answers go on there, as long as it takes them.
func TestAnAnswerTooLate(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	n, m := closed(t, d)
	d.Clock.Advance(4*day + time.Second)
	second := answer(d, m)
	if second == n || status(d, n) != cases.Closed || follows(d, second) != n {
		t.Fatalf("the answer is in case %d, which follows %d; the old one is %s", second, follows(d, second), status(d, n))
	}
	if count(feed(d, second), cases.ActFollows) != 1 || count(feed(d, n), cases.ActFollowedBy) != 1 {
		t.Errorf("the feeds are %v and %v", feed(d, second), feed(d, n))
	}
	if got := answer(d, m); got != second {
		t.Errorf("another answer to the old mail is in case %d, not in %d", got, second)
	}
	setStatus(t, d, second, cases.Closed)
	d.Clock.Advance(day)
	if got := answer(d, m); got != second || status(d, second) != cases.Open {
		t.Errorf("within its own window it is in case %d", got)
	}
	setStatus(t, d, second, cases.Closed)
	d.Clock.Advance(5 * day)
	third := answer(d, m)
	if follows(d, third) != second {
		t.Errorf("case %d follows %d, not %d", third, follows(d, third), second)
	}
	setStatus(t, d, n, cases.Open)
	if got := answer(d, m); got != n {
		t.Errorf("somebody opened the old one by hand, and the answer is in case %d", got)
	}
}

// TestCasesThatFollowEachOtherInACircle: the third was merged into the first. The answer begins a case, and does not look for ever.
func TestCasesThatFollowEachOtherInACircle(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	first, m := closed(t, d)
	d.Clock.Advance(5 * day)
	second := answer(d, m)
	setStatus(t, d, second, cases.Closed)
	d.Clock.Advance(5 * day)
	third := answer(d, m)
	must2[cases.Case](t)(d.Messages.Merge(t.Context(), d.Ana, third, first))
	setStatus(t, d, first, cases.Open)
	setStatus(t, d, first, cases.Closed)
	d.Clock.Advance(5 * day)
	if got := answer(d, m); got == first || got == second || got == third {
		t.Errorf("the answer is in case %d, want a new one", got)
	}
}

// TestTheWindowIsChosen: longer, and off, where every answer to a closed case begins a new one.
func TestTheWindowIsChosen(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	setReopen(t, d, 10*24, false)
	n, m := closed(t, d)
	d.Clock.Advance(10 * day)
	if got := answer(d, m); got != n {
		t.Errorf("within ten days it is in case %d", got)
	}
	setStatus(t, d, n, cases.Closed)
	setReopen(t, d, 0, false)
	if got := answer(d, m); follows(d, got) != n {
		t.Errorf("switched off, the answer is in case %d, which follows %d", got, follows(d, got))
	}
}

// TestAutomaticMailNeverReopens, and begins no case.
func TestAutomaticMailNeverReopens(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	n, m := closed(t, d)
	auto := func(m *fixture.Mail) { m.Header = []string{"Auto-Submitted: auto-replied"} }
	for _, after := range []time.Duration{day, 5 * day} {
		d.Clock.Advance(after)
		if got := answer(d, m, auto); got != n || status(d, n) != cases.Closed {
			t.Errorf("the automatic answer is in case %d, the case is %s", got, status(d, n))
		}
	}
}

// TestHiddenCasesKeepTheirRules: an answer restores and opens a deleted case, however long it was closed, and one in spam
// stays there.
func TestHiddenCasesKeepTheirRules(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	setReopen(t, d, 1, true)
	deleted, m := closed(t, d)
	spam, ms := closed(t, d)
	d.Delete(deleted)
	must2[cases.Case](t)(d.Cases.MarkSpam(t.Context(), d.Ana, spam))
	d.Clock.Advance(5 * day)
	thanks := func(m *fixture.Mail) { m.Body = "Thanks!" }
	if got := answer(d, m, thanks); got != deleted || status(d, deleted) != cases.Open {
		t.Errorf("the answer is in case %d, the deleted one is %s", got, status(d, deleted))
	}
	if got := answer(d, ms); got != spam {
		t.Errorf("the answer to spam is in case %d", got)
	}
}

// TestThanksLeaveItClosed where the workspace wants that; what is more than thanks opens it.
func TestThanksLeaveItClosed(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	say := func(text string) func(*fixture.Mail) { return func(m *fixture.Mail) { m.Body = text } }
	n, m := closed(t, d)
	if answer(d, m, say("Thanks!")); status(d, n) != cases.Open {
		t.Error("thanks left it closed though nobody asked for that")
	}
	setReopen(t, d, 96, true)
	setStatus(t, d, n, cases.Closed)
	if got := answer(d, m, say("Thanks a lot for the quick help!\r\n\r\nBest regards\r\nMara")); got != n || status(d, n) != cases.Closed {
		t.Errorf("thanks are in case %d, which is %s", got, status(d, n))
	}
	if !slices.Contains(feed(d, n), cases.ActCourtesy) {
		t.Error("the feed does not say why it stayed closed")
	}
	d.Clock.Advance(30 * day)
	if got := answer(d, m, say("Thank you")); got != n || status(d, n) != cases.Closed {
		t.Errorf("late thanks are in case %d, which is %s", got, status(d, n))
	}
	setStatus(t, d, n, cases.Open)
	setStatus(t, d, n, cases.Closed)
	if answer(d, m, say("Thanks, but it still drips.")); status(d, n) != cases.Open {
		t.Error("a report left it closed")
	}
}

// TestAFollowedCaseGoes: the link goes with either case, and the other one stays.
func TestAFollowedCaseGoes(t *testing.T) {
	t.Parallel()
	for name, which := range map[string]int{"the old one": 0, "the new one": 1} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := fixture.NewDesk(t)
			n, m := closed(t, d)
			d.Clock.Advance(5 * day)
			both := []cases.Number{n, answer(d, m)}
			d.Delete(both[which])
			d.Clock.Advance(8 * day)
			must2[string](t)(d.Retention.Purge(t.Context()))
			if n := fixture.One[int](d, `select count(*) from case_links`); n != 0 {
				t.Error("the link is still there")
			}
			if n := fixture.One[int](d, `select count(*) from cases`); n != 1 {
				t.Errorf("%d cases are left", n)
			}
		})
	}
}
