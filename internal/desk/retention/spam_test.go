package retention_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"caseward/internal/desk/access"
	"caseward/internal/desk/bulk"
	"caseward/internal/desk/cases"
	"caseward/internal/desk/removal"
	"caseward/internal/desk/retention"
	"caseward/internal/platform/errs"
	"caseward/internal/testkit/fixture"
)

func spamOf(t *testing.T, d *fixture.Desk, numbers ...cases.Number) {
	t.Helper()
	for _, n := range numbers {
		if _, err := d.Cases.MarkSpam(t.Context(), d.Ben, n); err != nil {
			t.Fatal(err)
		}
	}
}

// gone checks that nothing of the cases is left but their entries.
func gone(t *testing.T, d *fixture.Desk, by access.Actor, numbers ...cases.Number) {
	t.Helper()
	for _, n := range numbers {
		if _, err := d.Cases.Get(t.Context(), d.Owner, n); !errs.Is(err, errs.Gone) {
			t.Errorf("case %d: %v", n, err)
		}
		c, err := d.Retention.Certificate(t.Context(), d.Owner, n)
		if err != nil || c.Kind != retention.SpamErased || len(c.Removed()) == 0 {
			t.Errorf("the entry of case %d: %+v, %v", n, c, err)
		}
		if who := fixture.One[access.MemberID](d, `select requested_by from erasure_ledger where case_number = $1`, n); who != by.Member {
			t.Errorf("case %d was deleted by member %d", n, who)
		}
	}
	if err := retention.VerifyLedger(t.Context(), d.DB, d.Workspace.ID); err != nil {
		t.Error(err)
	}
}

func TestSpamIsDeletedForever(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	ctx := t.Context()
	n, other := d.Case(), d.Case()
	kept := d.Snapshot(other)
	spamOf(t, d, n)
	now := d.Clock.Now
	for name, by := range map[string]access.Actor{"ana": d.Ana, "ben": d.Ben, "vera": d.Viewer} {
		if err := d.Retention.EraseSpam(ctx, by, n, now()); !errs.Is(err, errs.Forbidden) {
			t.Errorf("%s: %v", name, err)
		}
	}
	starter := d.Owner
	starter.Plan = access.Starter
	if err := d.Retention.EraseSpam(ctx, starter, n, now()); !errs.Is(err, errs.Forbidden) {
		t.Errorf("on the starter plan: %v", err)
	}
	elsewhere := d.In(fixture.Workspace(t, d.DB))
	if err := d.Retention.EraseSpam(ctx, elsewhere.Owner, n, now()); !errs.Is(err, errs.NotFound) {
		t.Errorf("from another workspace: %v", err)
	}
	if err := d.Retention.EraseSpam(ctx, d.Admin, other, now()); !errs.Is(err, errs.Conflict) {
		t.Errorf("a live case: %v", err)
	}
	var group errgroup.Group
	failures := make([]error, 3)
	for i := range failures {
		group.Go(func() error {
			failures[i] = d.Retention.EraseSpam(ctx, d.Admin, n, now())
			return nil
		})
	}
	_ = group.Wait()
	done := 0
	for _, err := range failures {
		switch {
		case err == nil:
			done++
		case !errs.Is(err, errs.Gone):
			t.Errorf("the second: %v", err)
		}
	}
	if done != 1 {
		t.Errorf("%d deleted it", done)
	}
	gone(t, d, d.Admin, n)
	same(t, "the other case", kept, d.Snapshot(other))
	if trail := d.Trail(n); !slices.Contains(trail, "case.erased") {
		t.Errorf("trail %v", trail)
	}
	for _, table := range []string{"messages", "attachments", "activities", "case_search", "drafts"} {
		if left := fixture.One[int](d, `select count(*) from `+table+` x where not exists (select from cases c where c.id = x.case_id)`); left > 0 {
			t.Errorf("%d rows are left in %s", left, table)
		}
	}
}

