package cases

import (
	"context"

	"github.com/jackc/pgx/v5"

	"caseward/internal/desk/access"
	"caseward/internal/platform/errs"
)

// RestoreInput says which case to bring back. Reopen also sets it open.
type RestoreInput struct {
	Number Number
	Reopen bool
}

// Restored is a case brought back and, in plain words, what could not come back with it.
type Restored struct {
	Case    Case
	Missing []string
}

// Restore brings a deleted case back exactly as it was: status, assignee, tags, times and its place in the list.
// What is gone meanwhile (a deactivated assignee, an archived queue or tag) stays away and is named. Restoring a
// case that is not deleted changes nothing, unless Reopen asks for it.
//
// Needs RestoreCases. Errors: Forbidden, NotFound, Gone; Conflict while a request for permanent deletion is open, and
// when a redirect is to be reopened.
func (s *Service) Restore(ctx context.Context, actor access.Actor, in RestoreInput) (Restored, error) {
	var missing []string
	c, err := s.change(ctx, actor, access.RestoreCases, in.Number, func(tx pgx.Tx, c *Case) (err error) {
		missing, err = s.RestoreTx(ctx, tx, actor, c)
		if err != nil || !in.Reopen {
			return err
		}
		if err := c.requireNotMerged(); err != nil {
			return err
		}
		return s.SetStatusTx(ctx, tx, actor, c, Open)
	})
	return Restored{c, missing}, err
}

// RestoreTx restores a locked case in the caller's transaction, for whoever the caller has established may:
// Restore, a withdrawn erasure request, or the customer's reply.
func (s *Service) RestoreTx(ctx context.Context, tx pgx.Tx, actor access.Actor, c *Case) (missing []string, err error) {
	switch {
	case c.DeletedAt == nil:
		return nil, nil
	case c.ErasureRequestedAt != nil:
		return nil, errs.Newf(errs.Conflict,
			"Permanent deletion of case %d was requested. Withdraw the request to restore the case.", c.Number)
	}
	c.markRestored()
	if err := saveDeletionTx(ctx, tx, *c); err != nil {
		return nil, err
	}
	if missing, err = dropMissingTx(ctx, tx, c); err != nil {
		return nil, err
	}
	return missing, s.noteTx(ctx, tx, actor, *c, ActRestored, map[string]any{"came_back_without": len(missing)})
}

// dropMissingTx takes off the case what no longer exists, and says what that was.
func dropMissingTx(ctx context.Context, tx pgx.Tx, c *Case) (missing []string, err error) {
	var assigneeGone, queueGone bool
	var defaultQueue int64
	err = tx.QueryRow(ctx, `select
			exists (select from members where workspace_id = $1 and id = $2 and deactivated_at is not null),
			exists (select from queues where workspace_id = $1 and id = $3 and archived_at is not null),
			(select id from queues where workspace_id = $1 and is_default)`,
		c.WorkspaceID, c.AssigneeID, c.QueueID).Scan(&assigneeGone, &queueGone, &defaultQueue)
	if err != nil {
		return nil, err
	}
	if assigneeGone {
		c.AssigneeID = nil
		missing = append(missing, "its assignee, who is no longer active")
	}
	if queueGone {
		c.QueueID = defaultQueue
		missing = append(missing, "its queue, which was archived; it is in the default queue")
	}
	if assigneeGone || queueGone {
		if err := saveTx(ctx, tx, *c); err != nil {
			return nil, err
		}
	}
	tags, err := tx.Exec(ctx, `delete from case_tags ct using tags t
		where ct.workspace_id = $1 and ct.case_id = $2 and t.workspace_id = $1 and t.id = ct.tag_id and t.archived_at is not null`,
		c.WorkspaceID, c.ID)
	if err == nil && tags.RowsAffected() > 0 {
		missing = append(missing, "tags that no longer exist")
	}
	return missing, err
}
