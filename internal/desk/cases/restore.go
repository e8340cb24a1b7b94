package cases

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"caseward/internal/desk/access"
	"caseward/internal/desk/contact"
	"caseward/internal/desk/notify"
)

// RestoreInput says which case to bring back. Reopen also sets it open.
type RestoreInput struct {
	Number Number
	Reopen bool
}

// Restored is a case brought back and, in plain words, what could not come back with it. Already: it was not deleted
// any more.
type Restored struct {
	Case    Case
	Already bool
	Missing []string
}

// Restore brings a deleted case back exactly as it was: status, assignee, tags, times and its place in the list.
// What is gone meanwhile (a deactivated assignee, an archived queue or tag) stays away and is named. A reply that had not
// been sent when the case was deleted is sent now, within a day. Restoring a
// case that is not deleted changes nothing, unless Reopen asks for it.
//
// Needs RestoreCases. Errors: Forbidden, NotFound, Gone; Conflict while a request for permanent deletion is open, and
// when a redirect is to be reopened.
func (s *Service) Restore(ctx context.Context, actor access.Actor, in RestoreInput) (Restored, error) {
	var missing []string
	var already bool
	c, err := s.change(ctx, actor, access.RestoreCases, in.Number, func(tx pgx.Tx, c *Case) (err error) {
		already = c.DeletedAt == nil
		missing, err = s.RestoreTx(ctx, tx, actor, c)
		if err != nil || !in.Reopen {
			return err
		}
		if err := c.requireNotMerged(); err != nil {
			return err
		}
		return s.SetStatusTx(ctx, tx, actor, c, Open)
	})
	return Restored{c, already, missing}, err
}

// RestoreTx restores a locked case in the caller's transaction, for whoever the caller has established may:
// Restore, a withdrawn erasure request, or the customer's reply.
func (s *Service) RestoreTx(ctx context.Context, tx pgx.Tx, actor access.Actor, c *Case) (missing []string, err error) {
	if c.DeletedAt == nil {
		return nil, nil
	}
	if err := refuseErasingTx(ctx, tx, *c); err != nil {
		return nil, err
	}
	if err := c.requireRestorable(); err != nil {
		return nil, err
	}
	deleter := c.DeletedBy
	c.markRestored()
	if err := saveDeletionTx(ctx, tx, *c); err != nil {
		return nil, err
	}
	if err := dropOldHidingTx(ctx, tx, c); err != nil {
		return nil, err
	}
	all, err := dropMissingTx(ctx, tx, c.WorkspaceID, []*Case{c})
	if err != nil {
		return nil, err
	}
	if missing = all[c.ID]; c.Visibility() == Live {
		late, err := sendAfterAllTx(ctx, tx, c.WorkspaceID, []ID{c.ID}, s.now())
		if err != nil {
			return nil, err
		}
		if len(late) > 0 {
			missing = append(missing, unsentReply)
		}
	}
	err = s.noteTx(ctx, tx, actor, *c, ActRestored, map[string]any{"came_back_without": len(missing)})
	if err != nil || actor.Kind != access.Contact {
		return missing, err
	}
	return missing, TellTx(ctx, tx, actor, *c, notify.Restored, s.now(), deleter, c.AssigneeID)
}

// dropOldHidingTx takes a case out of spam that only the deletion of its contact put there, where the contact was restored while
// the case was deleted: otherwise it would come back to where nobody looks for it.
func dropOldHidingTx(ctx context.Context, tx pgx.Tx, c *Case) error {
	if c.SpamCause == nil || *c.SpamCause != ContactDeleted {
		return nil
	}
	d, err := deletionsTx(ctx, tx, c.WorkspaceID, []contact.ID{c.ContactID})
	if err != nil || !c.dropOldHiding(d) {
		return err
	}
	return saveTx(ctx, tx, *c)
}

// dropOldHiding does so in memory, and reports whether the case is out of spam now.
func (c *Case) dropOldHiding(d deletions) bool {
	if c.SpamCause == nil || *c.SpamCause != ContactDeleted || d.stand(c.ContactID, *c.SpamAt) {
		return false
	}
	c.SpamAt, c.SpamBy, c.SpamCause = nil, nil, nil
	return true
}

// deletions are when contacts were deleted who still are.
type deletions map[contact.ID]time.Time

// stand reports whether the contact is deleted since then.
func (d deletions) stand(id contact.ID, since time.Time) bool {
	at, ok := d[id]
	return ok && at.Equal(since)
}

func deletionsTx(ctx context.Context, tx pgx.Tx, ws access.WorkspaceID, of []contact.ID) (deletions, error) {
	rows, err := tx.Query(ctx, `select id, deleted_at from contacts where workspace_id = $1 and id = any ($2) and deleted_at is not null`, ws, of)
	if err != nil {
		return nil, err
	}
	d := deletions{}
	var id contact.ID
	var at time.Time
	_, err = pgx.ForEachRow(rows, []any{&id, &at}, func() error {
		d[id] = at
		return nil
	})
	return d, err
}
