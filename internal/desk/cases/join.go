package cases

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"caseward/internal/desk/access"
	"caseward/internal/desk/contact"
)

// RedirectTx makes a locked case whose messages have moved a redirect to the other one. Its feed and its words
// move too; its number stays taken.
func RedirectTx(ctx context.Context, tx pgx.Tx, actor access.Actor, from, into Case, now time.Time) error {
	batch := &pgx.Batch{}
	batch.Queue(`update activities set case_id = $3 where workspace_id = $1 and case_id = $2`, from.WorkspaceID, from.ID, into.ID)
	batch.Queue(`update case_search t set document = t.document || f.document from case_search f
		where t.workspace_id = $1 and t.case_id = $3 and f.workspace_id = $1 and f.case_id = $2`, from.WorkspaceID, from.ID, into.ID)
	batch.Queue(`update case_search set document = '' where workspace_id = $1 and case_id = $2`, from.WorkspaceID, from.ID)
	batch.Queue(`insert into case_tags (workspace_id, case_id, tag_id) select workspace_id, $3, tag_id from case_tags
		where workspace_id = $1 and case_id = $2 on conflict do nothing`, from.WorkspaceID, from.ID, into.ID)
	batch.Queue(`update cases set merged_into_id = $3 where workspace_id = $1 and (id = $2 or merged_into_id = $2)`,
		from.WorkspaceID, from.ID, into.ID)
	if err := tx.SendBatch(ctx, batch).Close(); err != nil {
		return err
	}
	return NoteTx(ctx, tx, actor, into, ActJoined, map[string]any{"from": from.Number}, now)
}

// AdoptTx gives a locked case the subject and, as contact, the author of the first mail of its thread.
func AdoptTx(ctx context.Context, tx pgx.Tx, actor access.Actor, c *Case, subject string, now time.Time) error {
	c.Subject, c.ContactID = subject, contact.ID(actor.ContactID)
	if err := saveTx(ctx, tx, *c); err != nil {
		return err
	}
	if err := IndexTx(ctx, tx, c.WorkspaceID, c.ID, subject); err != nil {
		return err
	}
	return NoteTx(ctx, tx, actor, *c, ActJoined, map[string]any{"parent": true}, now)
}
