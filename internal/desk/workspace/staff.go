package workspace

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"caseward/internal/desk/access"
	"caseward/internal/desk/audit"
	"caseward/internal/desk/notify"
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
	AskedPlan *access.Plan // what an owner asks for; nil: nothing
}

// Overviews returns workspaces, the newest first: those older than before, or the newest when it is 0; at most limit.
//
// Needs ManagePlans. Errors: Forbidden.
func (s *Service) Overviews(ctx context.Context, staff access.Actor, before access.WorkspaceID, limit int) (list []Overview, err error) {
	if err := staff.Require(access.ManagePlans); err != nil {
		return nil, err
	}
	err = s.db.AsSystem(ctx, "staff console", func(tx pgx.Tx) error {
		rows, _ := tx.Query(ctx, `select w.id, w.slug, w.name, w.plan, w.created_at, (select p.plan from plan_requests p where p.workspace_id = w.id) as asked_plan,
				(select count(*) from members m where m.workspace_id = w.id and m.deactivated_at is null) as members,
				(select count(*) from (select from cases c where c.workspace_id = w.id limit $3) x) as cases
			from workspaces w where ($1 = 0 or w.id < $1) order by w.id desc limit $2`, before, limit, CountCap+1)
		list, err = pgx.CollectRows(rows, pgx.RowToStructByName[Overview])
		return err
	})
	return list, err
}

// Overview returns one workspace.
//
// Needs ManagePlans. Errors: Forbidden, NotFound.
func (s *Service) Overview(ctx context.Context, staff access.Actor, id access.WorkspaceID) (Overview, error) {
	list, err := s.Overviews(ctx, staff, id+1, 1)
	if err == nil && (len(list) == 0 || list[0].ID != id) {
		err = errs.New(errs.NotFound, "There is no such workspace.")
	}
	if err != nil {
		return Overview{}, err
	}
	return list[0], nil
}

// SetPlan puts a workspace on another plan, from its members' next request and the jobs' next run on. was is the plan that the
// decision was made on; "" for any. The entry is in the workspace's own trail, so that its admins see who did it, and its
// owners are told. What an owner asked for is thereby answered.
//
// Needs ManagePlans. Errors: Forbidden, Invalid, NotFound; Conflict when another plan was set meanwhile.
func (s *Service) SetPlan(ctx context.Context, staff access.Actor, id access.WorkspaceID, plan, was access.Plan) error {
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
		if err != nil {
			return err
		}
		if was != "" && w.Plan != was {
			return errs.Newf(errs.Conflict, "The plan was changed to %s meanwhile. Look again.", w.Plan.Label())
		}
		if _, err := tx.Exec(ctx, `delete from plan_requests where workspace_id = $1`, id); err != nil || w.Plan == plan {
			return err
		}
		if _, err := tx.Exec(ctx, `update workspaces set plan = $2 where id = $1`, id, plan); err != nil {
			return err
		}
		if err := s.recordTx(ctx, tx, staff, "workspace.plan.changed", on, map[string]any{"old": w.Plan, "new": plan}); err != nil {
			return err
		}
		return notify.AddTx(ctx, tx, id, notify.Event{Kind: notify.PlanChanged, Roles: []access.Role{access.Owner}, Actor: staff, At: s.now(),
			Detail: planChange(w.Plan, plan)})
	})
}

// planChange says what a change of plan means, after who made it.
func planChange(was, now access.Plan) string {
	said := fmt.Sprintf("put this workspace on the plan %s; it was %s.", now.Label(), was.Label())
	changed := access.Between(was, now)
	if now.Includes(was) {
		names := make([]string, len(changed))
		for i, f := range changed {
			names[i] = f.Name
		}
		if len(names) > 0 {
			said += " From now on it includes: " + strings.Join(names, ", ") + "."
		}
		return said
	}
	for _, f := range changed {
		said += " " + f.Stops + " " + f.Kept
	}
	return said
}
