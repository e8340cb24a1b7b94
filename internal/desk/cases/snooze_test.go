package cases_test

import (
	"testing"
	"time"

	"caseward/internal/desk/cases"
	"caseward/internal/platform/errs"
	"caseward/internal/testkit/fixture"
)

func TestSnooze(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	ctx := t.Context()
	first := "first@customer.test"
	n := d.Receive(fixture.Mail{ID: first})
	ana := d.Ana.Member
	_, err := d.Cases.Update(ctx, d.Ana, n, cases.UpdateInput{Assignee: &ana})
	must(t, err)
	before := fixture.One[string](d, `select (to_jsonb(c) - 'clock_from')::text from cases c where number = $1`, n)
	snooze := func(in time.Duration) error {
		_, err := d.Cases.Snooze(ctx, d.Ana, n, d.Clock.Now().Add(in))
		return err
	}
	wants(t, snooze(-time.Second), errs.Invalid, "a time that has passed")
	wants(t, snooze(400*fixture.Day), errs.Invalid, "a time too far ahead")
	_, err = d.Cases.Snooze(ctx, d.Viewer, n, d.Clock.Now().Add(time.Hour))
	wants(t, err, errs.Forbidden, "a viewer")

	must(t, snooze(time.Hour))
	same(t, "snoozed, in", []cases.Filter{cases.Snoozed}, inLists(t, d, d.Ana, n))
	wake(t, d)
	same(t, "before its time, in", []cases.Filter{cases.Snoozed}, inLists(t, d, d.Ana, n))
	d.Clock.Advance(time.Hour)
	wake(t, d)
	same(t, "after its time, in", []cases.Filter{cases.Mine, cases.AllOpen}, inLists(t, d, d.Ana, n))
	same(t, "the case after it", before, fixture.One[string](d, `select (to_jsonb(c) - 'clock_from')::text from cases c where number = $1`, n))
	if told := fixture.One[int](d, `select count(*) from notifications where kind = 'woken' and member_id = $1`, int64(ana)); told != 1 {
		t.Errorf("the assignee is told %d times", told)
	}

	must(t, snooze(time.Hour))
	d.Receive(fixture.Mail{InReplyTo: first, Header: []string{"Auto-Submitted: auto-replied"}})
	same(t, "after an automatic mail, in", []cases.Filter{cases.Snoozed}, inLists(t, d, d.Ana, n))
	d.Receive(fixture.Mail{InReplyTo: first})
	same(t, "after an answer, in", []cases.Filter{cases.Mine, cases.AllOpen}, inLists(t, d, d.Ana, n))

	must(t, snooze(time.Hour))
	d.Delete(n)
	d.Clock.Advance(2 * time.Hour)
	wake(t, d)
	_, err = d.Cases.Restore(ctx, d.Ana, cases.RestoreInput{Number: n})
	must(t, err)
	same(t, "restored, in", []cases.Filter{cases.Snoozed}, inLists(t, d, d.Ana, n))
	wake(t, d)
	same(t, "and after that, in", []cases.Filter{cases.Mine, cases.AllOpen}, inLists(t, d, d.Ana, n))

	must(t, snooze(time.Hour))
	closed := cases.Closed
	_, err = d.Cases.Update(ctx, d.Ana, n, cases.UpdateInput{Status: &closed})
	must(t, err)
	same(t, "closed, in", []cases.Filter{cases.AllClosed}, inLists(t, d, d.Ana, n))
	wants(t, snooze(time.Hour), errs.Conflict, "snoozing a closed case")
}

func wake(t *testing.T, d *fixture.Desk) {
	t.Helper()
	_, err := d.Cases.WakeDue(t.Context())
	must(t, err)
}
