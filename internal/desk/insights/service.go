package insights

import (
	"context"

	"github.com/jackc/pgx/v5"

	"caseward/internal/desk/access"
	"caseward/internal/desk/audit"
	"caseward/internal/platform/clock"
	"caseward/internal/platform/db"
	"caseward/internal/platform/jobs"
)

// Sweep is the name of the job that counts days.
const Sweep = "insights"

// Service answers reports, and counts the days that they are made of.
type Service struct {
	db    *db.DB
	guard *audit.Guard
	jobs  *jobs.Enqueuer
	now   clock.Clock
	size  sizes
}

// sizes bound what one transaction, or one workspace's turn, does.
type sizes struct {
	marks, markBatches int // marks that one transaction takes, and how many of these a turn has
	days               int // days that a turn counts, each in a transaction of its own
	cases, caseBatches int // cases that one transaction writes facts of that were there before
	page               int // events that a page lists
	rows               int // of a dropped zone that one transaction removes
}

// NewService returns a Service.
func NewService(d *db.DB, guard *audit.Guard, enqueuer *jobs.Enqueuer, now clock.Clock) *Service {
	return &Service{db: d, guard: guard, jobs: enqueuer, now: now,
		size: sizes{marks: 5000, markBatches: 20, days: 60, cases: 500, caseBatches: 50, page: 50, rows: 10_000}}
}

// require asks for what every report needs and refuses other agents' numbers to who may not compare them.
func (s *Service) require(ctx context.Context, actor access.Actor, q Query) error {
	on := audit.Object{Kind: "workspace", ID: int64(actor.Workspace)}
	if err := s.guard.Require(ctx, actor, access.ReadInsights, on); err != nil {
		return err
	}
	if q.Agent == 0 || q.Agent == actor.Member {
		return nil
	}
	return s.guard.Require(ctx, actor, access.CompareAgents, on)
}

// Report adds up a period, day by day, and the one of the same length before it.
//
// Needs ReadInsights, and CompareAgents for another agent than oneself. Errors: Forbidden; Invalid (fields from, to, zone,
// deleted).
func (s *Service) Report(ctx context.Context, actor access.Actor, q Query) (Report, error) {
	if err := s.require(ctx, actor, q); err != nil {
		return Report{}, err
	}
	if err := q.check(); err != nil {
		return Report{}, err
	}
	var r Report
	var z zone
	err := s.db.ReadWorkspace(ctx, int64(actor.Workspace), func(tx pgx.Tx) (err error) {
		if z, err = s.zoneTx(ctx, tx, actor.Workspace, q.Zone); err != nil {
			return err
		}
		r, err = q.reportTx(ctx, tx, actor.Workspace, z)
		return err
	})
	if err != nil {
		return Report{}, err
	}
	r.CountedTo, r.Counting, r.CountedDays, r.AllDays = z.countedTo(s.now()), !z.Ready, z.Counted, z.Days
	return r, s.useZone(ctx, actor.Workspace, z)
}

// Groups adds up a period by queue, agent or tag: those of which something was counted, by name; then what has none, then what
// has no name any more. Before somebody who may not compare agents there is one agent: themselves.
//
// Needs ReadInsights, and CompareAgents for another agent than oneself. Errors: Forbidden; Invalid (fields from, to, zone,
// deleted, by).
func (s *Service) Groups(ctx context.Context, actor access.Actor, q Query, by Dimension) ([]Group, error) {
	if err := s.require(ctx, actor, q); err != nil {
		return nil, err
	}
	if err := q.check(); err != nil {
		return nil, err
	}
	if by == ByAgent && !actor.Can(access.CompareAgents) {
		q.Agent = actor.Member
	}
	if err := by.check(); err != nil {
		return nil, err
	}
	var list []Group
	var z zone
	err := s.db.ReadWorkspace(ctx, int64(actor.Workspace), func(tx pgx.Tx) (err error) {
		if z, err = s.zoneTx(ctx, tx, actor.Workspace, q.Zone); err != nil {
			return err
		}
		list, err = q.groupsTx(ctx, tx, actor.Workspace, z, by)
		return err
	})
	if err != nil {
		return nil, err
	}
	return list, s.useZone(ctx, actor.Workspace, z)
}
