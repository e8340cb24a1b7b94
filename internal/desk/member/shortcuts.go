package member

import (
	"context"

	"github.com/jackc/pgx/v5"

	"caseward/internal/desk/access"
)

// SetShortcuts turns the actor's shortcuts of a single key on or off. Permission: read cases. Errors: Forbidden.
func (s *Service) SetShortcuts(ctx context.Context, actor access.Actor, on bool) error {
	if err := s.guard.Require(ctx, actor, access.ReadCases, object(actor.Member)); err != nil {
		return err
	}
	return s.db.InWorkspace(ctx, int64(actor.Workspace), func(tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, `update members set shortcuts_off = $3 where workspace_id = $1 and id = $2 and shortcuts_off <> $3`,
			actor.Workspace, actor.Member, !on)
		if err != nil || tag.RowsAffected() == 0 {
			return err
		}
		return s.recordTx(ctx, tx, actor, "member.updated", object(actor.Member), map[string]any{"fields": []string{"shortcuts"}})
	})
}
