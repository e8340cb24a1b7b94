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
	var last access.WorkspaceID
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
		r, err := s.purgeOnce(ctx, dueInput{until: until, limit: limit, except: passed, standing: standing, after: last})
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
			if single == 0 {
				last = r.due[len(r.due)-1].WorkspaceID
			}
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
	Stop *int64 // that of the breaker at which somebody agreed to its purge
}

// round is what one transaction found and did.
type round struct {
	due    []due
	purged int
	busy   []cases.ID // left for the next run: a mail for them is just coming in, or a hold stands on them
}

func (s *Service) purgeOnce(ctx context.Context, in dueInput) (r round, err error) {
	touched := map[access.WorkspaceID]bool{}
	err = s.db.AsSystem(ctx, "purge", func(tx pgx.Tx) error {
		r = round{}
		clear(touched)
		if r.due, err = dueTx(ctx, tx, in); err != nil {
			return err
		}
		byWorkspace := map[access.WorkspaceID][]due{}
		for _, d := range r.due {
			byWorkspace[d.WorkspaceID] = append(byWorkspace[d.WorkspaceID], d)
		}
		// Always in the same order: the ledgers' heads are locked one after the other.
		for _, ws := range slices.Sorted(maps.Keys(byWorkspace)) {
			did, err := s.purgePartTx(ctx, tx, ws, byWorkspace[ws], &r)
			if err != nil {
				return err
			}
			if did {
				touched[ws] = true
			}
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

// purgePartTx purges what is due of one workspace, and notes of how much somebody had to agree to it.
func (s *Service) purgePartTx(ctx context.Context, tx pgx.Tx, ws access.WorkspaceID, list []due, r *round) (did bool, err error) {
	doomedOnes := make([]doomed, len(list))
	for i, d := range list {
		doomedOnes[i] = d.doomed
	}
	t, err := takeTx(ctx, tx, ws, doomedOnes)
	if err != nil {
		return false, err
	}
	r.busy = append(append(r.busy, t.busy...), t.held...)
	if len(t.list) == 0 {
		return false, nil
	}
	if err := purgeTx(ctx, tx, ws, t.list, s.now()); err != nil {
		return false, err
	}
	agreed := map[int64]int{}
	for _, d := range list {
		if !t.free(d.ID) {
			continue
		}
		r.purged++
		if d.Stop != nil {
			agreed[*d.Stop]++
		}
	}
	for _, stop := range slices.Sorted(maps.Keys(agreed)) {
		if _, err := tx.Exec(ctx, `update purge_stops set agreed = agreed + $3 where workspace_id = $1 and id = $2`, ws, stop, agreed[stop]); err != nil {
			return false, err
		}
	}
	return true, nil
}

// dueInput asks for cases whose time has come.
type dueInput struct {
	until    time.Time
	limit    int
	except   []cases.ID
	standing []hold.ID
	after    access.WorkspaceID // the workspaces after this one come first, so that a large one does not keep the others
}

// Of a workspace whose purge is stopped only that is walked which was agreed to before. What stands under a legal hold is passed over
// here, so that a run does not begin with all of it; takeTx looks again. The offset keeps the order in which workspaces are walked.
var dueSQL = `select d.* from (
		select w.id, s.after from workspaces w left join purge_stops s on s.workspace_id = w.id and s.released_at is null
		order by w.id <= $5, w.id offset 0) w
	cross join lateral (
		select c.workspace_id, c.id, c.number, (select max(p.id) from purge_stops p where p.workspace_id = c.workspace_id
			and p.released_by is not null and c.purge_at > p.after and c.purge_at <= p.released_until) as stop
		from cases c
		where c.workspace_id = w.id and c.purge_at <= $1 and c.purge_at <= coalesce(w.after, $1) and c.deleted_at is not null and c.erasure_requested_at is null
			and c.id <> all ($3::bigint[]) and not ` + hold.KeptFor("c", "$4::bigint[]") + `
			and not ` + hold.KeptUntil("c", "(w.after - interval '1 hour')") + `
		order by c.purge_at limit $2 for update of c skip locked) d
	limit $2`

// dueTx locks cases whose time has come. The conditions are checked again on the locked row: PostgreSQL looks at
// its newest version, so a case restored or requested for erasure a moment ago is not among them.
func dueTx(ctx context.Context, tx pgx.Tx, in dueInput) ([]due, error) {
	rows, err := tx.Query(ctx, dueSQL, in.until, in.limit, in.except, in.standing, in.after)
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
