package cases

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"caseward/internal/desk/access"
	"caseward/internal/desk/contact"
)

// Inactive is a live case to be closed because nothing has happened on it for long.
type Inactive struct {
	ID             ID
	Number         Number
	Status         Status
	AssigneeID     *access.MemberID
	QueueID        int64
	ContactID      contact.ID
	LastActivityAt time.Time
}

// CloseInactiveTx closes locked cases of the actor's workspace, a background job, in a handful of statements however many
// there are. It is no activity: their places in lists stay. The feed keeps who had each case, since the credit for closing
// it is theirs, and whether the customer is asked for a rating. Nobody is told.
func CloseInactiveTx(ctx context.Context, tx pgx.Tx, actor access.Actor, list []Inactive, after time.Duration, survey bool, now time.Time) error {
	if len(list) == 0 {
		return nil
	}
	e := &manyEdit{actor: actor, now: now}
	ids := make([]ID, len(list))
	for i, c := range list {
		ids[i] = c.ID
		e.lines = append(e.lines, manyLine{Case{ID: c.ID, Number: c.Number}, ActAutoClosed, map[string]any{
			"from": c.Status, "assignee": c.AssigneeID, "after_hours": int(after / time.Hour), "survey": survey,
		}})
	}
	batch := &pgx.Batch{}
	batch.Queue(`set local app.cause = 'inactivity'`) // for the facts of insights, which the database writes
	batch.Queue(`update cases set status = 'closed', closed_at = $3 where workspace_id = $1 and id = any ($2)`, actor.Workspace, ids, now)
	batch.Queue(`set local app.cause = ''`)
	if err := tx.SendBatch(ctx, batch).Close(); err != nil {
		return err
	}
	return e.saveLinesTx(ctx, tx)
}
