package retention_test

import (
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"caseward/internal/desk/access"
	"caseward/internal/desk/cases"
	"caseward/internal/desk/followup"
	"caseward/internal/desk/message"
	"caseward/internal/desk/retention"
	"caseward/internal/platform/errs"
	"caseward/internal/testkit/fixture"
)

func TestRequestFreezesAndWithdrawResumes(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	ctx := t.Context()
	n := d.Deleted()
	before := d.Snapshot(n)
	d.Clock.Advance(2 * fixture.Day)
	request(t, d, n)
	c := get(t, d, n)
	if c.PurgeAt != nil || c.PurgeLeft == nil || *c.PurgeLeft != 5*fixture.Day || c.ErasureRequestedAt == nil {
		t.Fatalf("frozen: purge at %v, left %v", c.PurgeAt, c.PurgeLeft)
	}
	_, err := d.Retention.Request(ctx, d.Admin, n)
	wants(t, err, errs.Conflict, "a second request")
	d.Clock.Advance(300 * fixture.Day)
	purge(t, d)
	_, err = d.Cases.Restore(ctx, d.Ana, cases.RestoreInput{Number: n})
	wants(t, err, errs.Conflict, "restore while requested")
	_, err = d.Messages.Reply(ctx, d.Ana, message.ReplyInput{Number: n, Body: "x", Restore: true})
	wants(t, err, errs.Conflict, "restore and send while requested")

	_, err = d.Retention.Withdraw(ctx, d.Admin, retention.WithdrawInput{Number: n})
	must(t, err)
	c = get(t, d, n)
	if want := d.Clock.Now().Add(5 * fixture.Day); c.PurgeAt == nil || !c.PurgeAt.Equal(want) || c.PurgeLeft != nil || c.ErasureRequestedAt != nil {
		t.Errorf("resumed: purge at %v, want %v", c.PurgeAt, want)
	}
	_, err = d.Retention.Withdraw(ctx, d.Admin, retention.WithdrawInput{Number: n})
	wants(t, err, errs.Conflict, "withdrawing twice")

	request(t, d, n)
	missing, err := d.Retention.Withdraw(ctx, d.Owner, retention.WithdrawInput{Number: n, Restore: true})
	must(t, err)
	if len(missing) > 0 {
		t.Error(missing)
	}
	d.Delete(n) // with the clock elsewhere: only deletion's own times differ
	d.Exec(`update cases set deleted_at = deleted_at - interval '302 days', purge_at = purge_at - interval '302 days' where number = $1`, n)
	same(t, "the case after request, withdrawal and restore", before, d.Snapshot(n))
}

func TestRefusalResumesAndSaysWhy(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	ctx := t.Context()
	n, keep := d.Deleted(), d.Case()
	deadline := *get(t, d, n).PurgeAt
	must(t, d.Workspaces.SetRetention(ctx, d.Owner, nil))
	d.Delete(keep)
	d.Clock.Advance(fixture.Day)
	id, other := request(t, d, n), request(t, d, keep)
	d.Clock.Advance(fixture.Day)
	wants(t, d.Retention.Refuse(ctx, d.Staff, d.Workspace.ID, id, "  "), errs.Invalid, "no reason")
	wants(t, d.Retention.Refuse(ctx, d.Staff, d.Workspace.ID, id, strings.Repeat("x", 1001)), errs.Invalid, "a long reason")
	wants(t, d.Retention.Refuse(ctx, d.Staff, d.Workspace.ID+1, id, "x"), errs.NotFound, "another workspace")
	must(t, d.Retention.Refuse(ctx, d.Staff, d.Workspace.ID, id, "A court wants it."))
	must(t, d.Retention.Refuse(ctx, d.Staff, d.Workspace.ID, other, "No."))
	wants(t, d.Retention.Refuse(ctx, d.Staff, d.Workspace.ID, id, "x"), errs.Conflict, "refusing twice")
	wants(t, d.Retention.Approve(ctx, d.Staff, d.Workspace.ID, id), errs.Conflict, "approving what was refused")
	c := get(t, d, n)
	if want := deadline.Add(fixture.Day); c.PurgeAt == nil || !c.PurgeAt.Equal(want) {
		t.Errorf("purge at %v, want %v", c.PurgeAt, want)
	}
	if c := get(t, d, keep); c.PurgeAt != nil {
		t.Errorf("a case without a deadline got one: %v", c.PurgeAt)
	}
	decisions, err := d.Retention.Decisions(ctx, d.Ana, []cases.ID{c.ID})
	must(t, err)
	same(t, "decision", map[cases.ID]retention.Decision{c.ID: {State: retention.RequestRefused, RefusalReason: "A court wants it.",
		RequestedByName: "Olga Owner", RequestedAt: d.Clock.Now().Add(-fixture.Day)}}, decisions)
	decided, err := d.Retention.Decided(ctx, d.Staff, 10)
	must(t, err)
	if len(decided) != 2 || decided[0].DecidedByName != "Stan Staff" || decided[0].LedgerID != nil {
		t.Errorf("%+v", decided)
	}
	request(t, d, n) // and may be asked for again
}

