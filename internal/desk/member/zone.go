package member

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"caseward/internal/desk/access"
	"caseward/internal/platform/errs"
)

// SetTimeZone changes the zone in which the actor sees and enters times; "" is that of the workspace.
// Permission: read cases. Errors: Forbidden, Invalid (field time_zone).
func (s *Service) SetTimeZone(ctx context.Context, actor access.Actor, zone string) error {
	if err := s.guard.Require(ctx, actor, access.ReadCases, object(actor.Member)); err != nil {
		return err
	}
	if _, err := time.LoadLocation(zone); err != nil || zone == "Local" {
		return errs.Field("time_zone", "Choose a time zone from the list.")
	}
	return s.db.InWorkspace(ctx, int64(actor.Workspace), func(tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, `update members set time_zone = $3 where workspace_id = $1 and id = $2 and time_zone <> $3`,
			actor.Workspace, actor.Member, zone)
		if err != nil || tag.RowsAffected() == 0 {
			return err
		}
		return s.recordTx(ctx, tx, actor, "member.updated", object(actor.Member), map[string]any{"fields": []string{"time_zone"}})
	})
}
