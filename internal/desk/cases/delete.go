package cases

import (
	"context"

	"github.com/jackc/pgx/v5"

	"caseward/internal/desk/access"
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
// Needs DeleteCases. Errors: Invalid, Forbidden, NotFound, Gone; Conflict when the case is a redirect to another.
func (s *Service) Delete(ctx context.Context, actor access.Actor, in DeleteInput) (Case, error) {
	in.ReasonText = cleanReason(in.ReasonText)
	return s.change(ctx, actor, access.DeleteCases, in.Number, func(tx pgx.Tx, c *Case) error {
		if err := validReason(in.Reason, in.ReasonText); err != nil {
			return err
		}
		if c.DeletedAt != nil {
			return nil
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
