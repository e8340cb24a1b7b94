package retention

import (
	"context"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"caseward/internal/desk/access"
	"caseward/internal/desk/cases"
)

// doomed is a locked case about to be removed.
type doomed struct {
	ID     cases.ID
	Number cases.Number
}

// counts are rows removed, by table.
type counts map[string]int

// eraseTx removes cases of one workspace with everything that hangs on them and returns what was removed of each.
// The caller has taken the list with takeTx: it holds the cases' locks, which keep everybody else from adding anything
// below them.
func eraseTx(ctx context.Context, tx pgx.Tx, ws access.WorkspaceID, list []doomed) (map[cases.ID]counts, error) {
	ids, removed := idsOf(list), map[cases.ID]counts{}
	for _, id := range ids {
		removed[id] = counts{}
	}
	if err := cases.DropPackagesTx(ctx, tx, ws, ids); err != nil {
		return nil, err
	}
	batch := &pgx.Batch{}
	tally := func(table string) func(pgx.Rows) error {
		return func(rows pgx.Rows) error {
			var id cases.ID
			var n int
			_, err := pgx.ForEachRow(rows, []any{&id, &n}, func() error {
				removed[id][table] = n
				return nil
			})
			return err
		}
	}
	batch.Queue(`set local app.retention = 'on'`)
	batch.Queue(`delete from mail_ids where workspace_id = $1 and case_id = any ($2) and not seen`, ws, ids)
	batch.Queue(`update mail_ids set case_id = null where workspace_id = $1 and case_id = any ($2)`, ws, ids)
	batch.Queue(`update erasure_requests set refusal_reason = '' where workspace_id = $1 and case_id = any ($2) and refusal_reason <> ''`, ws, ids)
	for _, table := range erased {
		batch.Queue(eraseSQL(table), ws, ids).Query(tally(table))
	}
	batch.Queue(`delete from cases where workspace_id = $1 and id = any ($2)`, ws, ids)
	batch.Queue(`set local app.retention = 'off'`)
	return removed, tx.SendBatch(ctx, batch).Close()
}

// goneTx says why and when cases go that the transaction removes after this: insights count them then.
func goneTx(ctx context.Context, tx pgx.Tx, cause string, at time.Time) error {
	_, err := tx.Exec(ctx, `select set_config('app.cause', $1, true), set_config('app.at', $2, true)`, cause, at.Format(time.RFC3339Nano))
	return err
}

// eraseSQL removes a table's rows and counts them by case. The bytes of an attachment go in the same statement.
func eraseSQL(table string) string {
	if table == "attachments" {
		return `with gone as (delete from attachments where workspace_id = $1 and case_id = any ($2) returning case_id, blob_id),
			bytes as (delete from blobs b using gone where b.workspace_id = $1 and b.id = gone.blob_id)
			select case_id, count(*) from gone group by case_id`
	}
	return `with gone as (delete from ` + table + ` where workspace_id = $1 and case_id = any ($2) returning case_id)
		select case_id, count(*) from gone group by case_id`
}

// takeTx adds the cases that were merged into those to be removed, since what a redirect still holds goes too, and
// leaves out the cases that the intake is about to add to. The intake locks a mail's id before its case, and a redirect
// before its target; we begin with the case. So here we wait for nobody: what is held is left for another time.
func takeTx(ctx context.Context, tx pgx.Tx, ws access.WorkspaceID, list []doomed) (take []doomed, busy []cases.ID, err error) {
	redirects, err := redirectsTx(ctx, tx, ws, list)
	if err != nil {
		return nil, nil, err
	}
	ids := idsOf(list)
	for _, r := range redirects {
		ids = append(ids, r.ID)
	}
	rows, err := tx.Query(ctx, `with free as materialized (select id_hash from mail_ids
			where workspace_id = $1 and case_id = any ($2) for update skip locked)
		select distinct case_id from mail_ids where workspace_id = $1 and case_id = any ($2) and id_hash not in (select id_hash from free)`, ws, ids)
	if err != nil {
		return nil, nil, err
	}
	busy, err = pgx.CollectRows(rows, pgx.RowTo[cases.ID])
	for _, r := range redirects {
		if !r.Free || slices.Contains(busy, r.ID) {
			busy = append(busy, r.Into)
		}
	}
	for _, d := range list {
		if !slices.Contains(busy, d.ID) {
			take = append(take, d)
		}
	}
	for _, r := range redirects {
		if !slices.Contains(busy, r.Into) {
			take = append(take, r.doomed)
		}
	}
	return take, busy, err
}

type redirect struct {
	doomed
	Into cases.ID
	Free bool // and now locked
}

func redirectsTx(ctx context.Context, tx pgx.Tx, ws access.WorkspaceID, list []doomed) ([]redirect, error) {
	rows, err := tx.Query(ctx, `with free as materialized (select id from cases where workspace_id = $1 and merged_into_id = any ($2) for update skip locked)
		select id, number, merged_into_id as into, id in (select id from free) as free from cases
		where workspace_id = $1 and merged_into_id = any ($2) order by id`, ws, idsOf(list))
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByName[redirect])
}

func idsOf(list []doomed) []cases.ID {
	ids := make([]cases.ID, len(list))
	for i, d := range list {
		ids[i] = d.ID
	}
	return ids
}
