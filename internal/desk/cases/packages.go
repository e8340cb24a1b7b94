package cases

import (
	"context"

	"github.com/jackc/pgx/v5"

	"caseward/internal/desk/access"
)

// DropPackagesTx removes the files of what is held on contacts in which something of these locked cases may stand: those of
// whoever requested one or wrote on it, also files that are only being put together. Whoever erases a part of a case calls
// it before that is done, so that no such file keeps what was erased.
func DropPackagesTx(ctx context.Context, tx pgx.Tx, ws access.WorkspaceID, ids []ID) error {
	_, err := tx.Exec(ctx, `delete from contact_packages where workspace_id = $1 and contact_id in (
			select contact_id from cases where workspace_id = $1 and id = any ($2)
			union select author_contact_id from messages where workspace_id = $1 and case_id = any ($2) and author_contact_id is not null)`, ws, ids)
	return err
}
