package retention

import (
	"context"

	"github.com/jackc/pgx/v5"

	"caseward/internal/desk/access"
	"caseward/internal/platform/errs"
)

// Waiting returns one of the requests that Pending lists, for the page that asks before a decision.
//
// Needs DecideErasures. Errors: Forbidden; Conflict when it no longer waits; NotFound.
func (s *Service) Waiting(ctx context.Context, staff access.Actor, ws access.WorkspaceID, id RequestID) (r PendingRequest, err error) {
	if err := staff.Require(access.DecideErasures); err != nil {
		return PendingRequest{}, err
	}
	err = s.db.AsSystem(ctx, "staff console", func(tx pgx.Tx) error {
		rows, _ := tx.Query(ctx, pendingSQL+` and r.workspace_id = $1 and r.id = $2`, ws, id)
		r, err = pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[PendingRequest])
		return err
	})
	if errs.Is(err, errs.NotFound) {
		return PendingRequest{}, errs.New(errs.Conflict, "This request is no longer waiting: it was withdrawn or decided meanwhile.")
	}
	return r, err
}
