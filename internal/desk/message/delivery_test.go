package message_test

import (
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"caseward/internal/desk/cases"
	"caseward/internal/desk/message"
	"caseward/internal/platform/errs"
	"caseward/internal/testkit/fixture"
	"caseward/internal/testkit/plan"
)

func claim(t testing.TB, d *fixture.Desk) *message.Delivery {
	t.Helper()
	m, err := message.ClaimDelivery(t.Context(), d.DB, d.Clock.Now())
	must(t, err)
	return m
}

func settle(t testing.TB, d *fixture.Desk, m *message.Delivery, failure error) {
	t.Helper()
	must(t, message.SettleDelivery(t.Context(), d.DB, *m, d.Clock.Now(), failure))
}

// state is the state of the delivery of a message, and why.
func state(d *fixture.Desk, id message.ID) string {
	return fixture.One[string](d, `select state || ': ' || last_error from outbound_mails where message_id = $1`, id)
}

func TestClaimLeaseAndSettle(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	n := d.Receive(fixture.Mail{ID: "q@customer.test", From: "maria@customer.test", Subject: "Help"})
	id := reply(t, d, n)
	m := claim(t, d)
	if m == nil || m.MessageRow != id || m.Number != n || m.From != d.Address || m.InReplyTo == nil || *m.InReplyTo != "q@customer.test" ||
		!slices.Equal(m.References, []string{"q@customer.test"}) || m.AuthorName != "Ana Agent" || m.Subject != "Help" || !slices.Equal(m.ToRecipients, []string{"maria@customer.test"}) {
		t.Fatalf("%+v", m)
	}
	if claim(t, d) != nil {
		t.Fatal("claimed twice")
	}
	d.Clock.Advance(11 * time.Minute) // whoever claimed it has died
	if m = claim(t, d); m == nil || m.Attempts != 1 {
		t.Fatalf("after the lease: %+v", m)
	}
	settle(t, d, m, nil)
	if s := state(d, id); s != "sent: " {
		t.Error(s)
	}
	d.Clock.Advance(fixture.Day)
	if claim(t, d) != nil {
		t.Error("sent again")
	}
	wants(t, d.Messages.Resend(t.Context(), d.Ana, n, m.ID), errs.Conflict, "sending again what was sent")
}

func TestClaimersAtOnceEachGetTheirOwn(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	n := d.Receive(fixture.Mail{})
	for range 20 {
		reply(t, d, n)
	}
	var mu sync.Mutex
	claimed := map[int64]int{}
	var wait sync.WaitGroup
	for range 4 {
		wait.Go(func() {
			for {
				m, err := message.ClaimDelivery(t.Context(), d.DB, d.Clock.Now())
				if err != nil {
					t.Error(err)
				}
				if m == nil {
					return
				}
				mu.Lock()
				claimed[m.ID]++
				mu.Unlock()
			}
		})
	}
	wait.Wait()
	for id, n := range claimed {
		if n != 1 {
			t.Errorf("mail %d was claimed %d times", id, n)
		}
	}
	// A row that another one looked at is passed over, so a few may wait for the next sweep; none is lost.
	for claim(t, d) != nil {
		claimed[0]++
	}
	if len(claimed) < 20 && claimed[0]+len(claimed) < 21 {
		t.Errorf("%d of 20 were claimed", len(claimed))
	}
}

func TestRetriesWaitLongerAndEnd(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	n := d.Receive(fixture.Mail{})
	id := reply(t, d, n)
	start, wait, tries := d.Clock.Now(), time.Duration(0), 0
	for {
		m := claim(t, d)
		if m == nil {
			break
		}
		tries++
		settle(t, d, m, errs.Wrap(errs.Internal, "The relay said \x00\xff no.", errors.New("secret")))
		if s := state(d, id); s != "queued: The relay said \uFFFD no." && s != "failed: The relay said \uFFFD no." {
			t.Fatalf("%q", s)
		}
		next := fixture.One[time.Time](d, `select next_try_at from outbound_mails where message_id = $1`, id).Sub(d.Clock.Now())
		if next < wait || next < time.Minute {
			t.Errorf("try %d waits %s, the one before %s", tries, next, wait)
		}
		wait = next
		d.Clock.Advance(next)
	}
	took := d.Clock.Now().Sub(start)
	if tries != message.MaxTries || took < 40*time.Hour || took > 60*time.Hour {
		t.Errorf("%d tries in %s", tries, took)
	}
	if s := state(d, id); s != "failed: The relay said \uFFFD no." {
		t.Error(s)
	}
	again := fixture.One[int64](d, `select id from outbound_mails where message_id = $1`, id)
	wants(t, d.Messages.Resend(t.Context(), d.Viewer, n, again), errs.Forbidden, "a viewer")
	must(t, d.Messages.Resend(t.Context(), d.Ben, n, again))
	m := claim(t, d)
	if m == nil || m.Attempts != 0 {
		t.Fatalf("after sending again: %+v", m)
	}
	settle(t, d, m, errs.New(errs.Invalid, "No such mailbox."))
	if s := state(d, id); s != "failed: No such mailbox." {
		t.Errorf("a refusal for good: %s", s)
	}
}

