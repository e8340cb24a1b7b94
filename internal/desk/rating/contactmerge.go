package rating

import (
	"context"

	"github.com/jackc/pgx/v5"

	"caseward/internal/desk/access"
	"caseward/internal/desk/cases"
	"caseward/internal/desk/contact"
)

// FollowMergeTx makes what a contact said of locked cases the ratings of the contact who has taken the other one over.
func FollowMergeTx(ctx context.Context, tx pgx.Tx, ws access.WorkspaceID, ids []cases.ID, from, into contact.ID) error {
	_, err := tx.Exec(ctx, `update ratings set contact_id = $4 where workspace_id = $1 and case_id = any ($2) and contact_id = $3`, ws, ids, from, into)
	return err
}
