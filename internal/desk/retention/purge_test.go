package retention_test

import (
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"caseward/internal/desk/cases"
	"caseward/internal/desk/message"
	"caseward/internal/desk/retention"
	"caseward/internal/platform/errs"
	"caseward/internal/testkit/fixture"
	"caseward/internal/testkit/plan"
)

func TestTheDeadlineStaysWhatItWas(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	ctx := t.Context()
	first := d.Deleted()
	want := d.Clock.Now().Add(7 * fixture.Day)
	must(t, d.Workspaces.SetRetention(ctx, d.Owner, days(1)))
	second := d.Deleted()
	must(t, d.Workspaces.SetRetention(ctx, d.Owner, nil))
	forever := d.Deleted()
	if at := get(t, d, first).PurgeAt; at == nil || !at.Equal(want) {
		t.Errorf("the deadline moved with the setting: %v, want %v", at, want)
	}
	if at := get(t, d, forever).PurgeAt; at != nil {
		t.Errorf("kept until erasure is requested, and yet a deadline: %v", at)
	}
	deadline := *get(t, d, second).PurgeAt
	d.Clock.Advance(deadline.Sub(d.Clock.Now()) - time.Microsecond)
	purge(t, d)
	get(t, d, second)
	d.Clock.Advance(time.Microsecond)
	purge(t, d)
	_, err := d.Cases.Get(ctx, d.Owner, second)
	wants(t, err, errs.Gone, "past its deadline")
	get(t, d, first)
	d.Clock.Advance(1000 * fixture.Day)
	purge(t, d)
	_, err = d.Cases.Get(ctx, d.Owner, first)
	wants(t, err, errs.Gone, "past its deadline")
	get(t, d, forever)
}

func TestAfterThePurge(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	ctx := t.Context()
	neighbour := d.Case()
	untouched := d.Snapshot(neighbour)
	n := d.Case()
	c := get(t, d, n)
	thread, err := d.Messages.Thread(ctx, d.Ana, c, 0)
	must(t, err)
	first := fixture.One[string](d, `select message_id from messages where id = $1`, thread.Messages[0].ID)
	ours := fixture.One[string](d, `select message_id from messages where case_id = $1 and kind = 'outbound'`, int64(c.ID))
	raw := rawOf(d, first)
	d.Delete(n)
	d.Clock.Advance(8 * fixture.Day)
	summary, err := d.Retention.Purge(ctx)
	must(t, err)
	if summary != "purged 1 cases" {
		t.Error(summary)
	}
	filesGo(t, d)
	for what, try := range map[string]func() error{
		"get":     func() error { _, err := d.Cases.Get(ctx, d.Ben, n); return err },
		"restore": func() error { _, err := d.Cases.Restore(ctx, d.Ana, cases.RestoreInput{Number: n}); return err },
		"delete":  func() error { _, err := d.Cases.Delete(ctx, d.Ana, cases.DeleteInput{Number: n}); return err },
		"reply": func() error {
			_, err := d.Messages.Reply(ctx, d.Ana, message.ReplyInput{Number: n, Body: "x"})
			return err
		},
		"request": func() error { _, err := d.Retention.Request(ctx, d.Owner, n); return err },
	} {
		wants(t, try(), errs.Gone, what)
	}
	if left := d.Dump().PlacesOf(first); len(left) > 0 {
		t.Errorf("the Message-ID of its first mail is still in %v", left)
	}
	for k := range rowsBelow(d) {
		if id := fixture.One[string](d, `select id::text from cases where number = $1`, neighbour); k[:len(id)+1] != id+" " {
			t.Errorf("left over: %s", k)
		}
	}
	same(t, "the neighbour", untouched, d.Snapshot(neighbour))

	cert, err := d.Retention.Certificate(ctx, d.Viewer, n)
	must(t, err)
	if cert.Kind != retention.CasePurged || cert.CaseNumber != n || !cert.At.Equal(d.Clock.Now()) || cert.RequestedByName != "" || cert.PreviousHash != nil {
		t.Errorf("%+v", cert)
	}
	want := map[string]int{"messages": 4, "attachments": 1, "case_reads": 1, "case_search": 1, "case_tags": 2, "case_field_values": 1, "drafts": 1, "inbound_mails": 2, "outbound_mails": 1,
		"notifications": 1}
	got := cert.Removed()
	delete(got, "activities")
	same(t, "what was removed", want, got)
	must(t, retention.VerifyLedger(ctx, d.DB, d.Workspace.ID))
	if trail := d.Trail(n); !slices.Contains(trail, "case.purged") {
		t.Errorf("the trail has %v", trail)
	}
	must(t, d.Sealer.Verify(ctx, d.Workspace.ID))

	// The same mail again is known; the answer to it begins a new case with a new number.
	comesAgain(t, d, raw)
	if n := fixture.One[int](d, `select count(*) from inbound_mails where case_id is null`); n != 0 {
		t.Errorf("%d raw mails without a case are kept", n)
	}
	r := d.TakeIn(fixture.Mail{InReplyTo: first, References: []string{first}})
	if r.Outcome != message.Created || r.Case.Number <= n {
		t.Errorf("a reply to the purged case: %s, case %d", r.Outcome, r.Case.Number)
	}
	signed, err := d.Signer.Sign(d.Address, d.ID(), int64(c.ID))
	must(t, err)
	if r = d.TakeIn(fixture.Mail{To: signed}); r.Outcome != message.Created {
		t.Errorf("mail to the reply address of the purged case: %s", r.Outcome)
	}
	// Some senders use one Message-ID for all their mail: what was never here before is taken in. What we sent was.
	if r = d.TakeIn(fixture.Mail{ID: first, Body: "The scanner's next page."}); r.Outcome != message.Created {
		t.Errorf("other words under the Message-ID of a purged mail: %s", r.Outcome)
	}
	if r = d.TakeIn(fixture.Mail{ID: ours, From: d.Address}); r.Outcome != message.Duplicate {
		t.Errorf("an echo of our reply in the purged case: %s", r.Outcome)
	}
}

