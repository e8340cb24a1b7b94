package portal

import (
	"context"

	"github.com/jackc/pgx/v5"

	"caseward/internal/desk/access"
	"caseward/internal/desk/audit"
)

// On reports whether the actor's workspace has its portal on. It is off until somebody turns it on.
//
// Needs ReadCases. Errors: Forbidden.
func (s *Service) On(ctx context.Context, actor access.Actor) (on bool, err error) {
	if err := s.guard.Require(ctx, actor, access.ReadCases, object(actor.Workspace)); err != nil {
		return false, err
	}
	err = s.db.ReadWorkspace(ctx, int64(actor.Workspace), func(tx pgx.Tx) error {
		return tx.QueryRow(ctx, `select exists (select from portal_settings where workspace_id = $1 and on_since is not null)`, actor.Workspace).Scan(&on)
	})
	return on, err
}

// SetOn turns the portal on or off. Off, nobody gets in; accounts stay, and work again once it is on.
//
// Needs ManageWorkspace. Errors: Forbidden.
func (s *Service) SetOn(ctx context.Context, actor access.Actor, on bool) error {
	if err := s.guard.Require(ctx, actor, access.ManageWorkspace, object(actor.Workspace)); err != nil {
		return err
	}
	return s.db.InWorkspace(ctx, int64(actor.Workspace), func(tx pgx.Tx) error {
		changed, err := tx.Exec(ctx, `insert into portal_settings as p (workspace_id, on_since)
			select $1, case when $2 then $3::timestamptz end where $2 or exists (select from portal_settings where workspace_id = $1)
			on conflict (workspace_id) do update set on_since = excluded.on_since where (p.on_since is null) <> (excluded.on_since is null)`,
			actor.Workspace, on, s.now())
		if err != nil || changed.RowsAffected() == 0 {
			return err
		}
		return audit.RecordTx(ctx, tx, audit.Entry{Actor: actor, Action: "workspace.portal.changed", Object: object(actor.Workspace), At: s.now(),
			Details: map[string]any{"on": on}})
	})
}
