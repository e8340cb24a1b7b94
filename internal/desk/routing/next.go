package routing

import (
	"context"

	"github.com/jackc/pgx/v5"

	"caseward/internal/desk/access"
	"caseward/internal/desk/audit"
	"caseward/internal/desk/cases"
	"caseward/internal/platform/errs"
)

// TakeNext gives the actor the case that has waited longest in the queues they work, the most urgent first.
//
// Needs WorkCases. Errors: Forbidden; NotFound when nothing waits.
func (s *Service) TakeNext(ctx context.Context, actor access.Actor) (n cases.Number, err error) {
	if err := s.guard.Require(ctx, actor, access.WorkCases, audit.Object{Kind: "workspace", ID: int64(actor.Workspace)}); err != nil {
		return 0, err
	}
	err = s.db.InWorkspace(ctx, int64(actor.Workspace), func(tx pgx.Tx) error {
		queues, err := queuesOfTx(ctx, tx, actor)
		if err != nil {
			return err
		}
		waiting, err := cases.WaitingTx(ctx, tx, actor.Workspace, queues, s.now(), 1)
		if err != nil {
			return err
		}
		if len(waiting) == 0 {
			return errs.New(errs.NotFound, "Nothing waits in your queues. Well done.")
		}
		n = waiting[0].Number
		return s.cases.UpdateTx(ctx, tx, actor, &waiting[0], cases.UpdateInput{Assignee: &actor.Member})
	})
	if err == nil {
		s.cases.Changed(actor.Workspace, n)
	}
	return n, err
}

// queuesOfTx are the queues that a member works: those whose team they are in, and those without one.
func queuesOfTx(ctx context.Context, tx pgx.Tx, actor access.Actor) ([]int64, error) {
	rows, err := tx.Query(ctx, `select q.id from queues q where q.workspace_id = $1 and (
			exists (select from queue_members t where t.workspace_id = q.workspace_id and t.queue_id = q.id and t.member_id = $2)
			or not exists (select from queue_members t where t.workspace_id = q.workspace_id and t.queue_id = q.id))`, actor.Workspace, actor.Member)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[int64])
}
