package workspace

import (
	"context"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"caseward/internal/desk/access"
	"caseward/internal/desk/audit"
	"caseward/internal/platform/errs"
)

// CountCap is where Overview stops counting: a number above it means "more".
const CountCap = 1000

// Overview is a workspace as support staff see it: its plan and its size, and nothing of what is in it.
type Overview struct {
	ID        access.WorkspaceID
	Slug      string
	Name      string
	Plan      access.Plan
	Members   int // active ones
	Cases     int // at most CountCap+1
	CreatedAt time.Time
}

// Overviews returns workspaces, the newest first: those older than before, or the newest when it is 0; at most limit.
//
// Needs ManagePlans. Errors: Forbidden.
func (s *Service) Overviews(ctx context.Context, staff access.Actor, before access.WorkspaceID, limit int) (list []Overview, err error) {
	if err := staff.Require(access.ManagePlans); err != nil {
		return nil, err
	}
	err = s.db.AsSystem(ctx, "staff console", func(tx pgx.Tx) error {
		rows, _ := tx.Query(ctx, `select w.id, w.slug, w.name, w.plan, w.created_at,
				(select count(*) from members m where m.workspace_id = w.id and m.deactivated_at is null) as members,
				(select count(*) from (select from cases c where c.workspace_id = w.id limit $3) x) as cases
			from workspaces w where ($1 = 0 or w.id < $1) order by w.id desc limit $2`, before, limit, CountCap+1)
		list, err = pgx.CollectRows(rows, pgx.RowToStructByName[Overview])
		return err
	})
	return list, err
}

// SetPlan puts a workspace on another plan, from its members' next request on. The entry is in the workspace's own
// trail, so that its admins see who did it.
//
// Needs ManagePlans. Errors: Forbidden, Invalid, NotFound.
func (s *Service) SetPlan(ctx context.Context, staff access.Actor, id access.WorkspaceID, plan access.Plan) error {
	on := audit.Object{Kind: "workspace", ID: int64(id)}
	if err := s.guard.Require(ctx, staff, access.ManagePlans, on); err != nil {
		return err
	}
	if !slices.Contains(access.Plans(), plan) {
		return errs.Field("plan", "Choose a plan from the list.")
	}
	staff.Workspace = id
	return s.db.AsSystem(ctx, "staff console", func(tx pgx.Tx) error {
		w, err := lock(ctx, tx, id)
		if err != nil || w.Plan == plan {
			return err
		}
		if _, err := tx.Exec(ctx, `update workspaces set plan = $2 where id = $1`, id, plan); err != nil {
			return err
		}
		return s.recordTx(ctx, tx, staff, "workspace.plan.changed", on, map[string]any{"old": w.Plan, "new": plan})
	})
}
