package bulk_test

import (
	"context"
	"testing"
	"time"

	"caseward/internal/desk/access"
	"caseward/internal/desk/bulk"
	"caseward/internal/desk/cases"
	"caseward/internal/desk/retention"
	"caseward/internal/platform/errs"
	"caseward/internal/testkit/fixture"
)

// TestDeletingManyForeverGoesOnAfterAKill: each batch is whole, and what is done counts.
func TestDeletingManyForeverGoesOnAfterAKill(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	ctx := t.Context()
	d.BulkUpdate.SetBatch(7)
	numbers := d.Bulk(40)
	d.Exec(`update cases set spam_at = $2, spam_by = $3, spam_cause = 'agent' where workspace_id = $1`, d.ID(), d.Clock.Now(), d.Ben.Member)
	asked := d.Clock.Now()
	d.Clock.Advance(time.Minute)
	for _, by := range []access.Actor{d.Ana, d.Ben} {
		if _, err := d.BulkUpdate.Start(ctx, by, bulk.StartInput{Numbers: numbers, Change: cases.Many{Do: cases.EraseMany}}); !errs.Is(err, errs.Forbidden) {
			t.Errorf("an agent: %v", err)
		}
	}
	id, err := d.BulkUpdate.Start(ctx, d.Owner, bulk.StartInput{All: &bulk.Scope{Filter: cases.SpamView}, Change: cases.Many{Do: cases.EraseMany, Until: &asked}})
	if err != nil {
		t.Fatal(err)
	}
	state, killed := func() string { return fixture.One[string](d, `select state from bulk_actions`) }, 0
	for i := 0; i < 300 && state() != string(bulk.Done); i++ { // what a killed run held may be held for a moment more
		run, cancel := context.WithTimeout(ctx, time.Duration(5+i)*time.Millisecond)
		if _, err := d.BulkUpdate.Run(run); err != nil {
			killed++
		}
		cancel()
		d.Clock.Advance(2 * time.Minute)
		if left, entries := fixture.One[int](d, `select count(*) from cases`), fixture.One[int](d, `select count(*) from erasure_ledger`); left+entries != 40 {
			t.Fatalf("%d cases and %d entries", left, entries)
		}
	}
	a, err := d.BulkUpdate.Get(ctx, d.Owner, id)
	if err != nil || a.Changed != 40 || a.Refused != 0 || a.State != bulk.Done {
		t.Errorf("after %d kills: %+v, %v", killed, a, err)
	}
	if n := fixture.One[int](d, `select count(*) from erasure_ledger where kind = 'spam erased' and requested_by = $1`, d.Owner.Member); n != 40 {
		t.Errorf("%d entries", n)
	}
	must(t, retention.VerifyLedger(ctx, d.DB, d.Workspace.ID))
	if n := fixture.One[int](d, `select count(*) from bulk_items`); n != 0 {
		t.Errorf("%d items are left", n)
	}
}
