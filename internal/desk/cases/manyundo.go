package cases

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"caseward/internal/desk/access"
	"caseward/internal/platform/errs"
)

// ManyUndo is a case to be put back to what it was.
type ManyUndo struct {
	ID     ID
	Before Before
}

// UndoManyTx puts back what ChangeManyTx changed, as the bulk action of that id. A case that has moved on since is left
// as it is, and the result says why. The caller has established that the actor may, and tells the open pages.
func (s *Service) UndoManyTx(ctx context.Context, tx pgx.Tx, actor access.Actor, bulk int64, list []ManyUndo, m Many) ([]ManyResult, error) {
	ids, before := make([]ID, len(list)), map[ID]Before{}
	for i, u := range list {
		ids[i], before[u.ID] = u.ID, u.Before
	}
	e, err := s.beginManyTx(ctx, tx, actor, bulk, ids)
	if err != nil {
		return nil, err
	}
	if e.tags, err = tagsOfTx(ctx, tx, actor.Workspace, ids); err != nil {
		return nil, err
	}
	if err := e.readDeletionsTx(ctx, tx); err != nil {
		return nil, err
	}
	for i := range e.cases {
		c := &e.cases[i]
		r := ManyResult{ID: c.ID, State: ManyUndone}
		if err := e.undo(c, m, before[c.ID]); err != nil {
			r.State, r.Reason = ManyKept, errs.SafeText(err)
		}
		e.results = append(e.results, r)
	}
	if err := e.undoSendersTx(ctx, tx, m, before); err != nil {
		return nil, err
	}
	return e.results, e.saveUndoneTx(ctx, tx)
}

// saveUndoneTx tells the database that this is an undo, for the facts of insights: what is undone has not happened.
func (e *manyEdit) saveUndoneTx(ctx context.Context, tx pgx.Tx) error {
	if _, err := tx.Exec(ctx, `set local app.cause = 'undo'`); err != nil {
		return err
	}
	if err := e.saveTx(ctx, tx); err != nil {
		return err
	}
	_, err := tx.Exec(ctx, `set local app.cause = ''`)
	return err
}

func (e *manyEdit) undo(c *Case, m Many, b Before) error {
	switch m.Do {
	case DeleteMany:
		return e.undoDelete(c, b)
	case RestoreMany:
		return e.undoRestore(c, b)
	}
	if err := c.RequireEditable(); err != nil {
		return err
	}
	switch m.Do {
	case SpamMany, NotSpamMany:
		return e.undoSpam(c, m, b)
	}
	return e.undoUpdate(c, m, b)
}

const answeredOrChanged = "was answered or changed its status"

// movedOn is why a case is kept as it is.
func movedOn(c *Case, what string) error {
	return errs.Newf(errs.Conflict, "Case %d %s since.", c.Number, what)
}

func (e *manyEdit) undoDelete(c *Case, b Before) error {
	switch {
	case c.DeletedAt == nil:
		return movedOn(c, "was restored")
	case !c.DeletedAt.Equal(b.At):
		return movedOn(c, "was restored and deleted again")
	}
	if err := c.requireRestorable(); err != nil {
		return err
	}
	e.markRestored(c)
	e.line(*c, ActRestored, map[string]any{"undo": true})
	return nil
}

// leastLeft is how long a case that is deleted again has at least: whoever undoes a restore may not have its deadline in
// mind.
const leastLeft = 24 * time.Hour

// undoRestore deletes again, with what was left of the countdown when the case was restored.
func (e *manyEdit) undoRestore(c *Case, b Before) error {
	if c.DeletedAt != nil {
		return movedOn(c, "was deleted again")
	}
	if err := c.requireNotMerged(); err != nil {
		return err
	}
	if c.LastActivityAt.After(b.At) {
		return movedOn(c, answeredOrChanged)
	}
	d := *b.Deletion
	c.DeletedAt, c.DeletedBy, c.DeletedCause, c.DeletedBulkID = d.At, d.By, d.Cause, d.Bulk
	c.DeleteReason, c.DeleteReasonText = d.Reason, d.ReasonText
	if d.PurgeAt != nil {
		c.PurgeAt = ref(e.now.Add(max(d.PurgeAt.Sub(b.At), leastLeft)))
	}
	e.hidden = append(e.hidden, *c)
	e.line(*c, ActDeleted, map[string]any{"reason": d.Reason, "purge_at": c.PurgeAt, "undo": true})
	return nil
}

