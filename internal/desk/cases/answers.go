package cases

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"caseward/internal/desk/access"
	"caseward/internal/desk/notify"
)

// AnswersDeletedTx records that a new case began with an answer to a locked one whose permanent deletion was requested:
// in the feed of both, by number only, and for support staff on the request. Owners, admins and who made the request
// are told. The requests belong to retention and are only read here.
func AnswersDeletedTx(ctx context.Context, tx pgx.Tx, actor access.Actor, fresh, deleted Case, now time.Time) error {
	var request int64
	var by access.MemberID
	err := tx.QueryRow(ctx, `select id, requested_by from erasure_requests
		where workspace_id = $1 and case_id = $2 and state in ('open', 'approved')`, deleted.WorkspaceID, deleted.ID).Scan(&request, &by)
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `insert into erasure_replies (workspace_id, case_id, request_id, created_at) values ($1, $2, $3, $4)`,
		fresh.WorkspaceID, fresh.ID, request, now)
	if err != nil {
		return err
	}
	if err := NoteTx(ctx, tx, actor, fresh, ActAnswersDeleted, map[string]any{"case": deleted.Number}, now); err != nil {
		return err
	}
	if err := NoteTx(ctx, tx, actor, deleted, ActAnswered, map[string]any{"case": fresh.Number}, now); err != nil {
		return err
	}
	return notify.AddTx(ctx, tx, fresh.WorkspaceID, notify.Event{
		Kind: notify.ErasureReply, Case: int64(fresh.ID), Request: request, Actor: actor, At: now,
		To: []access.MemberID{by}, Roles: []access.Role{access.Owner, access.Admin},
	})
}
