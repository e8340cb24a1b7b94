package inactivity_test

import (
	"sync"
	"testing"
	"time"

	"caseward/internal/desk/access"
	"caseward/internal/desk/cases"
	"caseward/internal/desk/followup"
	"caseward/internal/desk/inactivity"
	"caseward/internal/desk/message"
	"caseward/internal/desk/rating"
	"caseward/internal/platform/db"
	"caseward/internal/testkit/fixture"
	"caseward/internal/testkit/testdb"
)

// TestOffByDefault: "Auto Close is off by default."
func TestOffByDefault(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	n, _ := mail(t, d)
	d.Clock.Advance(400 * day)
	stays(t, d, n, "nobody has switched it on")
	if line := run(t, d); line != "closed 0 inactive cases" {
		t.Errorf("it says %q", line)
	}
}

// TestAtTheThreshold: "When that threshold is reached, the case is automatically closed."
func TestAtTheThreshold(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	set(t, d, rules())
	d.Clock.Advance(time.Minute)
	n, _ := mail(t, d)
	d.Clock.Advance(48*time.Hour - time.Second)
	stays(t, d, n, "a second before")
	d.Clock.Advance(time.Second)
	if line := run(t, d); line != "closed 1 inactive cases" {
		t.Errorf("it says %q", line)
	}
	c := must2[cases.Details](t)(d.Cases.Get(t.Context(), d.Ana, n))
	if c.Status != cases.Closed || c.ClosedAt == nil || !c.ClosedAt.Equal(d.Clock.Now()) {
		t.Errorf("it is %s since %v", c.Status, c.ClosedAt)
	}
	if !c.LastActivityAt.Equal(d.Clock.Now().Add(-48 * time.Hour)) {
		t.Error("being closed moved its place in the list")
	}
}

// TestTheBoundsOfTheThreshold: "The minimum is 1 hour. The maximum is 21 days."
func TestTheBoundsOfTheThreshold(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	for _, hours := range []int{1, 504} {
		set(t, d, rules(func(in *inactivity.AutoCloseInput) { in.Hours = hours }))
		d.Clock.Advance(time.Minute)
		n, _ := mail(t, d)
		d.Clock.Advance(time.Duration(hours)*time.Hour - time.Second)
		stays(t, d, n, "before the threshold")
		d.Clock.Advance(time.Second)
		closes(t, d, n, "at the threshold")
	}
}

// TestHoursAreHours: over the end of daylight saving time two days are 48 hours, not until the same time on the wall.
func TestHoursAreHours(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	lisbon, err := time.LoadLocation("Europe/Lisbon")
	must(t, err)
	d.Exec(`update workspaces set time_zone = 'Europe/Lisbon' where id = $1`, d.ID())
	set(t, d, rules())
	start := time.Date(2026, 10, 24, 12, 0, 0, 0, lisbon) // the clocks go back in the night that follows
	d.Clock.Advance(start.Sub(d.Clock.Now()))
	n, _ := mail(t, d)
	wall := time.Date(2026, 10, 26, 11, 0, 0, 0, lisbon)
	if wall.Sub(start) != 48*time.Hour {
		t.Fatal("the clocks do not change in between")
	}
	d.Clock.Advance(48*time.Hour - time.Second)
	stays(t, d, n, "a second before 48 hours")
	d.Clock.Advance(time.Second)
	closes(t, d, n, "after 48 hours")
}

// TestWhatStartsTheClockAnew: "No inbound messages. No outbound messages. No changes to the case status."
func TestWhatStartsTheClockAnew(t *testing.T) {
	t.Parallel()
	for name, act := range map[string]func(*testing.T, *fixture.Desk, cases.Number, fixture.Mail){
		"a message of the customer": func(_ *testing.T, d *fixture.Desk, _ cases.Number, m fixture.Mail) { answer(d, m) },
		"a reply": func(t *testing.T, d *fixture.Desk, n cases.Number, _ fixture.Mail) {
			t.Helper()
			reply(t, d, n)
		},
		"a change of the status": func(t *testing.T, d *fixture.Desk, n cases.Number, _ fixture.Mail) {
			t.Helper()
			setStatus(t, d, n, cases.Pending)
		},
		"the end of a snooze": func(t *testing.T, d *fixture.Desk, n cases.Number, _ fixture.Mail) {
			t.Helper()
			must2[cases.Case](t)(d.Cases.Snooze(t.Context(), d.Ana, n, d.Clock.Now().Add(time.Hour)))
			d.Clock.Advance(time.Hour)
			must2[string](t)(d.Cases.WakeDue(t.Context()))
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := fixture.NewDesk(t)
			set(t, d, rules())
			d.Clock.Advance(time.Minute)
			n, m := mail(t, d)
			d.Clock.Advance(47 * time.Hour)
			act(t, d, n, m)
			d.Clock.Advance(48*time.Hour - time.Second)
			stays(t, d, n, "before the threshold, counted anew")
			d.Clock.Advance(time.Second)
			closes(t, d, n, "at the threshold, counted anew")
		})
	}
}

