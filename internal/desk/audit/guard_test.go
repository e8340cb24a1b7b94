package audit_test

import (
	"context"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"caseward/internal/desk/access"
	"caseward/internal/desk/audit"
	"caseward/internal/platform/clock"
	"caseward/internal/platform/db"
	"caseward/internal/platform/errs"
	"caseward/internal/testkit/fixture"
	"caseward/internal/testkit/testdb"
)

// TestARefusalWithinASnapshotNeedsNoSecondConnection: otherwise as many refusals as there are connections, at the same
// moment, stop every request.
func TestARefusalWithinASnapshotNeedsNoSecondConnection(t *testing.T) {
	t.Parallel()
	d, err := db.Open(t.Context(), testdb.NewURL(t), db.Options{RequestConns: 1, AcquireTimeout: 500 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(d.Close)
	w := fixture.Workspace(t, d)
	guard := audit.NewGuard(d, clock.System)
	err = d.Snapshot(t.Context(), w.ID(), func(ctx context.Context) error {
		return guard.Require(ctx, w.Ben, access.RestoreCases, audit.Case(7))
	})
	if !errs.Is(err, errs.Forbidden) {
		t.Errorf("%v, want forbidden", err)
	}
	var n int
	scan := func(row pgx.Row) error { return row.Scan(&n) }
	if err := d.QueryRow(t.Context(), w.ID(), scan, `select count(*) from audit_entries where action = 'case.refused'`); err != nil || n != 1 {
		t.Errorf("%d refusals in the trail (%v)", n, err)
	}
}