// TestPurgeTakesRedirectsAlong: what was joined into a case goes with it, each with its own entry.
func TestPurgeTakesRedirectsAlong(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	a, b := "a@customer.test", "b@customer.test"
	early := d.Receive(fixture.Mail{ID: "c@customer.test", InReplyTo: b})
	root := d.Receive(fixture.Mail{ID: a})
	if n := d.Receive(fixture.Mail{ID: b, InReplyTo: a}); n != root || early == root {
		t.Fatalf("cases %d, %d, %d: not the joined thread this test needs", early, root, n)
	}
	_, err := d.Cases.Delete(t.Context(), d.Ana, cases.DeleteInput{Number: early})
	wants(t, err, errs.Conflict, "deleting a redirect")
	d.Receive(fixture.Mail{InReplyTo: b, References: []string{"never-came@customer.test", b}})
	d.Delete(root)
	d.Clock.Advance(8 * fixture.Day)
	purge(t, d)
	if n := fixture.One[int](d, `select count(*) from mail_ids where not seen`); n != 0 {
		t.Errorf("%d identifiers of mails that never came are left", n)
	}
	for _, n := range []cases.Number{early, root} {
		_, err := d.Cases.Get(t.Context(), d.Ana, n)
		wants(t, err, errs.Gone, "a case of the thread")
	}
	if left := rowsBelow(d); len(left) > 0 {
		t.Errorf("left: %v", left)
	}
	wholeOrGone(t, d, nil, []cases.Number{early, root})
}

// TestPurgersAtOnce: several processes purge, people restore, and staff's requests come in between.
func TestPurgersAtOnce(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	other := fixture.Workspace(t, d.DB, fixture.At(d.Clock.Now))
	numbers := d.Bulk(120)
	d.In(other).Bulk(40)
	d.Exec(`update cases set deleted_at = $1, deleted_cause = 'agent', purge_at = $1`, d.Clock.Now())
	d.Clock.Advance(time.Second)
	var wait sync.WaitGroup
	errors := make(chan error, 100)
	for range 4 {
		s := fixture.New(t, d.DB, d.Clock.Now).Retention
		s.SetBatch(7)
		wait.Go(func() { _, err := s.Purge(t.Context()); errors <- err })
	}
	for i := range 20 {
		n := numbers[i*5]
		wait.Go(func() {
			if i%2 == 0 {
				_, err := d.Cases.Restore(t.Context(), d.Ana, cases.RestoreInput{Number: n})
				errors <- err
				return
			}
			_, err := d.Retention.Request(t.Context(), d.Owner, n)
			errors <- err
		})
	}
	wait.Wait()
	close(errors)
	for err := range errors {
		if err != nil && !errs.Is(err, errs.Gone) && !errs.Is(err, errs.NotFound) {
			t.Error(err)
		}
	}
	kept := fixture.Rows[cases.Number](d, `select number from cases`)
	for _, n := range kept {
		if bad := fixture.One[bool](d, `select deleted_at is not null and erasure_requested_at is null from cases where workspace_id = $1 and number = $2`, d.ID(), n); bad {
			t.Errorf("case %d was due and is still there", n)
		}
	}
	t.Logf("%d of 160 cases were saved from the purge", len(kept))
	entries := fixture.One[int](d, `select count(*) from erasure_ledger`)
	if entries+len(kept) != 160 {
		t.Errorf("%d entries and %d cases left of 160", entries, len(kept))
	}
	must(t, retention.VerifyLedger(t.Context(), d.DB, d.Workspace.ID))
	must(t, retention.VerifyLedger(t.Context(), d.DB, other.Workspace.ID))
}

