package retention

import (
	"context"
	"slices"

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
// The caller holds the cases' locks, which keep everybody else from adding anything below them.
func eraseTx(ctx context.Context, tx pgx.Tx, ws access.WorkspaceID, list []doomed) (map[cases.ID]counts, error) {
	ids := make([]cases.ID, len(list))
	removed := map[cases.ID]counts{}
	for i, d := range list {
		ids[i], removed[d.ID] = d.ID, counts{}
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
	for _, table := range erased {
		batch.Queue(eraseSQL(table), ws, ids).Query(tally(table))
	}
	batch.Queue(`delete from cases where workspace_id = $1 and id = any ($2)`, ws, ids)
	batch.Queue(`set local app.retention = 'off'`)
	return removed, tx.SendBatch(ctx, batch).Close()
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

// withRedirectsTx adds the cases that were merged into those to be removed: what a redirect still holds goes too.
func withRedirectsTx(ctx context.Context, tx pgx.Tx, ws access.WorkspaceID, list []doomed) ([]doomed, error) {
	ids := make([]cases.ID, len(list))
	for i, d := range list {
		ids[i] = d.ID
	}
	rows, err := tx.Query(ctx, `select id, number from cases where workspace_id = $1 and merged_into_id = any ($2)
		order by id for update`, ws, ids)
	if err != nil {
		return nil, err
	}
	redirects, err := pgx.CollectRows(rows, pgx.RowToStructByName[doomed])
	return append(slices.Clip(list), redirects...), err
}
