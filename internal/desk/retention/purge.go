package retention

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"caseward/internal/desk/access"
	"caseward/internal/desk/audit"
)

// purgeBatch is how many cases one transaction removes: small enough that its locks are short.
const purgeBatch = 500

// Purge removes the cases whose countdown has ended (seed 000), batch by batch. Killed at any point it leaves each
// case either untouched or gone with its ledger entry; what others purge at the same time it passes over.
func (s *Service) Purge(ctx context.Context) (summary string, err error) {
	total := 0
	for {
		n, err := s.purgeOnce(ctx)
		total += n
		if err != nil || n == 0 {
			return fmt.Sprintf("purged %d cases", total), err
		}
	}
}

type due struct {
	WorkspaceID access.WorkspaceID
	doomed
}

func (s *Service) purgeOnce(ctx context.Context) (n int, err error) {
	touched := map[access.WorkspaceID]bool{}
	err = s.db.AsSystem(ctx, "purge", func(tx pgx.Tx) error {
		n = 0
		byWorkspace, err := dueTx(ctx, tx, s.now(), s.batch)
		if err != nil {
			return err
		}
		// Always in the same order: the ledgers' heads are locked one after the other.
		for _, ws := range slices.Sorted(maps.Keys(byWorkspace)) {
			list, err := withRedirectsTx(ctx, tx, ws, byWorkspace[ws])
			if err != nil {
				return err
			}
			if err := purgeTx(ctx, tx, ws, list, s.now()); err != nil {
				return err
			}
			n += len(byWorkspace[ws])
			touched[ws] = true
		}
		return nil
	})
	if err != nil {
		return 0, err
	}
	for ws := range touched {
		s.cases.Changed(ws, 0)
	}
	return n, nil
}

const dueSQL = `select workspace_id, id, number from cases
	where purge_at <= $1 and deleted_at is not null and erasure_requested_at is null
	order by purge_at limit $2 for update skip locked`

// dueTx locks cases whose time has come. The conditions are checked again on the locked row: PostgreSQL looks at
// its newest version, so a case restored or requested for erasure a moment ago is not among them.
func dueTx(ctx context.Context, tx pgx.Tx, now time.Time, limit int) (map[access.WorkspaceID][]doomed, error) {
	rows, err := tx.Query(ctx, dueSQL, now, limit)
	if err != nil {
		return nil, err
	}
	found, err := pgx.CollectRows(rows, pgx.RowToStructByName[due])
	byWorkspace := map[access.WorkspaceID][]doomed{}
	for _, d := range found {
		byWorkspace[d.WorkspaceID] = append(byWorkspace[d.WorkspaceID], d.doomed)
	}
	return byWorkspace, err
}

func purgeTx(ctx context.Context, tx pgx.Tx, ws access.WorkspaceID, list []doomed, now time.Time) error {
	removed, err := eraseTx(ctx, tx, ws, list)
	if err != nil {
		return err
	}
	entries := make([]LedgerEntry, len(list))
	trail := make([]audit.Entry, len(list))
	for i, d := range list {
		rows, err := json.Marshal(removed[d.ID])
		if err != nil {
			return err
		}
		entries[i] = LedgerEntry{Kind: CasePurged, CaseID: d.ID, CaseNumber: d.Number, At: now, Counts: rows, Verification: json.RawMessage(`{}`)}
		trail[i] = audit.Entry{Actor: access.JobActor(ws, PurgeSweep), Action: "case.purged", Object: audit.Case(int64(d.Number)), At: now}
	}
	if err := audit.RecordTx(ctx, tx, trail...); err != nil {
		return err
	}
	return appendTx(ctx, tx, ws, entries)
}