func TestTheLedgerShowsTampering(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	d.Bulk(6)
	d.Exec(`update cases set deleted_at = $1, deleted_cause = 'agent', purge_at = $1`, d.Clock.Now())
	purge(t, d)
	verify := func() error { return retention.VerifyLedger(t.Context(), d.DB, d.Workspace.ID) }
	must(t, verify())
	for _, statement := range []string{`update erasure_ledger set case_number = 7`, `delete from erasure_ledger`, `truncate erasure_ledger`} {
		err := d.DB.AsSystem(t.Context(), "test", func(tx pgx.Tx) error { _, err := tx.Exec(t.Context(), statement); return err })
		wants(t, err, errs.Forbidden, statement)
	}
	// Whoever owns the server can switch the guard off. The chain still tells.
	for _, statement := range []string{
		`update erasure_ledger set case_number = 99 where seq = 3`,
		`update erasure_ledger set at = at + interval '1 microsecond' where seq = 2`,
		`update erasure_ledger set counts = counts || '{"messages": 0}' where seq = 6`,
		`update erasure_ledger set kind = 'case erased' where seq = 1`,
		`update erasure_ledger set requested_by = 1 where seq = 5`,
		`delete from erasure_ledger where seq = 3`,
		`delete from erasure_ledger where seq = 6`,
		`delete from erasure_ledger where seq = 1`,
		`update erasure_ledger set seq = case seq when 2 then -3 else 2 end where seq in (2, 3); update erasure_ledger set seq = 3 where seq = -3`,
		`update ledger_heads set seq = 5`,
		`delete from ledger_heads`,
		`insert into erasure_ledger (workspace_id, seq, kind, case_id, case_number, at, counts, hash)
			select workspace_id, 7, kind, 1, 1, at, counts, hash from erasure_ledger where seq = 6`,
	} {
		undo := errs.New(errs.Internal, "undo")
		_ = d.DB.AsSystem(t.Context(), "test", func(tx pgx.Tx) error {
			_, err := tx.Exec(t.Context(), `alter table erasure_ledger disable trigger append_only; `+statement)
			must(t, err)
			err = retention.VerifyLedgerTx(t.Context(), tx, d.Workspace.ID)
			wants(t, err, errs.Conflict, statement)
			return undo
		})
	}
	must(t, verify())
}

func TestPurgeLooksUpByIndex(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	person := d.Contact("Someone", "someone@customer.test")
	d.Exec(`insert into cases (workspace_id, number, subject, contact_id, queue_id, channel, created_at, last_activity_at, deleted_at, deleted_cause, purge_at)
		select $1, next_case_number($1), 'Case', $2, $3, 'email', $4, $4, case when i % 10 = 0 then $4::timestamptz end,
			case when i % 10 = 0 then 'agent' end, case when i % 10 = 0 then $4::timestamptz + i * interval '1 minute' end
		from generate_series(1, 30000) i`, d.ID(), person, d.Queue, d.Clock.Now())
	d.Exec(`analyze`)
	must(t, d.DB.AsSystem(t.Context(), "test", func(tx pgx.Tx) error {
		p := plan.Of(t, tx, retention.DueSQL, d.Clock.Now().Add(time.Hour), 500, []int64{1, 2}, []int64{3}, 1)
		sorts := 0
		small := func(scan string) bool {
			if strings.HasPrefix(scan, "Sort") {
				sorts++ // of the workspaces
			}
			return sorts == 1 && strings.HasPrefix(scan, "Sort") || strings.HasSuffix(scan, "legal_holds") || strings.HasSuffix(scan, "purge_stops") || strings.HasSuffix(scan, "workspaces")
		}
		if bad := slices.DeleteFunc(p.Bad(), small); len(bad) > 0 || !slices.ContainsFunc(p.All(), func(s plan.Node) bool { return s.Index == "cases_to_purge_of_workspace" }) {
			t.Errorf("%v\n%s", bad, p)
		}
		return nil
	}))
}
