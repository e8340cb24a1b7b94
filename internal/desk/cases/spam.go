package cases

import (
	"context"

	"github.com/jackc/pgx/v5"

	"caseward/internal/desk/access"
)

// MarkSpam moves a case to the Spam view. It is not a way around the right to delete: spam is never purged.
//
// Needs WorkCases. Errors: Forbidden, NotFound, Gone; Conflict when the case is deleted.
func (s *Service) MarkSpam(ctx context.Context, actor access.Actor, n Number) (Case, error) {
	return s.edit(ctx, actor, n, func(tx pgx.Tx, c *Case) error {
		if c.SpamAt != nil {
			return nil
		}
		c.markSpam(actor.Member, s.now())
		if err := saveTx(ctx, tx, *c); err != nil {
			return err
		}
		return s.noteTx(ctx, tx, actor, *c, ActSpam, nil)
	})
}

// NotSpam brings a case back from the Spam view as it was. A reply that had not been sent by then is sent now, within a day.
//
// Needs WorkCases. Errors: Forbidden, NotFound, Gone; Conflict when the case is deleted.
func (s *Service) NotSpam(ctx context.Context, actor access.Actor, n Number) (Case, error) {
	return s.edit(ctx, actor, n, func(tx pgx.Tx, c *Case) error {
		if c.SpamAt == nil {
			return nil
		}
		c.SpamAt, c.SpamBy, c.SpamCause = nil, nil, nil
		if err := saveTx(ctx, tx, *c); err != nil {
			return err
		}
		if _, err := sendAfterAllTx(ctx, tx, c.WorkspaceID, []ID{c.ID}, s.now()); err != nil {
			return err
		}
		return s.noteTx(ctx, tx, actor, *c, ActNotSpam, nil)
	})
}
