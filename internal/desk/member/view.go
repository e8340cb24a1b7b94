package member

import (
	"context"

	"github.com/jackc/pgx/v5"

	"caseward/internal/desk/access"
	"caseward/internal/platform/errs"
)

// View is how a member sees lists of cases: the setting "Default Case Filter View".
type View string

// The two views.
const (
	Full  View = "full"
	Table View = "table"
)

// SetDefaultView changes the actor's own setting. Permission: read cases. Errors: Forbidden, Invalid.
func (s *Service) SetDefaultView(ctx context.Context, actor access.Actor, view View) error {
	if err := s.guard.Require(ctx, actor, access.ReadCases, object(actor.Member)); err != nil {
		return err
	}
	if view != Full && view != Table {
		return errs.Field("default_view", "Choose Full or Table.")
	}
	return s.db.InWorkspace(ctx, int64(actor.Workspace), func(tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, `update members set default_view = $3 where workspace_id = $1 and id = $2 and default_view <> $3`,
			actor.Workspace, actor.Member, view)
		if err != nil || tag.RowsAffected() == 0 {
			return err
		}
		return s.recordTx(ctx, tx, actor, "member.updated", object(actor.Member), map[string]any{"fields": []string{"default_view"}})
	})
}
