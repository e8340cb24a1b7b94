package message

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"caseward/internal/desk/access"
	"caseward/internal/desk/cases"
)

// submission is what a form that is sent twice has in common with itself: the random key that it was rendered with,
// and what was written in it. Another text under the same key, as after the browser's Back, is another submission.
// Without a key there is none, and whatever is sent twice comes twice.
func submission(key string, written ...any) []byte {
	if key == "" {
		return nil
	}
	sum := sha256.Sum256(fmt.Appendf(nil, "%q %#v", key, written))
	return sum[:]
}

// digests stand for files in a submission: the same words with another file are another message.
func digests(files []Upload) (all []string) {
	for _, f := range files {
		all = append(all, fmt.Sprintf("%q %x", f.Filename, sha256.Sum256(f.Data)))
	}
	return all
}

// earlierTx finds the message that a submission has made already; 0: it is the first.
func earlierTx(ctx context.Context, tx pgx.Tx, ws access.WorkspaceID, submission []byte) (id ID, c cases.ID, err error) {
	if submission == nil {
		return 0, 0, nil
	}
	err = tx.QueryRow(ctx, `select id, case_id from messages where workspace_id = $1 and submission = $2`, ws, submission).Scan(&id, &c)
	if errors.Is(err, pgx.ErrNoRows) {
		return 0, 0, nil
	}
	return id, c, err
}

// queueUpTx makes equal submissions wait for each other, until the first has committed.
func queueUpTx(ctx context.Context, tx pgx.Tx, ws access.WorkspaceID, submission []byte) error {
	if submission == nil {
		return nil
	}
	_, err := tx.Exec(ctx, `select pg_advisory_xact_lock(hashtextextended($1 || encode($2, 'hex'), 0))`, fmt.Sprintf("submission %d ", ws), submission)
	return err
}