func TestNoMailLeavesAHiddenCase(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	ctx := t.Context()
	deleted, spam, undone := d.Receive(fixture.Mail{}), d.Receive(fixture.Mail{}), d.Receive(fixture.Mail{})
	ids := map[cases.Number]message.ID{deleted: reply(t, d, deleted), spam: reply(t, d, spam), undone: reply(t, d, undone)}
	d.Delete(deleted)
	d.Delete(undone)
	_, err := d.Cases.MarkSpam(ctx, d.Ana, spam)
	must(t, err)
	_, err = d.Cases.Restore(ctx, d.Ana, cases.RestoreInput{Number: undone}) // Undo, before anything ran
	must(t, err)
	m := claim(t, d)
	if m == nil || m.Number != undone {
		t.Fatalf("%+v", m)
	}
	settle(t, d, m, nil)
	if m := claim(t, d); m != nil {
		t.Fatalf("a mail of case %d leaves", m.Number)
	}
	for _, n := range []cases.Number{deleted, spam} {
		if s := state(d, ids[n]); s != "cancelled: The case was deleted or marked as spam before this was sent." {
			t.Errorf("case %d: %s", n, s)
		}
	}
	mail := func(n cases.Number) int64 {
		return fixture.One[int64](d, `select id from outbound_mails where message_id = $1`, ids[n])
	}
	wants(t, d.Messages.Resend(ctx, d.Ana, deleted, mail(deleted)), errs.Conflict, "sending from a deleted case")
	wants(t, d.Messages.Resend(ctx, d.Ana, spam, mail(spam)), errs.Conflict, "sending from spam")
	_, err = d.Cases.Restore(ctx, d.Ana, cases.RestoreInput{Number: deleted})
	must(t, err)
	wants(t, d.Messages.Resend(ctx, d.Ana, undone, mail(deleted)), errs.Conflict, "a mail of another case")
}

func TestQueuesAreReadByTheirIndex(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	d.Bulk(3000)
	d.Exec(`insert into inbound_mails (workspace_id, state, envelope_from, envelope_to, raw, received_at, next_try_at)
		select $1, case when i % 100 = 0 then 'received' else 'processed' end, '', '', 'x', $2, $2 from generate_series(1, 5000) i`, d.ID(), d.Clock.Now())
	d.Exec(`update outbound_mails set state = 'queued' where id % 100 = 0`)
	d.Exec(`insert into ratings (workspace_id, case_id, contact_id, message_id, closed_at, asked_at) select workspace_id, case_id, author_contact_id, id, $1, $1
		from messages where kind = 'inbound'`, d.Clock.Now())
	d.Exec(`analyze`)
	must(t, d.DB.AsSystem(t.Context(), "test", func(tx pgx.Tx) error {
		for _, q := range []struct {
			index, query string
			args         []any
		}{
			{"inbound_mails_waiting", message.WaitingSQL, []any{d.Clock.Now(), 20}},
			{"outbound_mails_queued", message.DueSQL, []any{d.Clock.Now()}},
			{"outbound_mails_queued", message.CancelSQL, []any{d.Clock.Now()}},
		} {
			p := plan.Of(t, tx, q.query, q.args...)
			bad := slices.DeleteFunc(p.Bad(), func(s string) bool { // small tables, and the short list of what is queued
				return s == "Seq Scan on workspaces" || s == "Seq Scan on inbound_addresses" || s == "Seq Scan on users" || s == "Seq Scan on members" ||
					s == "Sort " || s == "Bitmap Heap Scan outbound_mails"
			})
			if len(bad) > 0 || !slices.ContainsFunc(p.All(), func(s plan.Node) bool { return s.Index == q.index }) {
				t.Errorf("%v\n%s", bad, p)
			}
		}
		return nil
	}))
	// What a mail looks up on its way in.
	must(t, d.DB.InWorkspace(t.Context(), d.ID(), func(tx pgx.Tx) error {
		for index, query := range map[string]string{
			"mail_ids_pkey":                 `select * from mail_ids where workspace_id = $1 and id_hash = any (array['x'::bytea, 'y'::bytea])`,
			"mail_ids_case":                 `update mail_ids set case_id = 1 where workspace_id = $1 and case_id = 2`,
			"cases_pkey":                    `select * from cases where workspace_id = $1 and id = 5 for update`,
			"cases_workspace_id_number_key": `select * from cases where workspace_id = $1 and number = 5 for update`,
			"messages_case":                 `select * from messages where workspace_id = $1 and case_id = 5 order by id desc limit 101`,
			"attachments_case":              `select * from attachments where workspace_id = $1 and case_id = 5`,
			"inbound_mails_message":         `select * from inbound_mails where workspace_id = $1 and message_id = 5`,
			"inbound_mails_case":            `select * from inbound_mails where workspace_id = $1 and case_id = 5`,
			"outbound_mails_message":        `select * from outbound_mails where workspace_id = $1 and message_id = 5`,
			"activities_case":               `select * from activities where workspace_id = $1 and case_id = 5 order by id desc limit 200`,
		} {
			p := plan.Of(t, tx, query, d.ID())
			found := slices.ContainsFunc(p.All(), func(s plan.Node) bool { return s.Index == index })
			if !found || slices.ContainsFunc(p.All(), func(s plan.Node) bool { return s.Type == "Seq Scan" }) {
				t.Errorf("not by %s\n%s", index, p)
			}
		}
		return nil
	}))
}