func TestWhoMayRequestAndDecide(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	ctx := t.Context()
	n, merged := d.Case(), d.Receive(fixture.Mail{})
	_, err := d.FollowUps.Add(ctx, d.Ana, n, followup.Input{Note: "Call back", DueAt: d.Clock.Now().Add(time.Hour), Assignee: d.Ana.Member})
	must(t, err)
	_, err = d.Messages.Merge(ctx, d.Ana, merged, n)
	must(t, err)
	d.Delete(n)
	for who, actor := range map[string]access.Actor{"ana": d.Ana, "ben": d.Ben, "vera": d.Viewer} {
		had := len(d.Trail(n))
		_, err := d.Retention.Request(ctx, actor, n)
		wants(t, err, errs.Forbidden, who)
		_, err = d.Retention.Withdraw(ctx, actor, retention.WithdrawInput{Number: n})
		wants(t, err, errs.Forbidden, who)
		if got := len(d.Trail(n)); got != had+2 {
			t.Errorf("%s: %d audit entries for two refusals", who, got-had)
		}
	}
	_, err = d.Retention.Request(ctx, d.Staff, n)
	wants(t, err, errs.Forbidden, "staff")
	_, err = d.Retention.Request(ctx, d.Owner, d.Case())
	wants(t, err, errs.Conflict, "a case that is not deleted")
	globex := fixture.Workspace(t, d.DB, fixture.At(d.Clock.Now))
	_, err = d.Retention.Request(ctx, globex.Owner, n)
	wants(t, err, errs.NotFound, "another workspace's owner")

	id := request(t, d, n)
	_, err = d.Retention.Withdraw(ctx, globex.Owner, retention.WithdrawInput{Number: n})
	wants(t, err, errs.NotFound, "another workspace's owner withdraws")
	for who, actor := range d.Actors() {
		if actor.Kind == access.Staff {
			continue
		}
		before := fixture.One[int](d, `select count(*) from audit_entries where action = 'erasure request.refused'`)
		wants(t, d.Retention.Approve(ctx, actor, d.Workspace.ID, id), errs.Forbidden, who+" approves")
		wants(t, d.Retention.Refuse(ctx, actor, d.Workspace.ID, id, "x"), errs.Forbidden, who+" refuses")
		if after := fixture.One[int](d, `select count(*) from audit_entries where action = 'erasure request.refused'`); after != before+2 {
			t.Errorf("%s was refused without an audit entry", who)
		}
		_, err := d.Retention.Pending(ctx, actor, 10)
		wants(t, err, errs.Forbidden, who+" reads what is pending")
		_, err = d.Retention.Decided(ctx, actor, 10)
		wants(t, err, errs.Forbidden, who+" reads what was decided")
	}
	pending, err := d.Retention.Pending(ctx, d.Staff, 10)
	must(t, err)
	if len(pending) != 1 || pending[0].CaseNumber != n || pending[0].RequestedByName != "Olga Owner" || pending[0].Messages != 4 ||
		pending[0].Notes != 1 || pending[0].Attachments != 1 || pending[0].RawMails != 3 || pending[0].Activities == 0 || pending[0].FollowUps != 1 || pending[0].Drafts != 1 ||
		!slices.Equal(pending[0].Merged, []cases.Number{merged}) {
		t.Errorf("%+v", pending)
	}

	// Whoever asked never approves, not even as support staff who is an owner here, and not by way of another owner.
	requester := access.Actor{Kind: access.Staff, User: d.Owner.User}
	wants(t, d.Retention.Approve(ctx, requester, d.Workspace.ID, id), errs.Forbidden, "the requester approves")
	if n := fixture.One[int](d, `select count(*) from audit_entries where action = 'erasure request.refused' and actor_kind = 'staff'
		and actor_id = $1`, d.Owner.User); n != 1 {
		t.Errorf("%d audit entries of it", n)
	}
	approve(t, d, id)
	_, err = d.Retention.Withdraw(ctx, d.Owner, retention.WithdrawInput{Number: n})
	wants(t, err, errs.Conflict, "withdrawing what was approved")
}

// TestRestoringByWithdrawalWorksOnEveryPlan: a smaller plan stops deleting, never restoring.
func TestRestoringByWithdrawalWorksOnEveryPlan(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	n := d.Deleted()
	request(t, d, n)
	owner := d.Owner
	owner.Plan = access.Starter
	_, err := d.Retention.Withdraw(t.Context(), owner, retention.WithdrawInput{Number: n, Restore: true})
	must(t, err)
	if c := get(t, d, n); c.ErasureRequestedAt != nil || c.DeletedAt != nil {
		t.Error("the case is still deleted or waits for its erasure")
	}
	_, err = d.Retention.Withdraw(t.Context(), d.Ben, retention.WithdrawInput{Number: n, Restore: true})
	wants(t, err, errs.Forbidden, "withdraw and restore by an agent without the right")
}

