package retention

import (
	"context"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"caseward/internal/desk/access"
	"caseward/internal/desk/cases"
	"caseward/internal/desk/hold"
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

// picked is what takeTx made of a list.
type picked struct {
	list []doomed   // to be removed now
	busy []cases.ID // left for another time
	// contested are those of busy whose contact somebody is just putting on hold, or erases.
	contested []cases.ID
	held      []cases.ID // a legal hold stands on them
}

// takeTx adds the cases that were merged into those to be removed, since what a redirect still holds goes too, and
// leaves out the cases that the intake is about to add to. The intake locks a mail's id before its case, and a redirect
// before its target; we begin with the case. So here we wait for nobody: what others have is left for another time.
// It leaves out, too, what stands under a legal hold: whoever removes a case comes through here with its lock.
func takeTx(ctx context.Context, tx pgx.Tx, ws access.WorkspaceID, list []doomed) (picked, error) {
	holds, err := hold.HeldTx(ctx, tx, ws, idsOf(list))
	if err != nil {
		return picked{}, err
	}
	return pickTx(ctx, tx, ws, list, holds)
}

// takeDespiteHoldsTx is takeTx for what was erased once and is erased again: a hold of the backup was released before.
func takeDespiteHoldsTx(ctx context.Context, tx pgx.Tx, ws access.WorkspaceID, list []doomed) (picked, error) {
	return pickTx(ctx, tx, ws, list, hold.Check{})
}

// pickTx is takeTx with what was found of legal holds.
func pickTx(ctx context.Context, tx pgx.Tx, ws access.WorkspaceID, list []doomed, holds hold.Check) (t picked, err error) {
	redirects, err := redirectsTx(ctx, tx, ws, list)
	if err != nil {
		return t, err
	}
	ids := idsOf(list)
	for _, r := range redirects {
		ids = append(ids, r.ID)
	}
	rows, err := tx.Query(ctx, `with free as materialized (select id_hash from mail_ids
			where workspace_id = $1 and case_id = any ($2) for update skip locked)
		select distinct case_id from mail_ids where workspace_id = $1 and case_id = any ($2) and id_hash not in (select id_hash from free)`, ws, ids)
	if err != nil {
		return t, err
	}
	if t.busy, err = pgx.CollectRows(rows, pgx.RowTo[cases.ID]); err != nil {
		return t, err
	}
	for _, r := range redirects {
		if !r.Free || slices.Contains(t.busy, r.ID) {
			t.busy = append(t.busy, r.Into)
		}
	}
	t.held, t.contested, t.busy = holds.Held, holds.Busy, append(t.busy, holds.Busy...)
	for _, d := range list {
		if t.free(d.ID) {
			t.list = append(t.list, d)
		}
	}
	for _, r := range redirects {
		if t.free(r.Into) {
			t.list = append(t.list, r.doomed)
		}
	}
	return t, nil
}

// free reports whether nothing stands against the removal of a case.
func (t picked) free(id cases.ID) bool {
	return !slices.Contains(t.busy, id) && !slices.Contains(t.held, id)
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
