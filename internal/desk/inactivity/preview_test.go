package inactivity_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"caseward/internal/desk/access"
	"caseward/internal/desk/cases"
	"caseward/internal/desk/hold"
	"caseward/internal/desk/inactivity"
	"caseward/internal/platform/errs"
	"caseward/internal/testkit/fixture"
)

func preview(t *testing.T, d *fixture.Desk, in inactivity.AutoCloseInput) inactivity.Preview {
	t.Helper()
	return must2[inactivity.Preview](t)(d.Inactivity.Preview(t.Context(), d.Owner, in))
}

// skipped are the groups of a preview by reason.
func skipped(p inactivity.Preview) map[inactivity.Reason][]cases.Number {
	all := map[inactivity.Reason][]cases.Number{}
	for _, g := range p.Skipped {
		all[g.Reason] = numbers(g.Cases)
	}
	return all
}

// TestThePreviewIsWhatHappens, whatever is typed: what it says would be closed is closed by the next run, and nothing else.
func TestThePreviewIsWhatHappens(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	ctx := t.Context()
	old, _ := mail(t, d)
	d.Clock.Advance(time.Hour)
	set(t, d, rules(func(in *inactivity.AutoCloseInput) { in.Hours = 400 }))
	d.Clock.Advance(time.Minute)
	first, _ := mail(t, d)
	second, _ := mail(t, d)
	setStatus(t, d, second, cases.Pending)
	snoozed, _ := mail(t, d)
	must2[cases.Case](t)(d.Cases.Snooze(ctx, d.Ana, snoozed, d.Clock.Now().Add(100*day)))
	woken, _ := mail(t, d)
	must2[cases.Case](t)(d.Cases.Snooze(ctx, d.Ana, woken, d.Clock.Now().Add(4*day)))
	deleted, _ := mail(t, d)
	d.Delete(deleted)
	spam, _ := mail(t, d)
	must2[cases.Case](t)(d.Cases.MarkSpam(ctx, d.Ana, spam))
	held, _ := mail(t, d)
	setStatus(t, d, held, cases.OnHold)
	legal, _ := mail(t, d)
	must2[hold.ID](t)(d.Holds.Set(ctx, d.Owner, hold.SetInput{Case: legal, Reason: "A dispute", ReviewAt: d.Clock.Now().Add(day)}))
	d.Clock.Advance(4 * day)
	must2[string](t)(d.Cases.WakeDue(ctx))
	fresh, _ := mail(t, d)
	d.Clock.Advance(time.Hour)

	p := preview(t, d, rules())
	same(t, "would be closed", []cases.Number{first, second}, numbers(p.Closes.Cases))
	same(t, "would be skipped", map[inactivity.Reason][]cases.Number{
		inactivity.Before: {old}, inactivity.Snoozed: {snoozed}, inactivity.Resumed: {woken}, inactivity.Held: {legal},
	}, skipped(p))
	if p.Fresh || p.Closes.Count != 2 || p.Closes.More {
		t.Errorf("%+v", p)
	}
	set(t, d, rules())
	if line := run(t, d); line != "closed 2 inactive cases" {
		t.Errorf("it says %q", line)
	}
	var now []cases.Number
	for _, n := range []cases.Number{old, first, second, snoozed, woken, deleted, spam, held, fresh} {
		if status(d, n) == cases.Closed {
			now = append(now, n)
		}
	}
	slices.Sort(now)
	same(t, "was closed", numbers(p.Closes.Cases), now)
	if after := preview(t, d, rules()); after.Closes.Count != 0 {
		t.Errorf("%d more would be closed after it", after.Closes.Count)
	}
}

// TestThePreviewBeforeItIsOn: everything there is now is from before.
func TestThePreviewBeforeItIsOn(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	n, _ := mail(t, d)
	d.Clock.Advance(30 * day)
	p := preview(t, d, rules())
	if !p.Fresh || p.Closes.Count != 0 {
		t.Errorf("%+v", p)
	}
	same(t, "skipped", map[inactivity.Reason][]cases.Number{inactivity.Before: {n}}, skipped(p))
	set(t, d, rules())
	stays(t, d, n, "from before")
}