// TestWhatLeavesTheClockAlone: "logging an internal comment, applying a tag, or even re-assigning a case", and what else is
// no message and no change of the status.
func TestWhatLeavesTheClockAlone(t *testing.T) {
	t.Parallel()
	for name, act := range map[string]func(*testing.T, *fixture.Desk, cases.Number, fixture.Mail){
		"a note": func(t *testing.T, d *fixture.Desk, n cases.Number, _ fixture.Mail) {
			t.Helper()
			must2[message.ID](t)(d.Messages.Note(t.Context(), d.Ana, message.NoteInput{Number: n, Body: "Hm."}))
		},
		"a tag": func(t *testing.T, d *fixture.Desk, n cases.Number, _ fixture.Mail) {
			t.Helper()
			must2[cases.Case](t)(d.Cases.SetTags(t.Context(), d.Ana, n, []string{"tap"}))
		},
		"another assignee": func(t *testing.T, d *fixture.Desk, n cases.Number, _ fixture.Mail) {
			t.Helper()
			must2[cases.Case](t)(d.Cases.Update(t.Context(), d.Ana, n, cases.UpdateInput{Assignee: &d.Ben.Member}))
		},
		"a follow-up": func(t *testing.T, d *fixture.Desk, n cases.Number, _ fixture.Mail) {
			t.Helper()
			must2[followup.ID](t)(d.FollowUps.Add(t.Context(), d.Ana, n, followup.Input{Note: "x", DueAt: d.Clock.Now().Add(day), Assignee: d.Ana.Member}))
		},
		"an automatic answer": func(_ *testing.T, d *fixture.Desk, _ cases.Number, m fixture.Mail) {
			answer(d, m, func(m *fixture.Mail) { m.Header = []string{"Auto-Submitted: auto-replied"} })
		},
		"deleting and restoring": func(t *testing.T, d *fixture.Desk, n cases.Number, _ fixture.Mail) {
			t.Helper()
			d.Delete(n)
			must2[cases.Restored](t)(d.Cases.Restore(t.Context(), d.Ana, cases.RestoreInput{Number: n}))
		},
		"the status that it has": func(t *testing.T, d *fixture.Desk, n cases.Number, _ fixture.Mail) {
			t.Helper()
			setStatus(t, d, n, cases.Open)
		},
		"the job itself": func(t *testing.T, d *fixture.Desk, _ cases.Number, _ fixture.Mail) {
			t.Helper()
			run(t, d)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := fixture.NewDesk(t)
			set(t, d, rules())
			d.Clock.Advance(time.Minute)
			n, m := mail(t, d)
			d.Clock.Advance(47 * time.Hour)
			act(t, d, n, m)
			d.Clock.Advance(time.Hour)
			closes(t, d, n, "at the threshold")
		})
	}
}

// TestOnlyChosenStatuses: "Select which case statuses Auto Close should apply to."
func TestOnlyChosenStatuses(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	set(t, d, rules(func(in *inactivity.AutoCloseInput) { in.Statuses = []cases.Status{cases.Pending} }))
	d.Clock.Advance(time.Minute)
	open, _ := mail(t, d)
	held, _ := mail(t, d)
	setStatus(t, d, held, cases.OnHold)
	pending, _ := mail(t, d)
	setStatus(t, d, pending, cases.Pending)
	d.Clock.Advance(3 * day)
	stays(t, d, open, "open is not chosen")
	stays(t, d, held, "on hold is not chosen")
	closes(t, d, pending, "pending is")
	// "Auto Close applies across all queues."
	set(t, d, rules(func(in *inactivity.AutoCloseInput) { in.Statuses = []cases.Status{cases.Open, cases.OnHold} }))
	queue := fixture.One[int64](d, `insert into queues (workspace_id, name, created_at) values ($1, 'Other', now()) returning id`, d.ID())
	must2[cases.Case](t)(d.Cases.Update(t.Context(), d.Ana, open, cases.UpdateInput{Queue: &queue}))
	closes(t, d, open, "it is in another queue")
	closes(t, d, held, "on hold is chosen now")
}

