package message_test

import (
	"slices"
	"testing"
	"time"

	"caseward/internal/desk/bulk"
	"caseward/internal/desk/cases"
	"caseward/internal/desk/message"
	"caseward/internal/platform/errs"
	"caseward/internal/testkit/fixture"
)

// nothing leaves: and what is queued for hidden cases is cancelled by that look.
func nothing(t testing.TB, d *fixture.Desk, what string) {
	t.Helper()
	if m := claim(t, d); m != nil {
		t.Fatalf("%s: a mail of case %d leaves", what, m.Number)
	}
}

// leaves sends the one mail that is due.
func leaves(t testing.TB, d *fixture.Desk, id message.ID, what string) *message.Delivery {
	t.Helper()
	m := claim(t, d)
	if m == nil || m.MessageRow != id {
		t.Fatalf("%s: %+v, want message %d", what, m, id)
	}
	settle(t, d, m, nil)
	nothing(t, d, what)
	return m
}

// TestWhatHidingCancelledIsSentAfterAll: whoever takes a deletion or a mark as spam back had written a reply before.
func TestWhatHidingCancelledIsSentAfterAll(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	ctx := t.Context()
	n := d.Receive(fixture.Mail{})
	restore := func() []string {
		t.Helper()
		r, err := d.Cases.Restore(ctx, d.Ana, cases.RestoreInput{Number: n})
		must(t, err)
		return r.Missing
	}
	id, erased := reply(t, d, n), reply(t, d, n)
	d.Delete(n)
	nothing(t, d, "deleted")
	redact(t, d, d.Owner, message.RedactInput{Message: erased, Body: true})
	d.Clock.Advance(time.Hour)
	if missing := restore(); len(missing) > 0 {
		t.Errorf("it came back without %v", missing)
	}
	if s := state(d, id); s != "queued: " {
		t.Errorf("the thread says %q", s)
	}
	leaves(t, d, id, "restored")

	id = reply(t, d, n)
	_, err := d.Cases.MarkSpam(ctx, d.Ana, n)
	must(t, err)
	nothing(t, d, "in spam")
	d.Delete(n)
	restore()
	nothing(t, d, "restored into spam")
	_, err = d.Cases.NotSpam(ctx, d.Ana, n)
	must(t, err)
	leaves(t, d, id, "not spam")

	id = reply(t, d, n)
	action, err := d.BulkUpdate.Start(ctx, d.Ana, bulk.StartInput{Numbers: []cases.Number{n}, Change: cases.Many{Do: cases.DeleteMany}})
	must(t, err)
	_, err = d.BulkUpdate.Run(ctx)
	must(t, err)
	nothing(t, d, "deleted in bulk")
	must(t, d.BulkUpdate.Undo(ctx, d.Ana, action))
	_, err = d.BulkUpdate.Run(ctx)
	must(t, err)
	leaves(t, d, id, "a bulk update undone")
}

// TestWhatWasCancelledTooLongAgoIsToldOf, once, and stays cancelled.
func TestWhatWasCancelledTooLongAgoIsToldOf(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	ctx := t.Context()
	n := d.Receive(fixture.Mail{})
	id := reply(t, d, n)
	for _, want := range []int{1, 0} {
		d.Delete(n)
		nothing(t, d, "deleted")
		d.Clock.Advance(25 * time.Hour)
		action, err := d.BulkUpdate.Start(ctx, d.Ana, bulk.StartInput{Numbers: []cases.Number{n}, Change: cases.Many{Do: cases.RestoreMany}})
		must(t, err)
		_, err = d.BulkUpdate.Run(ctx)
		must(t, err)
		told, err := d.BulkUpdate.Told(ctx, d.Ana, action, bulk.ToldInput{Size: 10})
		must(t, err)
		if len(told) != want {
			t.Errorf("told %+v", told)
		}
		nothing(t, d, "a day later")
	}
	if s := state(d, id); s != "cancelled: The case was deleted or marked as spam before this was sent." {
		t.Error(s)
	}
	must(t, d.Messages.Resend(ctx, d.Ana, n, fixture.One[int64](d, `select id from outbound_mails`)))
	if trail := d.Trail(n); trail[len(trail)-1] != "case.sent again" {
		t.Error(trail)
	}
	leaves(t, d, id, "sent again")
	wants(t, d.Messages.Resend(ctx, d.Ana, n, fixture.One[int64](d, `select id from outbound_mails`)), errs.Conflict, "what was sent")
	if trail := d.Trail(n); trail[len(trail)-2] == "case.sent again" {
		t.Error(trail)
	}
}

// TestWhatIsOnItsWayOutIsNotSentTwice: its case was deleted and restored while another process was sending.
func TestWhatIsOnItsWayOutIsNotSentTwice(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	n := d.Receive(fixture.Mail{})
	id := reply(t, d, n)
	m := claim(t, d)
	d.Delete(n)
	nothing(t, d, "deleted")
	_, err := d.Cases.Restore(t.Context(), d.Ana, cases.RestoreInput{Number: n})
	must(t, err)
	nothing(t, d, "restored while it is being sent")
	settle(t, d, m, nil)
	if s := state(d, id); s != "sent: " {
		t.Error(s)
	}
}

// TestAMergeLeavesWhatWaitsAsItWasWritten: under its subject, and as an answer within its own thread.
func TestAMergeLeavesWhatWaitsAsItWasWritten(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	into := d.Receive(fixture.Mail{ID: "kettle@customer.test", Subject: "A kettle"})
	from := d.Receive(fixture.Mail{ID: "lamp@customer.test", Subject: "A lamp"})
	lamp, kettle := reply(t, d, from), reply(t, d, into)
	_, err := d.Messages.Merge(t.Context(), d.Ana, from, into)
	must(t, err)
	for id, want := range map[message.ID][2]string{lamp: {"A lamp", "lamp@customer.test"}, kettle: {"A kettle", "kettle@customer.test"}} {
		d.Exec(`update outbound_mails set next_try_at = $1 where message_id <> $2 and state = 'queued'`, d.Clock.Now().Add(time.Hour), id)
		d.Exec(`update outbound_mails set next_try_at = $1 where message_id = $2`, d.Clock.Now(), id)
		m := leaves(t, d, id, want[0])
		if m.Subject != want[0] || !slices.Equal(m.References, []string{want[1]}) {
			t.Errorf("it leaves as %q after %v, want %v", m.Subject, m.References, want)
		}
	}
	if kept := fixture.One[int](d, `select count(*) from outbound_mails where subject is not null or reference_ids is not null`); kept != 0 {
		t.Error("the subject is kept beyond its use")
	}
}
