package notify

import (
	"context"

	"github.com/jackc/pgx/v5"

	"caseward/internal/desk/access"
)

// FollowMergeTx has what members were told of a contact's deeds on some cases name the contact who has taken the other one over.
func FollowMergeTx(ctx context.Context, tx pgx.Tx, ws access.WorkspaceID, caseIDs []int64, from, into int64) error {
	_, err := tx.Exec(ctx, `update notifications set actor_id = $4 where workspace_id = $1 and case_id = any ($2) and actor_kind = 'contact' and actor_id = $3`,
		ws, caseIDs, from, into)
	return err
}