// TestALargePreviewIsCapped.
func TestALargePreviewIsCapped(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	set(t, d, rules())
	d.Clock.Advance(time.Minute)
	d.Bulk(1003)
	d.Clock.Advance(3 * day)
	p := preview(t, d, rules())
	if p.Closes.Count != 1000 || !p.Closes.More || len(p.Closes.Cases) != 10 {
		t.Errorf("%d, more: %t, %d listed", p.Closes.Count, p.Closes.More, len(p.Closes.Cases))
	}
	if line := run(t, d); line != "closed 1003 inactive cases" {
		t.Errorf("it says %q", line)
	}
}

// TestWhoMaySetItUp: "users must have the Manage Case Settings permission", and the plan must be advanced or enterprise.
func TestWhoMaySetItUp(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	ctx := t.Context()
	granted := fixture.WithGrants(d.Ben, access.ManageSettings)
	small := d.Owner
	small.Plan = access.Standard
	for name, who := range map[string]access.Actor{"ana": d.Ana, "ben": d.Ben, "vera": d.Viewer, "staff": d.Staff, "owner on standard": small} {
		wants(t, d.Inactivity.SetAutoClose(ctx, who, rules()), errs.Forbidden, name+" sets it")
		_, err := d.Inactivity.Preview(ctx, who, rules())
		wants(t, err, errs.Forbidden, name+" previews it")
		if name == "owner on standard" {
			continue // how answers are treated is in every plan
		}
		wants(t, d.Inactivity.SetReopen(ctx, who, inactivity.ReopenInput{}), errs.Forbidden, name+" sets the other")
		_, err = d.Inactivity.Get(ctx, who)
		wants(t, err, errs.Forbidden, name+" reads it")
	}
	if n := fixture.One[int](d, `select count(*) from audit_entries where action = 'workspace.refused'`); n == 0 {
		t.Error("the refusals left no entry")
	}
	must(t, d.Inactivity.SetAutoClose(ctx, granted, rules()))
}

// TestSettings: what is not valid says why; what somebody else changed meanwhile is not overwritten; the trail has it all.
func TestSettings(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	ctx := t.Context()
	for name, change := range map[string]func(*inactivity.AutoCloseInput){
		"no time":                 func(in *inactivity.AutoCloseInput) { in.Hours = 0 },
		"too long":                func(in *inactivity.AutoCloseInput) { in.Hours = 505 },
		"no status":               func(in *inactivity.AutoCloseInput) { in.Statuses = nil },
		"closed":                  func(in *inactivity.AutoCloseInput) { in.Statuses = []cases.Status{cases.Closed} },
		"a placeholder of nobody": func(in *inactivity.AutoCloseInput) { in.SendsMessage, in.Message = true, "Yours, {{agent.name}}" },
		"an empty text":           func(in *inactivity.AutoCloseInput) { in.SendsMessage, in.Message = true, "  " },
		"a text too big":          func(in *inactivity.AutoCloseInput) { in.Message = strings.Repeat("x", 5001) },
	} {
		wants(t, d.Inactivity.SetAutoClose(ctx, d.Owner, rules(change)), errs.Invalid, name)
	}
	for _, hours := range []int{0, 90*24 + 1} {
		wants(t, d.Inactivity.SetReopen(ctx, d.Owner, inactivity.ReopenInput{Hours: &hours}), errs.Invalid, "a window")
	}
	must(t, d.Inactivity.SetAutoClose(ctx, d.Owner, rules()))
	wants(t, d.Inactivity.SetAutoClose(ctx, d.Admin, rules(func(in *inactivity.AutoCloseInput) { in.Hours = 5 })), errs.Conflict, "an older page")
	now := must2[inactivity.Settings](t)(d.Inactivity.Get(ctx, d.Admin))
	if now.ThresholdHours != 48 || !now.On() || now.Version != 1 {
		t.Errorf("%+v", now)
	}
	set(t, d, rules()) // the same again is no change
	setReopen(t, d, 24, true)
	set(t, d, rules(func(in *inactivity.AutoCloseInput) { in.Hours = 5 }))
	set(t, d, rules(func(in *inactivity.AutoCloseInput) { in.On = false }))
	same(t, "the trail", []string{
		"workspace.autoclose.switched on", "workspace.autoreopen.changed", "workspace.autoclose.changed", "workspace.autoclose.switched off",
	}, fixture.Rows[string](d, `select action from audit_entries where action like 'workspace.auto%' order by id`))
}