// TestCasesFromBefore: "existing cases will not be auto closed unless new qualified activity occurs after the feature is
// enabled." Off and on again is anew.
func TestCasesFromBefore(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	old, m := mail(t, d)
	set(t, d, rules())
	d.Clock.Advance(30 * day)
	stays(t, d, old, "from before")
	must2[message.ID](t)(d.Messages.Note(t.Context(), d.Ana, message.NoteInput{Number: old, Body: "A note is no activity."}))
	d.Clock.Advance(30 * day)
	stays(t, d, old, "from before, with a note")
	answer(d, m)
	d.Clock.Advance(day)
	set(t, d, rules(func(in *inactivity.AutoCloseInput) { in.On = false }))
	d.Clock.Advance(day)
	stays(t, d, old, "switched off")
	set(t, d, rules())
	d.Clock.Advance(30 * day)
	stays(t, d, old, "from before it was switched on again")
	reply(t, d, old)
	d.Clock.Advance(2 * day)
	closes(t, d, old, "after new activity")
}

// TestAnotherThreshold: "Cases closed under the previous setting remain closed"; a shorter one applies "in the next scheduled
// auto close job".
func TestAnotherThreshold(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	hours := func(n int) inactivity.AutoCloseInput {
		return rules(func(in *inactivity.AutoCloseInput) { in.Hours = n })
	}
	set(t, d, hours(48))
	d.Clock.Advance(time.Minute)
	first, _ := mail(t, d)
	d.Clock.Advance(2 * day)
	closes(t, d, first, "under the first setting")
	second, _ := mail(t, d)
	d.Clock.Advance(day)
	set(t, d, hours(96))
	d.Clock.Advance(2 * day)
	stays(t, d, second, "under the longer threshold")
	if status(d, first) != cases.Closed {
		t.Error("a longer threshold opened what was closed")
	}
	set(t, d, hours(24))
	closes(t, d, second, "the next run after a shorter one")
}

// TestNeverHidden: deleted, spam, merged and snoozed cases are left alone.
func TestNeverHidden(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	set(t, d, rules())
	d.Clock.Advance(time.Minute)
	ctx := t.Context()
	deleted, _ := mail(t, d)
	spam, _ := mail(t, d)
	snoozed, _ := mail(t, d)
	merged, _ := mail(t, d)
	target, _ := mail(t, d)
	d.Delete(deleted)
	must2[cases.Case](t)(d.Cases.MarkSpam(ctx, d.Ana, spam))
	must2[cases.Case](t)(d.Cases.Snooze(ctx, d.Ana, snoozed, d.Clock.Now().Add(100*day)))
	must2[cases.Case](t)(d.Messages.Merge(ctx, d.Ana, merged, target))
	d.Clock.Advance(6 * day)
	if line := run(t, d); line != "closed 1 inactive cases" {
		t.Errorf("it says %q", line)
	}
	for _, n := range []cases.Number{deleted, spam, snoozed, merged} {
		if s := status(d, n); s == cases.Closed {
			t.Errorf("case %d was closed", n)
		}
	}
}

// TestTheTraceItLeaves: "closed due to inactivity along with the timestamp", the audit trail, no notice to anybody, and the
// credit to "the agent assigned at the time".
func TestTheTraceItLeaves(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	set(t, d, rules())
	d.Clock.Advance(time.Minute)
	mine, _ := mail(t, d)
	nobodys, _ := mail(t, d)
	must2[cases.Case](t)(d.Cases.Update(t.Context(), d.Owner, mine, cases.UpdateInput{Assignee: &d.Ben.Member}))
	told := fixture.One[int](d, `select coalesce(sum(times), 0)::int from notifications`)
	d.Clock.Advance(2 * day)
	run(t, d)
	events := fixture.Rows[string](d, `select c.number || ' ' || a.actor_kind || ' ' || coalesce(a.data->>'assignee', 'nobody') || ' ' || (a.data->>'from')
		from activities a join cases c on c.id = a.case_id where a.kind = 'closed due to inactivity' and a.created_at = $1 order by c.number`, d.Clock.Now())
	same(t, "the feed", []string{
		numberText(mine) + " job " + memberText(d.Ben.Member) + " open", numberText(nobodys) + " job nobody open",
	}, events)
	if got := fixture.One[int](d, `select count(*) from audit_entries where action = 'case.closed due to inactivity' and actor_kind = 'job' and actor_job = 'autoclose'`); got != 2 {
		t.Errorf("%d entries in the audit trail", got)
	}
	if now := fixture.One[int](d, `select coalesce(sum(times), 0)::int from notifications`); now != told {
		t.Error("somebody was told")
	}
	if n := fixture.One[int](d, `select count(*) from outbound_mails`); n != 0 {
		t.Errorf("%d mails to customers", n)
	}
}

// TestThePlanDecides: a workspace whose plan has no Auto Close is left alone, whatever it chose before.
func TestThePlanDecides(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	set(t, d, rules())
	d.Clock.Advance(time.Minute)
	n, _ := mail(t, d)
	d.Clock.Advance(3 * day)
	d.Exec(`update workspaces set plan = 'standard' where id = $1`, d.ID())
	stays(t, d, n, "on standard")
	d.Exec(`update workspaces set plan = 'advanced' where id = $1`, d.ID())
	closes(t, d, n, "on advanced")
}

