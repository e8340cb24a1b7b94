package cases

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"caseward/internal/desk/access"
	"caseward/internal/desk/contact"
)

// RedirectTx makes a locked case whose messages have moved a redirect to the other one, which gets its feed and its
// words too, and what the other one lacks of its times and its assignee; its number stays taken.
func RedirectTx(ctx context.Context, tx pgx.Tx, actor access.Actor, from Case, into *Case, now time.Time) error {
	into.takeTimes(from)
	if into.AssigneeID == nil {
		into.AssigneeID = from.AssigneeID
	}
	if err := saveTx(ctx, tx, *into); err != nil {
		return err
	}
	batch := &pgx.Batch{}
	// A feed is only ever added to: the other one gets a copy, and the redirect's own goes when the other one goes.
	batch.Queue(`insert into activities (workspace_id, case_id, kind, actor_kind, actor_id, data, created_at)
		select workspace_id, $3, kind, actor_kind, actor_id, data, created_at from activities
		where workspace_id = $1 and case_id = $2 order by id`, from.WorkspaceID, from.ID, into.ID)
	batch.Queue(`update case_search t set document = add_words(t.document, f.document), version = least(t.version, f.version) from case_search f
		where t.workspace_id = $1 and t.case_id = $3 and f.workspace_id = $1 and f.case_id = $2`, from.WorkspaceID, from.ID, into.ID)
	batch.Queue(`update case_search set document = '' where workspace_id = $1 and case_id = $2`, from.WorkspaceID, from.ID)
	if err := tx.SendBatch(ctx, batch).Close(); err != nil {
		return err
	}
	if err := new(Taken).takeOverTx(ctx, tx, from, *into, now); err != nil {
		return err
	}
	return NoteTx(ctx, tx, actor, *into, ActJoined, map[string]any{"from": from.Number}, now)
}

func later(a, b *time.Time) *time.Time {
	if a == nil || (b != nil && b.After(*a)) {
		return b
	}
	return a
}

// AdoptTx gives a locked case the subject and, as contact, the author of the first mail of its thread.
func AdoptTx(ctx context.Context, tx pgx.Tx, actor access.Actor, c *Case, subject string, now time.Time) error {
	c.Subject, c.ContactID = subject, contact.ID(actor.ContactID)
	if err := saveTx(ctx, tx, *c); err != nil {
		return err
	}
	if err := ReindexTx(ctx, tx, c.WorkspaceID, c.ID); err != nil { // nobody finds it by the old subject
		return err
	}
	return NoteTx(ctx, tx, actor, *c, ActJoined, map[string]any{"parent": true}, now)
}
