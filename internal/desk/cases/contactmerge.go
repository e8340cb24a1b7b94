package cases

import (
	"context"

	"github.com/jackc/pgx/v5"

	"caseward/internal/desk/access"
	"caseward/internal/desk/contact"
)

// FollowMergeTx makes locked cases of a contact, and what the contact did on them, those of the contact who has taken the
// other one over. Deleted cases too: the caller has said so to the database.
func FollowMergeTx(ctx context.Context, tx pgx.Tx, ws access.WorkspaceID, ids []ID, from, into contact.ID) error {
	batch := &pgx.Batch{}
	batch.Queue(`update cases set contact_id = $4 where workspace_id = $1 and id = any ($2) and contact_id = $3`, ws, ids, from, into)
	batch.Queue(`update activities set actor_id = $4 where workspace_id = $1 and case_id = any ($2) and actor_kind = 'contact' and actor_id = $3`, ws, ids, from, into)
	return tx.SendBatch(ctx, batch).Close()
}