// TestApproveOrWithdraw: of two at the same moment exactly one wins.
func TestApproveOrWithdraw(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	ctx := t.Context()
	wins := map[string]int{}
	numbers := d.Bulk(60)
	d.Exec(`update cases set deleted_at = $1::timestamptz, deleted_cause = 'agent', purge_at = $1::timestamptz + interval '7 days'`, d.Clock.Now())
	for round, n := range numbers {
		id := request(t, d, n)
		var approved, second, withdrawn error
		var wait sync.WaitGroup
		start := make(chan struct{})
		wait.Go(func() { <-start; approved = d.Retention.Approve(ctx, d.Staff, d.Workspace.ID, id) })
		wait.Go(func() {
			<-start
			_, withdrawn = d.Retention.Withdraw(ctx, d.Owner, retention.WithdrawInput{Number: n, Restore: round%2 == 0})
		})
		wait.Go(func() { <-start; second = d.Retention.Refuse(ctx, d.Staff, d.Workspace.ID, id, "No.") })
		close(start)
		wait.Wait()
		won := 0
		for what, err := range map[string]error{"approve": approved, "withdraw": withdrawn, "refuse": second} {
			switch {
			case err == nil:
				won++
				wins[what]++
			case !errs.Is(err, errs.Conflict):
				t.Errorf("round %d, %s: %v", round, what, err)
			}
		}
		if won != 1 {
			t.Fatalf("round %d: %d won", round, won)
		}
		state := fixture.One[string](d, `select r.state || case when c.erasure_requested_at is null then '' else ', frozen' end || case when c.deleted_at is null then ', live' else '' end
			from erasure_requests r join cases c on c.id = r.case_id where r.id = $1`, id)
		want := map[bool]string{approved == nil: "approved, frozen", second == nil: "refused"}[true]
		if withdrawn == nil {
			want = map[bool]string{true: "withdrawn, live", false: "withdrawn"}[round%2 == 0]
		}
		if state != want {
			t.Errorf("round %d: %s, want %s", round, state, want)
		}
	}
	t.Log(wins)
	done := make(chan error)
	for range 3 {
		s := fixture.New(t, d.DB, d.Clock.Now).Retention
		go func() { _, err := s.Fulfil(ctx); done <- err }()
	}
	for range 3 {
		must(t, <-done)
	}
	if n := fixture.One[int](d, `select count(*) from erasure_ledger`); n != wins["approve"] {
		t.Errorf("%d entries for %d approvals", n, wins["approve"])
	}
	must(t, retention.VerifyLedger(ctx, d.DB, d.Workspace.ID))
}

// TestACustomerWritesWhileErasureIsAskedFor: the case stays shut; the mail begins a new one, an automatic one does not.
func TestACustomerWritesWhileErasureIsAskedFor(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	n := d.Receive(fixture.Mail{ID: "first@customer.test"})
	d.Delete(n)
	request(t, d, n)
	before := d.Snapshot(n)
	d.Clock.Advance(time.Hour)
	r := d.TakeIn(fixture.Mail{InReplyTo: "first@customer.test", ID: "second@customer.test"})
	if r.Outcome != message.Created || r.Case.Number == n {
		t.Errorf("%s, case %d", r.Outcome, r.Case.Number)
	}
	if next := d.TakeIn(fixture.Mail{InReplyTo: "second@customer.test"}); next.Outcome != message.Appended || next.Case.Number != r.Case.Number {
		t.Errorf("the thread does not go on in the new case: %s, case %d", next.Outcome, next.Case.Number)
	}
	if next := d.TakeIn(fixture.Mail{InReplyTo: "second@customer.test", References: []string{"first@customer.test", "second@customer.test"}}); next.Case.Number != r.Case.Number {
		t.Errorf("a reply that names both is in case %d", next.Case.Number)
	}
	same(t, "the requested case", before, d.Snapshot(n))
	if r := d.TakeIn(fixture.Mail{InReplyTo: "first@customer.test", Header: []string{"Auto-Submitted: auto-replied"}}); r.Outcome != message.HeldBack || r.Case.Number != n {
		t.Errorf("an automatic mail: %s, case %d", r.Outcome, r.Case.Number)
	}
}

func TestACaseThatIsBeingErasedTakesNoDeleteAndNoRestore(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	ctx := t.Context()
	n := d.Deleted()
	id := request(t, d, n)
	_, err := d.Cases.Delete(ctx, d.Ana, cases.DeleteInput{Number: n})
	must(t, err) // deleted already: that is no error, and changes nothing
	must(t, d.Retention.Approve(ctx, d.Staff, d.Workspace.ID, id))
	before := d.Snapshot(n)
	_, err = d.Cases.Delete(ctx, d.Ana, cases.DeleteInput{Number: n})
	wants(t, err, errs.Conflict, "deleting it again")
	if !strings.Contains(errs.SafeText(err), "It is being erased") {
		t.Errorf("the refusal says %q", errs.SafeText(err))
	}
	_, err = d.Cases.Restore(ctx, d.Ana, cases.RestoreInput{Number: n})
	wants(t, err, errs.Conflict, "restoring it")
	if !strings.Contains(errs.SafeText(err), "It is being erased") {
		t.Errorf("the refusal says %q", errs.SafeText(err))
	}
	same(t, "the case", before, d.Snapshot(n))
}