// TestTheClosingMessage goes to the customer as a mail that no person wrote, moves no clock, and its answer opens the case.
func TestTheClosingMessage(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	set(t, d, rules(func(in *inactivity.AutoCloseInput) {
		in.SendsMessage, in.Message = true, "We have not heard from you, {{ contact.first_name }}, and closed case {{case.number}}. Answer to open it again."
	}))
	d.Clock.Advance(time.Minute)
	n, m := mail(t, d)
	d.Clock.Advance(2 * day)
	closes(t, d, n, "at the threshold")
	sent := fixture.Rows[string](d, `select m.kind || ' ' || m.is_auto || ' ' || m.to_recipients[1] || ' ' || o.state || ' ' || coalesce(p.message_id, '')
		from messages m join outbound_mails o on o.message_id = m.id left join messages p on p.id = m.reply_to_id where m.body_text = 'We have not heard from you, Mara, and closed case ' || $1::bigint || '. Answer to open it again.'`, n)
	same(t, "the mail", []string{"outbound true mara@customer.test queued " + m.ID}, sent)
	if n := fixture.One[int](d, `select count(*) from cases where last_outbound_at is not null`); n != 0 {
		t.Error("it counts as an answer")
	}
	id := fixture.One[string](d, `select message_id from messages where body_text like 'We have not%'`)
	if got := d.Receive(fixture.Mail{From: m.From, InReplyTo: id, Body: "I am still here."}); got != n || status(d, n) != cases.Open {
		t.Errorf("the answer to it is in case %d, which is %s", got, status(d, n))
	}
}

// TestTheOutlookIsWhatHappens: what the page of a case says about it.
func TestTheOutlookIsWhatHappens(t *testing.T) {
	t.Parallel()
	since := fixture.NewClock().Now()
	on := inactivity.Settings{OnSince: &since, ThresholdHours: 48, Statuses: []cases.Status{cases.Open}}
	on.ReopenHours = new(int)
	*on.ReopenHours = 96
	off, never := on, on
	off.OnSince, never.ReopenHours = nil, nil
	last := since.Add(time.Hour)
	later, snooze, closed := since.Add(10*time.Hour), since.Add(50*day), since.Add(2*time.Hour)
	for name, c := range map[string]struct {
		set  inactivity.Settings
		of   cases.Case
		want inactivity.Outlook
	}{
		"off":            {off, cases.Case{Status: cases.Open, LastActivityAt: last}, inactivity.Outlook{Fate: inactivity.StaysOff}},
		"another status": {on, cases.Case{Status: cases.Pending, LastActivityAt: last}, inactivity.Outlook{Fate: inactivity.StaysStatus}},
		"from before":    {on, cases.Case{Status: cases.Open, LastActivityAt: since}, inactivity.Outlook{Fate: inactivity.StaysBefore}},
		"snoozed":        {on, cases.Case{Status: cases.Open, LastActivityAt: last, SnoozedUntil: &snooze}, inactivity.Outlook{Fate: inactivity.StaysSnoozed}},
		"due":            {on, cases.Case{Status: cases.Open, LastActivityAt: last}, inactivity.Outlook{Fate: inactivity.Closes, At: last.Add(48 * time.Hour)}},
		"back":           {on, cases.Case{Status: cases.Open, LastActivityAt: last, ClockFrom: &later}, inactivity.Outlook{Fate: inactivity.Closes, At: later.Add(48 * time.Hour)}},
		"closed":         {off, cases.Case{Status: cases.Closed, ClosedAt: &closed}, inactivity.Outlook{Fate: inactivity.OpensUntil, At: closed.Add(96 * time.Hour)}},
		"closed, never":  {never, cases.Case{Status: cases.Closed, ClosedAt: &closed}, inactivity.Outlook{Fate: inactivity.OpensNoLonger}},
		"closed, unsure": {never, cases.Case{Status: cases.Closed}, inactivity.Outlook{Fate: inactivity.OpensAlways}},
	} {
		same(t, name, c.want, c.set.Outlook(c.of, since.Add(5*time.Hour)))
	}
	if got := on.Outlook(cases.Case{Status: cases.Closed, ClosedAt: &closed}, closed.Add(97*time.Hour)).Fate; got != inactivity.OpensNoLonger {
		t.Errorf("after the window: %s", got)
	}
}
