package field

import (
	"context"

	"github.com/jackc/pgx/v5"

	"caseward/internal/desk/access"
	"caseward/internal/desk/cases"
	"caseward/internal/desk/contact"
)

// FillTx gives a locked case what fields of another one hold and its own do not; what it has stays. It returns the fields
// that were filled. The other one, which becomes a redirect, keeps its values.
func FillTx(ctx context.Context, tx pgx.Tx, from, into cases.Case) (filled []int64, err error) {
	rows, err := tx.Query(ctx, `insert into case_field_values (workspace_id, case_id, field_id, choice, number, day, content)
		select workspace_id, $3, field_id, choice, number, day, content from case_field_values where workspace_id = $1 and case_id = $2
		on conflict do nothing returning field_id`, from.WorkspaceID, from.ID, into.ID)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[int64])
}

// GiveBackTx undoes FillTx for those fields that still hold what came from the other case.
func GiveBackTx(ctx context.Context, tx pgx.Tx, from, into cases.Case, filled []int64) error {
	_, err := tx.Exec(ctx, `delete from case_field_values t using case_field_values f
		where t.workspace_id = $1 and t.case_id = $3 and t.field_id = any ($4)
			and f.workspace_id = $1 and f.case_id = $2 and f.field_id = t.field_id
			and (t.choice, t.number, t.day, t.content) is not distinct from (f.choice, f.number, f.day, f.content)`,
		from.WorkspaceID, from.ID, into.ID, filled)
	return err
}

// TakeOverTx gives a locked contact what fields of another one hold and its own do not; what it has stays. The other one, who
// becomes a redirect, keeps nothing.
func TakeOverTx(ctx context.Context, tx pgx.Tx, ws access.WorkspaceID, from, into contact.ID) error {
	batch := &pgx.Batch{}
	batch.Queue(`insert into contact_field_values (workspace_id, contact_id, field_id, choice, number, day, content)
		select workspace_id, $3, field_id, choice, number, day, content from contact_field_values where workspace_id = $1 and contact_id = $2
		on conflict do nothing`, ws, from, into)
	batch.Queue(`delete from contact_field_values where workspace_id = $1 and contact_id = $2`, ws, from)
	return tx.SendBatch(ctx, batch).Close()
}

// OfContactTx reads the fields of contacts that are in use, and what they hold for one.
func OfContactTx(ctx context.Context, tx pgx.Tx, ws access.WorkspaceID, id contact.ID) (fields []Field, values Values, err error) {
	var all []Field
	batch := &pgx.Batch{}
	QueueAll(batch, ws, &all)
	queueValues(batch, ws, OfContact, int64(id), &values)
	err = tx.SendBatch(ctx, batch).Close()
	return InUse(all, OfContact), values, err
}
