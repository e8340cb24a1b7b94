package cases

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5"

	"caseward/internal/desk/access"
	"caseward/internal/platform/errs"
)

// columns are those of Case, in any query that reads one.
const columns = `workspace_id, id, number, subject, contact_id, status, priority, queue_id, assignee_id, channel,
	created_at, last_activity_at, last_inbound_at, last_outbound_at, closed_at, merged_into_id, spam_at, spam_by, spam_cause,
	snoozed_until, clock_from, deleted_at, deleted_by, deleted_cause, deleted_bulk_id, delete_reason, delete_reason_text, purge_at, erasure_requested_at, purge_left`

// LockTx reads a case and holds it until the transaction ends: every change of state begins here.
func LockTx(ctx context.Context, tx pgx.Tx, ws access.WorkspaceID, n Number) (Case, error) {
	return oneTx(ctx, tx, ws, n, `select `+columns+` from cases where workspace_id = $1 and number = $2 for update`)
}

const lockByIDSQL = `select ` + columns + ` from cases where workspace_id = $1 and id = $2 for update`

// LockByIDTx is LockTx by the internal id.
func LockByIDTx(ctx context.Context, tx pgx.Tx, ws access.WorkspaceID, id ID) (Case, error) {
	rows, err := tx.Query(ctx, lockByIDSQL, ws, id)
	if err != nil {
		return Case{}, err
	}
	return pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[Case])
}

// LockForMailTx is LockByIDTx that also reports whether RequireStayingTx would refuse the case.
func LockForMailTx(ctx context.Context, tx pgx.Tx, ws access.WorkspaceID, id ID) (c Case, erasing bool, err error) {
	batch := &pgx.Batch{}
	batch.Queue(lockByIDSQL, ws, id).Query(func(rows pgx.Rows) error {
		c, err = pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[Case])
		return err
	})
	batch.Queue(erasingSQL, ws, []ID{id}).QueryRow(func(row pgx.Row) error { return row.Scan(&erasing) })
	err = tx.SendBatch(ctx, batch).Close() // only now are both known
	return c, erasing, err
}

// ReadTx reads a case without holding it. It is the caller's to ask who may see it.
func ReadTx(ctx context.Context, tx pgx.Tx, ws access.WorkspaceID, n Number) (Case, error) {
	return oneTx(ctx, tx, ws, n, `select `+columns+` from cases where workspace_id = $1 and number = $2`)
}

func oneTx(ctx context.Context, tx pgx.Tx, ws access.WorkspaceID, n Number, query string) (Case, error) {
	rows, err := tx.Query(ctx, query, ws, n)
	if err != nil {
		return Case{}, err
	}
	c, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[Case])
	if errors.Is(err, pgx.ErrNoRows) {
		return Case{}, missingTx(ctx, tx, ws, n)
	}
	return c, err
}

// missingTx tells a case that was permanently deleted from one that never was. The ledger belongs to retention
// and is only read here.
func missingTx(ctx context.Context, tx pgx.Tx, ws access.WorkspaceID, n Number) error {
	var gone bool
	err := tx.QueryRow(ctx, `select exists (select from erasure_ledger where workspace_id = $1 and case_number = $2)`, ws, n).Scan(&gone)
	switch {
	case err != nil:
		return err
	case gone:
		return errs.Newf(errs.Gone, "Case %d was permanently deleted.", n)
	}
	return errs.Newf(errs.NotFound, "There is no case %d in this workspace.", n)
}

// saveTx writes what an edit may change. Deletion and restore have their own statements, so that neither can
// touch these columns by accident.
func saveTx(ctx context.Context, tx pgx.Tx, c Case) error {
	_, err := tx.Exec(ctx, `update cases set subject = $3, status = $4, priority = $5, queue_id = $6, assignee_id = $7,
			last_activity_at = $8, last_inbound_at = $9, last_outbound_at = $10, closed_at = $11,
			spam_at = $12, spam_by = $13, spam_cause = $14, contact_id = $15, snoozed_until = $16, clock_from = $17
		where workspace_id = $1 and id = $2`,
		c.WorkspaceID, c.ID, c.Subject, c.Status, c.Priority, c.QueueID, c.AssigneeID,
		c.LastActivityAt, c.LastInboundAt, c.LastOutboundAt, c.ClosedAt,
		c.SpamAt, c.SpamBy, c.SpamCause, c.ContactID, c.SnoozedUntil, c.ClockFrom)
	return err
}

// saveDeletionTx writes deletion's own columns.
func saveDeletionTx(ctx context.Context, tx pgx.Tx, c Case) error {
	_, err := tx.Exec(ctx, `update cases set deleted_at = $3, deleted_by = $4, deleted_cause = $5, delete_reason = $6,
			delete_reason_text = $7, purge_at = $8, erasure_requested_at = $9, purge_left = $10, deleted_bulk_id = $11
		where workspace_id = $1 and id = $2`,
		c.WorkspaceID, c.ID, c.DeletedAt, c.DeletedBy, c.DeletedCause, c.DeleteReason,
		c.DeleteReasonText, c.PurgeAt, c.ErasureRequestedAt, c.PurgeLeft, c.DeletedBulkID)
	return err
}
