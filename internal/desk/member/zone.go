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
		if err := knowsZoneTx(ctx, tx, zone); err != nil {
			return err
		}
		tag, err := tx.Exec(ctx, `update members set time_zone = $3 where workspace_id = $1 and id = $2 and time_zone <> $3`,
			actor.Workspace, actor.Member, zone)
		if err != nil || tag.RowsAffected() == 0 {
			return err
		}
		return s.recordTx(ctx, tx, actor, "member.updated", object(actor.Member), map[string]any{"fields": []string{"time_zone"}})
	})
}

// knowsZoneTx refuses a zone that the program knows and the database does not: insights could not be counted in it.
func knowsZoneTx(ctx context.Context, tx pgx.Tx, zone string) error {
	known := true
	err := tx.QueryRow(ctx, `select $1 = '' or knows_zone($1)`, zone).Scan(&known)
	if err == nil && !known {
		err = errs.Field("time_zone", "The database does not know this time zone. Choose another name of it from the list.")
	}
	return err
}
