package retention

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"caseward/internal/desk/access"
)

// settle is how much later than an erasure something in a backup may be from that does not have the erasure: a backup begins
// while one is under way, and clocks differ.
const settle = 10 * time.Minute

// untouched refuses a database that something worked on after the first of the erasures that it lacks: it was restored and went on
// without the file, so numbers of what was erased may be those of something new by now. An interrupted replay was checked
// before it began, and nothing works on its database.
func (x *Export) untouched(ctx context.Context, p plan) error {
	for ws, m := range p.missing {
		if !p.there[ws] {
			continue
		}
		var gone bool
		err := x.db.AsSystem(ctx, ReplayJob, func(tx pgx.Tx) error {
			return tx.QueryRow(ctx, `select not exists (select from erasure_replays where workspace_id = $1 and finished_at is null) and (
				exists (select from workspaces where id = $1 and created_at > $2)
				or exists (select from cases where workspace_id = $1 and created_at > $2)
				or exists (select from contacts where workspace_id = $1 and created_at > $2)
				or exists (select from audit_entries a where a.workspace_id = $1 and a.at > $2 and a.actor_job <> $3 and not exists (
					select from erasure_replays r where r.workspace_id = $1 and a.at between r.begun_at and r.finished_at)))`,
				ws, m.first.Add(settle), ReplayJob).Scan(&gone)
		})
		if err != nil {
			return err
		}
		if gone {
			return &UnfitError{0, fmt.Sprintf("workspace %d went on in this database after %s, when the first erasure that it lacks was made, so new cases "+
				"and people may have the numbers of erased ones: restore the backup anew, and replay before anything else works on it",
				ws, m.first.UTC().Format(time.RFC3339))}
		}
	}
	return nil
}

// elderTx refuses a case or contact that has the number of an erased one, and is younger than its erasure.
func elderTx(ctx context.Context, tx pgx.Tx, ws access.WorkspaceID, entries []LedgerEntry) error {
	var kinds []bool
	var ids []int64
	var at []time.Time
	for _, e := range entries {
		if e.CaseID != 0 {
			kinds, ids, at = append(kinds, true), append(ids, int64(e.CaseID)), append(at, e.At)
			continue
		}
		var v Verification
		if err := json.Unmarshal(e.Verification, &v); err != nil {
			return err
		}
		for _, id := range append(v.Contacts, *e.ContactID) {
			kinds, ids, at = append(kinds, false), append(ids, int64(id)), append(at, e.At)
		}
	}
	var what string
	var id int64
	err := tx.QueryRow(ctx, `select case when e.is_case then 'case' else 'contact' end, e.id from unnest($2::boolean[], $3::bigint[], $4::timestamptz[]) e (is_case, id, at)
		where case when e.is_case then exists (select from cases c where c.workspace_id = $1 and c.id = e.id and c.created_at > e.at)
			else exists (select from contacts k where k.workspace_id = $1 and k.id = e.id and k.created_at > e.at) end limit 1`,
		ws, kinds, ids, at).Scan(&what, &id)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil
	}
	if err == nil {
		err = fmt.Errorf("%s %d of workspace %d is younger than the erasure of the one that had its number: restore the backup anew, "+
			"and replay before anything else works on it", what, id, ws)
	}
	return err
}
