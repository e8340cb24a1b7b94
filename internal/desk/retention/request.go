package retention

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"caseward/internal/desk/access"
	"caseward/internal/desk/audit"
	"caseward/internal/desk/cases"
	"caseward/internal/platform/errs"
)

// Request asks support staff to erase a deleted case for good (seed 001). Nothing is deleted by it; it stops the
// countdown to the purge until it is withdrawn or decided.
//
// Needs RequestErasure. Errors: Forbidden, NotFound, Gone; Conflict when the case is not deleted or a request is open.
func (s *Service) Request(ctx context.Context, actor access.Actor, n cases.Number) (RequestID, error) {
	if err := s.guard.Require(ctx, actor, access.RequestErasure, audit.Case(int64(n))); err != nil {
		return 0, err
	}
	var id RequestID
	err := s.db.InWorkspace(ctx, int64(actor.Workspace), func(tx pgx.Tx) error {
		c, err := cases.LockTx(ctx, tx, actor.Workspace, n)
		if err != nil {
			return err
		}
		now := s.now()
		if err := cases.FreezePurgeTx(ctx, tx, &c, now); err != nil {
			return err
		}
		err = tx.QueryRow(ctx, `insert into erasure_requests (workspace_id, case_id, case_number, requested_by, requested_at)
			values ($1, $2, $3, $4, $5) returning id`, actor.Workspace, c.ID, c.Number, actor.Member, now).Scan(&id)
		if err != nil {
			return err
		}
		return cases.NoteTx(ctx, tx, actor, c, cases.ActErasureRequested, map[string]any{"request": id}, now)
	})
	if err == nil {
		s.cases.Changed(actor.Workspace, n)
	}
	return id, err
}

// WithdrawInput says which case's request to take back. Restore also brings the case back.
type WithdrawInput struct {
	Number  cases.Number
	Restore bool
}

// Withdraw takes an open request back; the countdown goes on with the time it had left.
//
// Needs RequestErasure, and RestoreCases to restore. Errors: Forbidden, NotFound, Gone; Conflict when no request is
// open or staff have approved it already.
func (s *Service) Withdraw(ctx context.Context, actor access.Actor, in WithdrawInput) (missing []string, err error) {
	if err := s.guard.Require(ctx, actor, access.RequestErasure, audit.Case(int64(in.Number))); err != nil {
		return nil, err
	}
	if in.Restore {
		if err := s.guard.Require(ctx, actor, access.RestoreCases, audit.Case(int64(in.Number))); err != nil {
			return nil, err
		}
	}
	err = s.db.InWorkspace(ctx, int64(actor.Workspace), func(tx pgx.Tx) error {
		missing = nil // of a try that was rolled back
		c, err := cases.LockTx(ctx, tx, actor.Workspace, in.Number)
		if err != nil {
			return err
		}
		if err := s.withdrawTx(ctx, tx, actor, &c); err != nil || !in.Restore {
			return err
		}
		missing, err = s.cases.RestoreTx(ctx, tx, actor, &c)
		return err
	})
	if err == nil {
		s.cases.Changed(actor.Workspace, in.Number)
	}
	return missing, err
}

func (s *Service) withdrawTx(ctx context.Context, tx pgx.Tx, actor access.Actor, c *cases.Case) error {
	now := s.now()
	withdrawn, err := tx.Exec(ctx, `update erasure_requests set state = 'withdrawn', withdrawn_by = $3, finished_at = $4
		where workspace_id = $1 and case_id = $2 and state = 'open'`, actor.Workspace, c.ID, actor.Member, now)
	switch {
	case err != nil:
		return err
	case withdrawn.RowsAffected() == 0 && c.ErasureRequestedAt != nil:
		return errs.Newf(errs.Conflict, "Support staff have approved the permanent deletion of case %d. It can no longer be withdrawn.", c.Number)
	case withdrawn.RowsAffected() == 0:
		return errs.Newf(errs.Conflict, "There is no open request for case %d. Somebody may have withdrawn it already.", c.Number)
	}
	if err := cases.ThawPurgeTx(ctx, tx, c, now); err != nil {
		return err
	}
	return cases.NoteTx(ctx, tx, actor, *c, cases.ActErasureWithdrawn, nil, now)
}

// Decision is the newest request of a case, and what staff said to it.
type Decision struct {
	State           RequestState
	RefusalReason   string
	RequestedByName string
	RequestedAt     time.Time
}

// Decisions returns the newest request's state of each case that has one, for the Deleted cases page.
//
// Needs RestoreCases. Errors: Forbidden.
func (s *Service) Decisions(ctx context.Context, actor access.Actor, ids []cases.ID) (map[cases.ID]Decision, error) {
	if err := actor.Require(access.RestoreCases); err != nil {
		return nil, err
	}
	found := map[cases.ID]Decision{}
	err := s.db.ReadWorkspace(ctx, int64(actor.Workspace), func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, `select distinct on (r.case_id) r.case_id, r.state, r.refusal_reason, u.name, r.requested_at
			from erasure_requests r
			join members m on m.workspace_id = r.workspace_id and m.id = r.requested_by
			join users u on u.id = m.user_id
			where r.workspace_id = $1 and r.case_id = any ($2) order by r.case_id, r.id desc`, actor.Workspace, ids)
		if err != nil {
			return err
		}
		var id cases.ID
		var d Decision
		_, err = pgx.ForEachRow(rows, []any{&id, &d.State, &d.RefusalReason, &d.RequestedByName, &d.RequestedAt}, func() error {
			found[id] = d
			return nil
		})
		return err
	})
	return found, err
}