func TestWhatIsNoSpamAnyMoreIsNotDeletedForever(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	ctx := t.Context()
	ham, again, deleted, spam := d.Case(), d.Case(), d.Case(), d.Case()
	all := []cases.Number{ham, again, deleted, spam}
	spamOf(t, d, all...)
	asked := d.Clock.Now()
	d.Clock.Advance(time.Minute)
	for _, n := range []cases.Number{ham, again} {
		if _, err := d.Cases.NotSpam(ctx, d.Ben, n); err != nil {
			t.Fatal(err)
		}
	}
	spamOf(t, d, again)
	d.Delete(deleted)
	kept := append(append(d.Snapshot(ham), d.Snapshot(again)...), d.Snapshot(deleted)...)
	id, err := d.BulkUpdate.Start(ctx, d.Owner, bulk.StartInput{Numbers: all, Change: cases.Many{Do: cases.EraseMany, Until: &asked}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := d.BulkUpdate.Run(ctx); err != nil {
		t.Fatal(err)
	}
	a, err := d.BulkUpdate.Get(ctx, d.Owner, id)
	if err != nil || a.Changed != 1 || a.Refused != 3 || a.State != bulk.Done || a.CanUndo(d.Owner, d.Clock.Now()) {
		t.Errorf("%+v, %v", a, err)
	}
	gone(t, d, d.Owner, spam)
	same(t, "the others", kept, append(append(d.Snapshot(ham), d.Snapshot(again)...), d.Snapshot(deleted)...))
	told, err := d.BulkUpdate.Told(ctx, d.Owner, id, bulk.ToldInput{Size: 10})
	if err != nil || len(told) != 3 {
		t.Fatalf("told %v, %v", told, err)
	}
	for i, part := range []string{"not spam", "after you were asked", "can be restored"} {
		if told[i].Number != all[i] || !strings.Contains(told[i].Reason, part) {
			t.Errorf("of case %d: %q", told[i].Number, told[i].Reason)
		}
	}
	if err := d.BulkUpdate.Undo(ctx, d.Owner, id); !errs.Is(err, errs.Conflict) {
		t.Errorf("undo: %v", err)
	}
	if err := d.Retention.EraseSpam(ctx, d.Owner, again, asked); !errs.Is(err, errs.Conflict) {
		t.Errorf("marked anew, by itself: %v", err)
	}
}

// TestWithSpamGoesWhatWasMergedIntoIt: the redirects have their entries too.
func TestWithSpamGoesWhatWasMergedIntoIt(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	into, from := d.Case(), d.Case()
	if _, err := d.Messages.Merge(t.Context(), d.Ana, from, into); err != nil {
		t.Fatal(err)
	}
	spamOf(t, d, into)
	if err := d.Retention.EraseSpam(t.Context(), d.Owner, into, d.Clock.Now()); err != nil {
		t.Fatal(err)
	}
	gone(t, d, d.Owner, into, from)
}

// TestSpamOfADeletedContact: one case comes back alone, another goes for good, and the contact's return brings the rest.
func TestSpamOfADeletedContact(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	ctx := t.Context()
	numbers := []cases.Number{d.Receive(fixture.Mail{From: "one@customer.test"}), d.Receive(fixture.Mail{From: "one@customer.test"}), d.Receive(fixture.Mail{From: "one@customer.test"})}
	person := d.Contact("", "one@customer.test")
	if err := d.Removal.Delete(ctx, d.Owner, person); err != nil {
		t.Fatal(err)
	}
	d.Clock.Advance(time.Minute)
	r, err := d.Cases.TakeFromSpam(ctx, d.Ben, cases.NotSpamInput{Number: numbers[0], Lift: true})
	if err != nil || !r.OfDeleted || r.Lifted || r.Case.SpamAt != nil {
		t.Errorf("brought back alone: %+v, %v", r, err)
	}
	sender, err := d.Cases.SenderOf(ctx, d.Ben, r.Case)
	if err != nil || !sender.Deleted || sender.Suspends() {
		t.Errorf("the sender: %+v, %v", sender, err)
	}
	if again, err := d.Cases.Spam(ctx, d.Ben, cases.SpamInput{Number: numbers[0], Sender: cases.SuspendSender}); err != nil || again.Suspended {
		t.Errorf("a deleted contact was suspended: %+v, %v", again, err)
	}
	if err := d.Retention.EraseSpam(ctx, d.Owner, numbers[1], d.Clock.Now()); err != nil {
		t.Fatal(err)
	}
	gone(t, d, d.Owner, numbers[1])
	// Restored, and the job that brings the cases back has not come to this one.
	d.Exec(`update contacts set deleted_at = null where id = $1`, person)
	wants(t, d.Retention.EraseSpam(ctx, d.Owner, numbers[2], d.Clock.Now()), errs.Conflict, "erase a case of a contact who was restored")
	d.Exec(`update contacts set deleted_at = $2 where id = $1`, person, fixture.One[time.Time](d, `select spam_at from cases where number = $1`, numbers[2]))
	if err := d.Removal.Restore(ctx, d.Owner, removal.RestoreInput{Contact: person}); err != nil {
		t.Fatal(err)
	}
	live := fixture.Rows[cases.Number](d, `select number from live_cases where contact_id = $1 order by number`, person)
	same(t, "what came back with the contact", numbers[2:], live)
}
