package contact

import (
	"context"

	"github.com/jackc/pgx/v5"

	"caseward/internal/desk/access"
	"caseward/internal/platform/errs"
)

// ErrNotActive says that a contact may not use the portal: deleted, suspended, merged into another one, or gone. It does not
// say which.
var ErrNotActive = errs.New(errs.Forbidden, "This account cannot be used any more.")

// HoldActiveTx returns a contact who may act for themselves, and keeps them from being deleted or suspended until the
// transaction ends. Errors: ErrNotActive.
func HoldActiveTx(ctx context.Context, tx pgx.Tx, ws access.WorkspaceID, id ID) (Contact, error) {
	held, err := tx.Exec(ctx, `select from contacts where workspace_id = $1 and id = $2 and deleted_at is null and suspended_at is null
		and merged_into_id is null for share`, ws, id)
	if err != nil {
		return Contact{}, err
	}
	if held.RowsAffected() == 0 {
		return Contact{}, ErrNotActive
	}
	return GetTx(ctx, tx, ws, id)
}