func (e *manyEdit) undoSpam(c *Case, m Many, b Before) error {
	kind := ActNotSpam
	switch {
	case m.Do == SpamMany && (c.SpamAt == nil || !c.SpamAt.Equal(b.At)):
		return movedOn(c, "was taken out of spam")
	case m.Do == NotSpamMany && c.SpamAt != nil:
		return movedOn(c, "was marked as spam")
	case m.Do == NotSpamMany && c.LastActivityAt.After(b.At):
		return movedOn(c, answeredOrChanged)
	case m.Do == NotSpamMany && b.Spam.Cause != nil && *b.Spam.Cause == ContactDeleted && !e.deleted.stand(c.ContactID, *b.Spam.At):
		return errs.Newf(errs.Conflict, "The contact of case %d was restored since.", c.Number)
	case m.Do == NotSpamMany:
		kind = ActSpam
	}
	c.SpamAt, c.SpamBy, c.SpamCause = b.Spam.At, b.Spam.By, b.Spam.Cause
	e.edited = append(e.edited, *c)
	e.line(*c, kind, map[string]any{"undo": true})
	return nil
}

// undoUpdate puts back all that was changed, or nothing where any of it was changed again.
func (e *manyEdit) undoUpdate(c *Case, m Many, b Before) error {
	if err := e.sameAsLeft(c, m, b); err != nil {
		return err
	}
	if b.Status != nil {
		e.line(*c, ActStatus, map[string]any{"from": c.Status, "to": *b.Status, "undo": true})
		c.Status, c.ClosedAt, c.LastActivityAt, c.SnoozedUntil = *b.Status, b.ClosedAt, *b.LastActivityAt, b.SnoozedUntil
		c.ClockFrom = &e.now // somebody changed the status just now, though it stands in its old place
	}
	if b.Priority != nil {
		e.line(*c, ActPriority, map[string]any{"from": c.Priority.Label(), "to": b.Priority.Label(), "undo": true})
		c.Priority = *b.Priority
	}
	if b.Queue != nil {
		e.line(*c, ActQueue, map[string]any{"from": c.QueueID, "to": *b.Queue, "undo": true})
		c.QueueID = *b.Queue
	}
	if b.Assignee != nil {
		e.line(*c, ActAssigned, map[string]any{"from": c.AssigneeID, "to": nobodyAsNil(*b.Assignee), "undo": true})
		c.AssigneeID = nobodyAsNil(*b.Assignee)
	}
	if len(b.AddedTags)+len(b.RemovedTags) > 0 {
		e.tagsRemoved.add(c.ID, within(b.AddedTags, e.tags[c.ID]))
		e.tagsAdded.add(c.ID, without(b.RemovedTags, e.tags[c.ID]))
		e.line(*c, ActTags, map[string]any{"added": b.RemovedTags, "removed": b.AddedTags, "undo": true})
	}
	e.edited, e.back = append(e.edited, *c), append(e.back, c.ID)
	return nil
}

// sameAsLeft refuses a case that somebody, or its customer, has changed since.
func (e *manyEdit) sameAsLeft(c *Case, m Many, b Before) error {
	switch {
	case b.Status != nil && (c.Status != *m.Status || !c.LastActivityAt.Equal(b.At)):
		return movedOn(c, answeredOrChanged)
	case b.Priority != nil && c.Priority != *m.Priority:
		return movedOn(c, "got another priority")
	case b.Queue != nil && c.QueueID != *cmp.Or(b.Ruled, m.Queue):
		return movedOn(c, "was moved to another queue")
	case b.Assignee != nil && nobodyAs0(c.AssigneeID) != *m.Assignee:
		return movedOn(c, "was given to somebody else")
	case len(without(b.AddedTags, e.tags[c.ID])) > 0 || slices.ContainsFunc(b.RemovedTags, func(t int64) bool { return slices.Contains(e.tags[c.ID], t) }):
		return movedOn(c, "got other tags")
	}
	return nil
}
