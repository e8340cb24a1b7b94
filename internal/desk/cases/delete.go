package cases

import (
	"context"

	"github.com/jackc/pgx/v5"

	"caseward/internal/desk/access"
	"caseward/internal/platform/errs"
)

// DeleteInput says which case to delete and why; the reason is optional.
type DeleteInput struct {
	Number     Number
	Reason     DeleteReason
	ReasonText string
}

// Delete hides a case everywhere and starts its countdown to the purge (seeds 000, 001). Nothing is destroyed:
// Restore brings it back exactly as it was. Deleting a deleted case changes nothing and is no error.
//
// Needs DeleteCases. Errors: Invalid, Forbidden, NotFound, Gone; Conflict when the case is a redirect to another, or its
// permanent deletion is approved, since then it cannot be brought back.
func (s *Service) Delete(ctx context.Context, actor access.Actor, in DeleteInput) (Case, error) {
	in.ReasonText = cleanReason(in.ReasonText)
	return s.change(ctx, actor, access.DeleteCases, in.Number, func(tx pgx.Tx, c *Case) error {
		if err := validReason(in.Reason, in.ReasonText); err != nil {
			return err
		}
		if c.DeletedAt != nil {
			return refuseErasingTx(ctx, tx, *c)
		}
		if err := c.requireNotMerged(); err != nil {
			return err
		}
		days, err := retentionDaysTx(ctx, tx, actor.Workspace)
		if err != nil {
			return err
		}
		c.markDeleted(actor.Member, s.now(), days, in.Reason, in.ReasonText)
		if err := saveDeletionTx(ctx, tx, *c); err != nil {
			return err
		}
		return s.noteTx(ctx, tx, actor, *c, ActDeleted, map[string]any{"reason": in.Reason, "purge_at": c.PurgeAt})
	})
}

// refuseErasingTx refuses a deleted case whose erasure is approved. The requests belong to retention and are only read
// here.
func refuseErasingTx(ctx context.Context, tx pgx.Tx, c Case) error {
	if c.ErasureRequestedAt == nil {
		return nil
	}
	var approved bool
	err := tx.QueryRow(ctx, `select exists (select from erasure_requests where workspace_id = $1 and case_id = $2 and state = 'approved')`,
		c.WorkspaceID, c.ID).Scan(&approved)
	if err != nil || !approved {
		return err
	}
	return errs.Newf(errs.Conflict, "Support staff have approved the permanent deletion of case %d. It is being erased, and nothing can be done with it any more.", c.Number)
}

// RetentionDays tells how long a case deleted now would be kept; nil: until an erasure is requested.
// Needs no permission beyond being in the workspace.
func (s *Service) RetentionDays(ctx context.Context, actor access.Actor) (days *int, err error) {
	err = s.db.ReadWorkspace(ctx, int64(actor.Workspace), func(tx pgx.Tx) error {
		days, err = retentionDaysTx(ctx, tx, actor.Workspace)
		return err
	})
	return days, err
}

func retentionDaysTx(ctx context.Context, tx pgx.Tx, ws access.WorkspaceID) (days *int, err error) {
	err = tx.QueryRow(ctx, `select retention_days from workspaces where id = $1`, ws).Scan(&days)
	return days, err
}
