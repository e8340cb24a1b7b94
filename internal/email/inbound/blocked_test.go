package inbound_test

import (
	"strings"
	"testing"

	"golang.org/x/sync/errgroup"

	"caseward/internal/desk/cases"
	"caseward/internal/desk/contact"
	"caseward/internal/desk/message"
	"caseward/internal/email/inbound"
	"caseward/internal/testkit/fixture"
)

// spammer writes a case, which Ben marks as spam with what is usual.
func spammer(t *testing.T, d *fixture.Desk, m fixture.Mail) (cases.Number, contact.ID) {
	t.Helper()
	n := d.Receive(m)
	r, err := d.Cases.Spam(t.Context(), d.Ben, cases.SpamInput{Number: n})
	if err != nil || !r.Suspended {
		t.Fatalf("suspended %v, %v", r.Suspended, err)
	}
	return n, r.Case.ContactID
}

// outside is everything that blocked mail must leave as it is.
func outside(d *fixture.Desk) string {
	return fixture.One[string](d, `select concat_ws(' ', (select count(*) from cases), (select count(*) from messages), (select count(*) from activities),
		(select count(*) from notifications), (select count(*) from outbound_mails), (select count(*) from mail_ids), (select count(*) from contacts),
		(select max(last_activity_at) from cases))`)
}

func TestMailOfASuspendedContactIsBlocked(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	other := d.Receive(fixture.Mail{ID: "other@customer.test", From: "mara@customer.test"})
	_, id := spammer(t, d, fixture.Mail{ID: "first@spam.test", From: "sam@spam.test"})
	d.Exec(`insert into contact_emails (workspace_id, email, contact_id, is_primary) values ($1, 'second@spam.test', $2, false)`, d.ID(), id)
	before := outside(d)
	for what, m := range map[string]fixture.Mail{
		"a new mail":             {From: "sam@spam.test", Subject: "Cheap pills"},
		"another address":        {From: "Second@Spam.test"},
		"an answer to the case":  {From: "sam@spam.test", InReplyTo: "first@spam.test"},
		"an answer to another's": {From: "sam@spam.test", InReplyTo: "other@customer.test", References: []string{"other@customer.test"}},
		"an automatic answer":    {From: "sam@spam.test", Header: []string{"Auto-Submitted: auto-replied"}},
		"a form with a reply-to": {From: "noreply@form.test", Header: []string{"Reply-To: sam@spam.test"}},
		"another like the first": {From: "sam@spam.test", Subject: "Cheap pills"},
	} {
		if r := d.TakeIn(m); r.Outcome != message.Blocked || r.Case != nil {
			t.Errorf("%s: %s", what, r.Outcome)
		}
	}
	if after := outside(d); after != before {
		t.Errorf("blocked mail changed something: %s, before %s", after, before)
	}
	if n := fixture.One[int](d, `select blocked from contact_suspensions where contact_id = $1`, id); n != 7 {
		t.Errorf("%d mails are counted, want 7", n)
	}
	d.Receive(fixture.Mail{From: "mara@customer.test", InReplyTo: "other@customer.test"})
	if n := fixture.One[int](d, `select count(*) from messages m join cases c on c.id = m.case_id where c.number = $1`, other); n != 2 {
		t.Errorf("another's case has %d messages", n)
	}
	d.Contact("Elsewhere", "sam@spam.test")
	elsewhere := d.In(fixture.Workspace(t, d.DB))
	if r := elsewhere.TakeIn(fixture.Mail{From: "sam@spam.test"}); r.Outcome != message.Created {
		t.Errorf("in another workspace: %s", r.Outcome)
	}
	if _, err := d.Suspending.Restore(t.Context(), d.Owner, []contact.ID{id}); err != nil {
		t.Fatal(err)
	}
	if r := d.TakeIn(fixture.Mail{From: "sam@spam.test"}); r.Outcome != message.Created {
		t.Errorf("after the restore: %s", r.Outcome)
	}
}

