package workspace

import (
	"context"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"caseward/internal/desk/access"
	"caseward/internal/platform/errs"
)

// PlanRequest is what an owner asks support staff for.
type PlanRequest struct {
	Plan        access.Plan
	RequestedAt time.Time
}

// AskedPlan returns what an owner of the actor's workspace asks for; nil for nothing.
//
// Needs ManageWorkspace. Errors: Forbidden.
func (s *Service) AskedPlan(ctx context.Context, actor access.Actor) (*PlanRequest, error) {
	if err := s.guard.Require(ctx, actor, access.ManageWorkspace, object(actor)); err != nil {
		return nil, err
	}
	var list []PlanRequest
	err := s.db.ReadWorkspace(ctx, int64(actor.Workspace), func(tx pgx.Tx) (err error) {
		rows, _ := tx.Query(ctx, `select plan, requested_at from plan_requests where workspace_id = $1`, actor.Workspace)
		list, err = pgx.CollectRows(rows, pgx.RowToStructByName[PlanRequest])
		return err
	})
	if err != nil || len(list) == 0 {
		return nil, err
	}
	return &list[0], nil
}

// AskPlan asks support staff for another plan, in place of what was asked for before; "" takes that back.
//
// Needs ManageOwners. Errors: Forbidden; Invalid (field plan).
func (s *Service) AskPlan(ctx context.Context, actor access.Actor, plan access.Plan) error {
	return s.change(ctx, actor, access.ManageOwners, object(actor), func(tx pgx.Tx) error {
		if plan == "" {
			_, err := tx.Exec(ctx, `delete from plan_requests where workspace_id = $1`, actor.Workspace)
			return err
		}
		w, err := byID(ctx, tx, actor.Workspace)
		switch {
		case err != nil:
			return err
		case !slices.Contains(access.Plans(), plan):
			return errs.Field("plan", "Choose a plan from the list.")
		case w.Plan == plan:
			return errs.Field("plan", "This workspace has that plan already.")
		}
		_, err = tx.Exec(ctx, `insert into plan_requests (workspace_id, plan, requested_by, requested_at) values ($1, $2, $3, $4)
			on conflict (workspace_id) do update set plan = excluded.plan, requested_by = excluded.requested_by, requested_at = excluded.requested_at`,
			actor.Workspace, plan, actor.Member, s.now())
		if err != nil {
			return err
		}
		return s.recordTx(ctx, tx, actor, "workspace.plan.asked", object(actor), map[string]any{"old": w.Plan, "new": plan})
	})
}
