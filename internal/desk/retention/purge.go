package retention

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"caseward/internal/desk/access"
	"caseward/internal/desk/audit"
	"caseward/internal/desk/cases"
	"caseward/internal/desk/hold"
	"caseward/internal/desk/message"
)

// purgeBatch is how many cases one transaction removes: small enough that its locks are short.
const purgeBatch = 500

// Purge removes the cases whose countdown has ended (seed 000), batch by batch. Killed at any point it leaves each
// case either untouched or gone with its ledger entry; what others purge at the same time it passes over.
// A workspace in which far more than usual is due is stopped before anything of it is removed; see breaker.go.
// A case that cannot be removed does not keep the others: its batch is done again case by case. The error names it.
func (s *Service) Purge(ctx context.Context) (summary string, err error) {
	total, single := 0, 0
	passed := []cases.ID{} // over, until the next run
	var failures []error
	// What becomes due meanwhile is left for the next run: the breaker has not looked at it.
	until := s.now()
	standing, err := s.checkBreaker(ctx, until)
	if err != nil {
		return "", err
	}
	for {
		limit := s.batch
		if single > 0 {
			limit, single = 1, single-1
		}
		r, err := s.purgeOnce(ctx, until, limit, passed, standing)
		switch {
		case err != nil && !blamesCase(ctx, err) || len(r.due) == 0:
			return purgeSummary(total, len(failures)), errors.Join(append(failures, err)...)
		case err != nil && len(r.due) > 1:
			single = len(r.due)
		case err != nil:
			passed = append(passed, r.due[0].ID)
			failures = append(failures, fmt.Errorf("case %d of workspace %d: %w", r.due[0].ID, r.due[0].WorkspaceID, err))
		default:
			total += r.purged
			passed = append(passed, r.busy...)
		}
	}
}

func purgeSummary(purged, failed int) string {
	if failed > 0 {
		return fmt.Sprintf("purged %d cases, %d failed", purged, failed)
	}
	return fmt.Sprintf("purged %d cases", purged)
}

// blamesCase reports whether the database refused something, and not the database or this process is going away.
func blamesCase(ctx context.Context, err error) bool {
	pgErr, ok := errors.AsType[*pgconn.PgError](err)
	if !ok || ctx.Err() != nil {
		return false
	}
	switch pgErr.Code[:2] {
	case "08", "53", "57": // connection, resources, operator
		return false
	}
	return true
}

type due struct {
	WorkspaceID access.WorkspaceID
	doomed
}

// round is what one transaction found and did.
type round struct {
	due    []due
	purged int
	busy   []cases.ID // left for the next run: a mail for them is just coming in, or a hold stands on them
}

func (s *Service) purgeOnce(ctx context.Context, until time.Time, limit int, except []cases.ID, standing []hold.ID) (r round, err error) {
	touched := map[access.WorkspaceID]bool{}
	err = s.db.AsSystem(ctx, "purge", func(tx pgx.Tx) error {
		r = round{}
		clear(touched)
		if r.due, err = dueTx(ctx, tx, until, limit, except, standing); err != nil {
			return err
		}
		byWorkspace := map[access.WorkspaceID][]doomed{}
		for _, d := range r.due {
			byWorkspace[d.WorkspaceID] = append(byWorkspace[d.WorkspaceID], d.doomed)
		}
		// Always in the same order: the ledgers' heads are locked one after the other.
		for _, ws := range slices.Sorted(maps.Keys(byWorkspace)) {
			t, err := takeTx(ctx, tx, ws, byWorkspace[ws])
			if err != nil {
				return err
			}
			r.busy = append(append(r.busy, t.busy...), t.held...)
			if len(t.list) == 0 {
				continue
			}
			if err := purgeTx(ctx, tx, ws, t.list, s.now()); err != nil {
				return err
			}
			for _, d := range byWorkspace[ws] {
				if t.free(d.ID) {
					r.purged++
				}
			}
			touched[ws] = true
		}
		if len(touched) == 0 {
			return nil
		}
		return s.jobs.PokeTx(ctx, tx, message.OutboxFilesSweep)
	})
	if err != nil {
		return r, err
	}
	for ws := range touched {
		s.cases.Changed(ws, 0)
	}
	return r, nil
}

// What stands under a legal hold is passed over here, so that a run does not begin with all of it; takeTx looks again.
var dueSQL = `select c.workspace_id, c.id, c.number from cases c
	where c.purge_at <= $1 and c.deleted_at is not null and c.erasure_requested_at is null and c.id <> all ($3::bigint[])
		and not ` + hold.StoodOnCase("c", "$4::bigint[]") + `
		and not exists (select from purge_stops s where s.workspace_id = c.workspace_id and s.released_at is null and ` + unagreedSQL("s.after") + `)
	order by c.purge_at limit $2 for update of c skip locked`

// dueTx locks cases whose time has come. The conditions are checked again on the locked row: PostgreSQL looks at
// its newest version, so a case restored or requested for erasure a moment ago is not among them.
func dueTx(ctx context.Context, tx pgx.Tx, now time.Time, limit int, except []cases.ID, standing []hold.ID) ([]due, error) {
	rows, err := tx.Query(ctx, dueSQL, now, limit, except, standing)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByName[due])
}

func purgeTx(ctx context.Context, tx pgx.Tx, ws access.WorkspaceID, list []doomed, now time.Time) error {
	if err := goneTx(ctx, tx, "purge", now); err != nil {
		return err
	}
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
