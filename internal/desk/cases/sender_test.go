package cases_test

import (
	"testing"

	"golang.org/x/sync/errgroup"

	"caseward/internal/desk/access"
	"caseward/internal/desk/bulk"
	"caseward/internal/desk/cases"
	"caseward/internal/desk/contact"
	"caseward/internal/platform/errs"
	"caseward/internal/testkit/fixture"
)

func isSuspended(d *fixture.Desk, email string) bool {
	return fixture.One[bool](d, `select exists (select from contact_emails e join contacts k on k.id = e.contact_id join contact_suspensions s on s.contact_id = k.id
		where e.email = $1 and k.suspended_at is not null)`, email)
}

func TestMarkingSpamSuspendsTheSender(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	ctx := t.Context()
	for _, one := range []struct {
		what   string
		solved bool
		choice cases.SenderChoice
		want   bool
	}{
		{"as usual", false, cases.SenderUsual, true},
		{"as usual, with a solved case", true, cases.SenderUsual, false},
		{"chosen, with a solved case", true, cases.SuspendSender, true},
		{"left alone", false, cases.LeaveTheSender, false},
	} {
		email := "sam" + string(one.choice) + map[bool]string{true: "solved"}[one.solved] + "@spam.test"
		if one.solved {
			closed := cases.Closed
			_, err := d.Cases.Update(ctx, d.Ana, d.Receive(fixture.Mail{From: email}), cases.UpdateInput{Status: &closed})
			must(t, err)
		}
		n := d.Receive(fixture.Mail{From: email})
		c, err := d.Cases.Get(ctx, d.Ben, n)
		must(t, err)
		sender, err := d.Cases.SenderOf(ctx, d.Ben, c.Case)
		must(t, err)
		if sender.Solved != map[bool]int{true: 1}[one.solved] || one.choice == cases.SenderUsual && sender.Suspends() != one.want {
			t.Errorf("%s: the question says %+v", one.what, sender)
		}
		var group errgroup.Group
		for range 3 {
			group.Go(func() error {
				_, err := d.Cases.Spam(ctx, d.Ben, cases.SpamInput{Number: n, Sender: one.choice})
				return err
			})
		}
		must(t, group.Wait())
		if got := isSuspended(d, email); got != one.want {
			t.Errorf("%s: suspended %v", one.what, got)
		}
		entries := fixture.One[int](d, `select count(*) from audit_entries where action = 'contact.suspended' and (details->>'case')::bigint = $1`, n)
		if want := map[bool]int{true: 1}[one.want]; entries != want {
			t.Errorf("%s: %d entries", one.what, entries)
		}
		r, err := d.Cases.TakeFromSpam(ctx, d.Ben, cases.NotSpamInput{Number: n, Lift: true})
		must(t, err)
		if r.Lifted != one.want || isSuspended(d, email) || r.Case.SpamAt != nil {
			t.Errorf("%s, taken back: lifted %v", one.what, r.Lifted)
		}
	}
}

func TestNotSpamLeavesASuspensionByHand(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	ctx := t.Context()
	n := d.Receive(fixture.Mail{From: "sam@spam.test"})
	must(t, d.Suspending.Suspend(ctx, d.Owner, d.Contact("", "sam@spam.test")))
	_, err := d.Cases.Spam(ctx, d.Ben, cases.SpamInput{Number: n, Sender: cases.SuspendSender})
	must(t, err)
	r, err := d.Cases.TakeFromSpam(ctx, d.Ben, cases.NotSpamInput{Number: n, Lift: true})
	must(t, err)
	if r.Lifted || !isSuspended(d, "sam@spam.test") {
		t.Error("an agent lifted what the owner did by hand")
	}
	if _, err := d.Cases.Spam(ctx, d.Viewer, cases.SpamInput{Number: n}); !errs.Is(err, errs.Forbidden) {
		t.Errorf("a viewer: %v", err)
	}
	if _, err := d.Cases.SenderOf(ctx, d.Viewer, cases.Case{}); !errs.Is(err, errs.Forbidden) {
		t.Errorf("a viewer asks: %v", err)
	}
}

func TestBulkSpamSuspendsSendersOnlyIfChosen(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	ctx := t.Context()
	closed := cases.Closed
	_, err := d.Cases.Update(ctx, d.Ana, d.Receive(fixture.Mail{From: "good@customer.test"}), cases.UpdateInput{Status: &closed})
	must(t, err)
	numbers := []cases.Number{d.Receive(fixture.Mail{From: "sam@spam.test"}), d.Receive(fixture.Mail{From: "sam@spam.test"}),
		d.Receive(fixture.Mail{From: "good@customer.test"}), d.Receive(fixture.Mail{From: d.Email("vera")}), d.Receive(fixture.Mail{From: "hand@spam.test"})}
	must(t, d.Suspending.Suspend(ctx, d.Owner, d.Contact("", "hand@spam.test")))
	suspended := func() (list []string) {
		return fixture.Rows[string](d, `select e.email from contact_suspensions s join contact_emails e on e.contact_id = s.contact_id order by 1`)
	}
	run := func(change cases.Many) bulk.ID {
		t.Helper()
		d.Clock.Advance(fixture.Day)
		id, err := d.BulkUpdate.Start(ctx, d.Ben, bulk.StartInput{Numbers: numbers, Change: change})
		must(t, err)
		_, err = d.BulkUpdate.Run(ctx)
		must(t, err)
		return id
	}
	undo := func(id bulk.ID) {
		t.Helper()
		must(t, d.BulkUpdate.Undo(ctx, d.Ben, id))
		_, err := d.BulkUpdate.Run(ctx)
		must(t, err)
	}
	undo(run(cases.Many{Do: cases.SpamMany}))
	same(t, "not chosen", []string{"hand@spam.test"}, suspended())
	id := run(cases.Many{Do: cases.SpamMany, Senders: true})
	same(t, "chosen", []string{"hand@spam.test", "sam@spam.test"}, suspended())
	undo(id)
	same(t, "undone", []string{"hand@spam.test"}, suspended())
	run(cases.Many{Do: cases.SpamMany, Senders: true})
	undo(run(cases.Many{Do: cases.NotSpamMany}))
	same(t, "not spam, senders left alone", []string{"hand@spam.test", "sam@spam.test"}, suspended())
	id = run(cases.Many{Do: cases.NotSpamMany, Senders: true})
	same(t, "not spam", []string{"hand@spam.test"}, suspended())
	undo(id)
	same(t, "not spam undone", []string{"hand@spam.test", "sam@spam.test"}, suspended())
	if _, err := d.Suspending.Restore(ctx, fixture.WithGrants(d.Ben, access.ManageContacts), []contact.ID{d.Contact("", "sam@spam.test"), d.Contact("", "hand@spam.test")}); err != nil {
		t.Fatal(err)
	}
	same(t, "restored", []string{}, suspended())
}