// TestEachOnce: three processes close the same cases at the same time, each case once.
func TestEachOnce(t *testing.T) {
	t.Parallel()
	url := testdb.NewURL(t)
	open := func() *db.DB {
		d, err := db.Open(t.Context(), url, db.Options{RequestConns: 2, SystemConns: 3})
		must(t, err)
		t.Cleanup(d.Close)
		return d
	}
	d := fixture.DeskOn(t, open())
	set(t, d, rules())
	d.Clock.Advance(time.Minute)
	list := d.Bulk(120)
	d.Clock.Advance(3 * day)
	var wait sync.WaitGroup
	for range 3 {
		s := fixture.New(t, open(), d.Clock.Now)
		s.Inactivity.SetBatch(7)
		wait.Go(func() {
			for range 20 {
				if _, err := s.Inactivity.AutoClose(t.Context()); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wait.Wait()
	once(t, d, list)
}

// once fails unless each case is closed with exactly one line in feed and trail.
func once(t *testing.T, d *fixture.Desk, list []cases.Number) {
	t.Helper()
	wrong := fixture.Rows[cases.Number](d, `select c.number from cases c where c.number = any ($1) and not (c.status = 'closed'
		and 1 = (select count(*) from activities a where a.case_id = c.id and a.kind = 'closed due to inactivity')
		and 1 = (select count(*) from audit_entries e where e.object_kind = 'case' and e.object_id = c.number and e.action = 'case.closed due to inactivity'))`, list)
	if len(wrong) > 0 {
		t.Errorf("%d of %d are not closed exactly once", len(wrong), len(list))
	}
}

// TestOneThatFails does not keep the others.
func TestOneThatFails(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	set(t, d, rules())
	d.Clock.Advance(time.Minute)
	list := d.Bulk(9)
	d.Exec(`create function refuse() returns trigger language plpgsql as $$ begin raise exception 'no'; end $$`)
	d.Exec(`create trigger refuse before update on cases for each row when (old.number = ` + numberText(list[4]) + `) execute function refuse()`)
	d.Clock.Advance(3 * day)
	d.Inactivity.SetBatch(4)
	line, err := d.Inactivity.AutoClose(t.Context())
	if err == nil || line != "closed 8 inactive cases" {
		t.Errorf("it says %q, %v", line, err)
	}
	d.Exec(`drop trigger refuse on cases`)
	run(t, d)
	once(t, d, list)
}

// TestSwitchedOffMeanwhile: nothing is closed after somebody has switched it off, or changed the rule.
func TestSwitchedOffMeanwhile(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	for name, actor := range map[string]access.Actor{"owner": d.Owner, "admin": d.Admin} {
		set(t, d, rules())
		d.Clock.Advance(time.Minute)
		n, _ := mail(t, d)
		d.Clock.Advance(3 * day)
		in := rules(func(in *inactivity.AutoCloseInput) { in.On = false })
		in.Version = must2[inactivity.Settings](t)(d.Inactivity.Get(t.Context(), actor)).Version
		must(t, d.Inactivity.SetAutoClose(t.Context(), actor, in))
		stays(t, d, n, "switched off by the "+name)
	}
}

// TestAskedForARatingOnlyWhereWanted: who answered last, or set the status before, makes no difference.
func TestAskedForARatingOnlyWhereWanted(t *testing.T) {
	t.Parallel()
	for _, survey := range []bool{false, true} {
		d := fixture.NewDesk(t)
		must(t, d.Ratings.SetSettings(t.Context(), d.Admin, rating.Settings{On: true, DelayMinutes: 180}))
		set(t, d, rules(func(in *inactivity.AutoCloseInput) { in.Hours, in.Survey = 1, survey }))
		d.Clock.Advance(time.Minute)
		n := d.Receive(fixture.Mail{})
		pending := cases.Pending
		must2[cases.Case](t)(d.Cases.Update(t.Context(), d.Ana, n, cases.UpdateInput{Status: &pending}))
		for range 5 {
			d.Clock.Advance(time.Hour)
			run(t, d)
			_, err := d.Ratings.Ask(t.Context())
			must(t, err)
		}
		if asked := fixture.One[int](d, `select count(*) from ratings`); asked != map[bool]int{true: 1}[survey] {
			t.Errorf("survey %v: asked %d times", survey, asked)
		}
		if status := fixture.One[string](d, `select status from cases where number = $1`, n); status != "closed" {
			t.Errorf("survey %v: the case is %s", survey, status)
		}
	}
}
