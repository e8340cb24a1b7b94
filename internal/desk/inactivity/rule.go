package inactivity

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"caseward/internal/desk/access"
	"caseward/internal/desk/cases"
	"caseward/internal/desk/hold"
)

// The rule, in SQL, for the job and for its preview. It is asked status by status, since then the index of the lists of work,
// cases_work_by_status, has the cases in the order of their last activity: what is due stands together at its end.
const (
	// rested are the cases with a status that have been inactive for long enough.
	rested = `c.workspace_id = @ws and c.status = @status and c.status <> 'closed' and c.last_activity_at <= @cutoff`
	// ripe are those of them that are closed, but what is on legal hold: what follows is why the others are not, and they
	// exclude each other.
	ripe    = `c.snoozed_until is null and c.last_activity_at > @since and (c.clock_from is null or c.clock_from <= @cutoff)`
	snoozed = `c.snoozed_until is not null`
	before  = `c.snoozed_until is null and c.last_activity_at <= @since`
	resumed = `c.snoozed_until is null and c.last_activity_at > @since and c.clock_from > @cutoff`
)

// due are those that are closed, and held those that a legal hold keeps from it.
var (
	due  = ripe + ` and not ` + hold.Keeps("c")
	held = ripe + ` and ` + hold.Keeps("c")
)

// rule is what Auto Close does at one moment.
type rule struct {
	ws     access.WorkspaceID
	since  time.Time // when it was switched on: what is as old as that needs new activity first
	cutoff time.Time // the last activity of what is closed is as old as this
}

func (s Settings) rule(ws access.WorkspaceID, now time.Time) rule {
	since := now
	if s.OnSince != nil {
		since = *s.OnSince
	}
	return rule{ws, since, now.Add(-s.Threshold())}
}

func (r rule) args(status cases.Status) pgx.NamedArgs {
	return pgx.NamedArgs{"ws": r.ws, "status": status, "since": r.since, "cutoff": r.cutoff}
}

// place is how far a walk through what is due has come.
type place struct {
	at time.Time
	id cases.ID
}

// dueTx locks the next cases of a status that are due. PostgreSQL asks the rule again of the locked row in its newest version:
// what was answered, snoozed or deleted a moment ago is not among them. What others hold is left for the next run.
func (r rule) dueTx(ctx context.Context, tx pgx.Tx, status cases.Status, after place, size int) ([]cases.Inactive, error) {
	args := r.args(status)
	args["at"], args["id"] = after.at, after.id
	rows, err := tx.Query(ctx, fmt.Sprintf(`select c.id, c.number, c.status, c.assignee_id, c.queue_id, c.contact_id, c.last_activity_at
		from live_cases c where %s and %s and (c.last_activity_at, c.id) > (@at, @id)
		order by c.last_activity_at, c.id limit %d for update skip locked`, rested, due, size), args)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByName[cases.Inactive])
}

// somethingSQL lists the workspaces in which something is due: one short look at the end of an index for each status.
const somethingSQL = `select s.workspace_id from inactivity_settings s join workspaces w on w.id = s.workspace_id
	where s.on_since is not null and w.plan = any (@plans) and exists (
		select from unnest(s.statuses) x(status) cross join lateral (
			select true from live_cases c where c.workspace_id = s.workspace_id and c.status = x.status and c.status <> 'closed'
				and c.snoozed_until is null and c.last_activity_at > s.on_since
				and c.last_activity_at <= @now::timestamptz - s.threshold_hours * interval '1 hour'
			order by c.last_activity_at limit 1) found)
	order by s.workspace_id`

func workspacesTx(ctx context.Context, tx pgx.Tx, now time.Time) ([]access.WorkspaceID, error) {
	rows, err := tx.Query(ctx, somethingSQL, pgx.NamedArgs{"plans": access.With(access.AutoClose), "now": now})
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[access.WorkspaceID])
}
