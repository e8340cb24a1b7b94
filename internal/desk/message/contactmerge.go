package message

import (
	"context"

	"github.com/jackc/pgx/v5"

	"caseward/internal/desk/access"
	"caseward/internal/desk/cases"
	"caseward/internal/desk/contact"
)

// FollowMergeTx makes what a contact wrote in locked cases the words of the contact who has taken the other one over.
func FollowMergeTx(ctx context.Context, tx pgx.Tx, ws access.WorkspaceID, ids []cases.ID, from, into contact.ID) error {
	_, err := tx.Exec(ctx, `update messages set author_contact_id = $4 where workspace_id = $1 and case_id = any ($2) and author_contact_id = $3`, ws, ids, from, into)
	return err
}

// SettleMergeTx does so with the mails of the contact that are blocked.
func SettleMergeTx(ctx context.Context, tx pgx.Tx, ws access.WorkspaceID, from, into contact.ID) error {
	_, err := tx.Exec(ctx, `update blocked_mails set contact_id = $3 where workspace_id = $1 and contact_id = $2`, ws, from, into)
	return err
}