func TestABlockedMailIsKnownWhenItComesAgain(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	first := fixture.Mail{ID: "first@spam.test", From: "sam@spam.test", Subject: "One", Body: "One"}
	_, id := spammer(t, d, first)
	second := fixture.Mail{ID: "second@spam.test", From: "sam@spam.test", Subject: "Two", Body: "Two"}
	if r := d.TakeIn(second); r.Outcome != message.Blocked {
		t.Fatal(r.Outcome)
	}
	for what, m := range map[string]fixture.Mail{"a blocked mail": second, "a mail that has a case": first} {
		if r := d.TakeIn(m); r.Outcome != message.Duplicate {
			t.Errorf("%s came again: %s", what, r.Outcome)
		}
	}
	if r := d.TakeIn(fixture.Mail{ID: "second@spam.test", From: "sam@spam.test", Subject: "Two", Body: "Other words"}); r.Outcome != message.Blocked {
		t.Errorf("another mail with the same Message-ID: %s", r.Outcome)
	}
	if got := fixture.One[string](d, `select concat_ws(' ', (select blocked from contact_suspensions where contact_id = $1),
		(select count(*) from blocked_mails), (select count(*) from inbound_mails where state = 'blocked'))`, id); got != "2 2 2" {
		t.Errorf("counted, listed, kept: %s, want 2 2 2", got)
	}
}

func TestAStormIsCountedAndNotKept(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	_, id := spammer(t, d, fixture.Mail{From: "sam@spam.test"})
	for i := range 60 {
		d.TakeIn(fixture.Mail{From: "sam@spam.test", Body: strings.Repeat("x", 100+i)})
	}
	state := func() string {
		return fixture.One[string](d, `select concat_ws(' ', (select blocked from contact_suspensions where contact_id = $1),
			(select count(*) from blocked_mails), (select count(*) from inbound_mails where state <> 'processed'))`, id)
	}
	if got := state(); got != "60 50 50" {
		t.Errorf("counted, listed, stored: %s, want 60 50 50", got)
	}
	d.Clock.Advance(fixture.Day)
	d.TakeIn(fixture.Mail{From: "sam@spam.test"})
	if got := state(); got != "61 51 51" {
		t.Errorf("the next day: %s, want 61 51 51", got)
	}
	d.Clock.Advance(13*fixture.Day + 1)
	if line, err := d.Messages.ForgetBlocked(t.Context()); err != nil || line != "removed 50 blocked mails" {
		t.Errorf("%s, %v", line, err)
	}
	if got := state(); got != "61 1 1" {
		t.Errorf("after 14 days: %s, want 61 1 1", got)
	}
}

// TestTwoProcessesBlockAMailOnce: whoever stored it and the sweep may be at it together.
func TestTwoProcessesBlockAMailOnce(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	ctx := t.Context()
	_, id := spammer(t, d, fixture.Mail{From: "sam@spam.test"})
	m := fixture.Mail{ID: "x@spam.test", From: "sam@spam.test", Subject: "X", Body: "X", To: d.Address}
	raw, err := d.Messages.StoreRaw(ctx, message.Raw{WorkspaceID: d.Workspace.ID, EnvelopeFrom: m.From, EnvelopeTo: d.Address, Raw: m.Raw()})
	if err != nil {
		t.Fatal(err)
	}
	route, err := d.Workspaces.Route(ctx, d.Address)
	if err != nil {
		t.Fatal(err)
	}
	in := d.Intake.Read(m.Raw(), route, inbound.Envelope{From: m.From, To: []string{d.Address}})
	var group errgroup.Group
	finished := make([]bool, 4)
	for i := range finished {
		group.Go(func() error {
			r, err := d.Messages.TakeIn(ctx, raw, in)
			finished[i] = r != nil
			return err
		})
	}
	if err := group.Wait(); err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, f := range finished {
		if f {
			n++
		}
	}
	if got := fixture.One[int](d, `select blocked from contact_suspensions where contact_id = $1`, id); got != 1 || n != 1 {
		t.Errorf("%d finished it, %d counted", n, got)
	}
}
