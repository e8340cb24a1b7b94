package cases

import (
	"context"

	"github.com/jackc/pgx/v5"

	"caseward/internal/desk/access"
	"caseward/internal/desk/audit"
	"caseward/internal/platform/clock"
	"caseward/internal/platform/db"
	"caseward/internal/platform/live"
)

// Service is what pages and jobs ask of cases. Every method names the permission it needs; another workspace's
// case is NotFound, one that was permanently deleted is Gone.
type Service struct {
	db     *db.DB
	guard  *audit.Guard
	hub    *live.Hub
	now    clock.Clock
	counts *live.Cache[countKey, Counts]
}

// NewService returns a Service.
func NewService(d *db.DB, guard *audit.Guard, hub *live.Hub, now clock.Clock) *Service {
	return &Service{db: d, guard: guard, hub: hub, now: now, counts: live.NewCache[countKey, Counts](hub, now)}
}

// change is the shape of every edit of one case: ask for the right, lock the case, let fn change it, tell the
// open pages. fn writes its own activity and audit entries, and only when it changed something.
func (s *Service) change(ctx context.Context, actor access.Actor, p access.Permission, n Number, fn func(pgx.Tx, *Case) error) (Case, error) {
	if err := s.guard.Require(ctx, actor, p, audit.Case(int64(n))); err != nil {
		return Case{}, err
	}
	var c Case
	err := s.db.InWorkspace(ctx, int64(actor.Workspace), func(tx pgx.Tx) (err error) {
		if c, err = LockTx(ctx, tx, actor.Workspace, n); err != nil {
			return err
		}
		return fn(tx, &c)
	})
	if err != nil {
		return Case{}, err
	}
	s.Changed(actor.Workspace, n)
	return c, nil
}

// edit is change for what a deleted case refuses.
func (s *Service) edit(ctx context.Context, actor access.Actor, n Number, fn func(pgx.Tx, *Case) error) (Case, error) {
	return s.change(ctx, actor, access.WorkCases, n, func(tx pgx.Tx, c *Case) error {
		if err := c.RequireEditable(); err != nil {
			return err
		}
		return fn(tx, c)
	})
}

// Changed tells open pages and cached counts that a case changed. Call it after the commit.
func (s *Service) Changed(ws access.WorkspaceID, n Number) {
	s.hub.Publish(live.Event{Workspace: int64(ws), Case: int64(n)})
}

// noteTx writes what happened to the case's activity feed and to the audit trail.
func (s *Service) noteTx(ctx context.Context, tx pgx.Tx, actor access.Actor, c Case, kind ActivityKind, data map[string]any) error {
	return NoteTx(ctx, tx, actor, c, kind, data, s.now())
}
