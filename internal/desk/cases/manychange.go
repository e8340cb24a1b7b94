package cases

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"caseward/internal/desk/access"
	"caseward/internal/desk/contact"
	"caseward/internal/platform/errs"
)

// ChangeManyTx makes the change to each of the cases, as the bulk action of that id. A case that refuses keeps none of
// the others back. The caller has established that the actor may, and tells the open pages after the commit.
func (s *Service) ChangeManyTx(ctx context.Context, tx pgx.Tx, actor access.Actor, bulk int64, ids []ID, m Many) ([]ManyResult, error) {
	e, err := s.beginManyTx(ctx, tx, actor, bulk, ids)
	if err != nil {
		return nil, err
	}
	if err := e.prepareTx(ctx, tx, m); err != nil {
		return nil, err
	}
	for i := range e.cases {
		c := &e.cases[i]
		before := &Before{At: e.now}
		changed, err := e.change(c, m, before)
		e.note(c, changed, before, err)
	}
	if err := e.sendersTx(ctx, tx, m); err != nil {
		return nil, err
	}
	return e.results, e.saveTx(ctx, tx)
}

// manyEdit is a change to many cases within one transaction.
type manyEdit struct {
	actor    access.Actor
	bulk     int64
	now      time.Time
	cases    []Case // locked, in the order of their ids
	results  []ManyResult
	lines    []manyLine // for feed and trail
	edited   []Case
	hidden   []Case          // whose deletion changed
	back     []ID            // that get back what they had, as far as it still exists
	without  map[ID][]string // and what does not
	tellings tellings
	deleted  deletions // of the cases' contacts

	retentionDays *int
	addTags       []int64
	removeTags    []int64
	tagRoutes     []tagRoute
	tags          map[ID][]int64 // what each case has
	tagsAdded     tagPairs
	tagsRemoved   tagPairs
}

type manyLine struct {
	c    Case
	kind ActivityKind
	data map[string]any
}

func (s *Service) beginManyTx(ctx context.Context, tx pgx.Tx, actor access.Actor, bulk int64, ids []ID) (*manyEdit, error) {
	locked, err := lockManyTx(ctx, tx, actor.Workspace, ids)
	// PostgreSQL keeps microseconds: an undo compares what it reads with this.
	return &manyEdit{actor: actor, bulk: bulk, now: s.now().Truncate(time.Microsecond), cases: locked, without: map[ID][]string{}}, err
}

func (e *manyEdit) prepareTx(ctx context.Context, tx pgx.Tx, m Many) (err error) {
	ws := e.actor.Workspace
	if m.Do == DeleteMany {
		e.retentionDays, err = retentionDaysTx(ctx, tx, ws)
		return err
	}
	if m.Do == RestoreMany {
		return e.readDeletionsTx(ctx, tx)
	}
	if m.Do != UpdateMany {
		return nil
	}
	if err := m.usableTx(ctx, tx, ws); err != nil {
		return err
	}
	if len(m.AddTags)+len(m.RemoveTags) == 0 {
		return nil
	}
	if e.addTags, err = tagIDsTx(ctx, tx, ws, m.AddTags, e.now); err != nil {
		return err
	}
	if m.Queue == nil {
		if e.tagRoutes, err = tagRoutesTx(ctx, tx, ws, e.addTags); err != nil {
			return err
		}
	}
	if e.removeTags, err = knownTagIDsTx(ctx, tx, ws, m.RemoveTags); err != nil {
		return err
	}
	e.tags, err = tagsOfTx(ctx, tx, ws, idsOf(e.cases))
	return err
}

// change changes the case in memory, tells what it was before, and reports whether anything changed.
func (e *manyEdit) change(c *Case, m Many, before *Before) (bool, error) {
	switch m.Do {
	case DeleteMany:
		return e.delete(c, m)
	case RestoreMany:
		return e.restore(c, before)
	}
	if err := c.RequireEditable(); err != nil {
		return false, err
	}
	switch m.Do {
	case SpamMany:
		return e.spam(c, before)
	case NotSpamMany:
		return e.notSpam(c, before)
	}
	return e.update(c, m, before)
}

func (e *manyEdit) delete(c *Case, m Many) (bool, error) {
	if c.DeletedAt != nil {
		return false, nil
	}
	if err := c.requireNotMerged(); err != nil {
		return false, err
	}
	c.markDeleted(e.actor.Member, e.now, e.retentionDays, m.Reason, m.ReasonText)
	cause := "bulk"
	c.DeletedCause, c.DeletedBulkID = &cause, &e.bulk
	e.hidden = append(e.hidden, *c)
	e.line(*c, ActDeleted, map[string]any{"reason": m.Reason, "purge_at": c.PurgeAt})
	return true, nil
}

func (e *manyEdit) restore(c *Case, before *Before) (bool, error) {
	if c.DeletedAt == nil {
		return false, nil
	}
	if err := c.requireRestorable(); err != nil {
		return false, err
	}
	before.Deletion = &deletionMark{c.DeletedAt, c.DeletedBy, c.DeletedCause, c.DeletedBulkID, c.DeleteReason, c.DeleteReasonText, c.PurgeAt}
	e.markRestored(c)
	e.line(*c, ActRestored, nil)
	return true, nil
}

// markRestored also takes a case out of spam where dropOldHidingTx says so.
func (e *manyEdit) markRestored(c *Case) {
	c.markRestored()
	if c.dropOldHiding(e.deleted) {
		e.edited = append(e.edited, *c)
	}
	e.hidden, e.back = append(e.hidden, *c), append(e.back, c.ID)
}

func (e *manyEdit) readDeletionsTx(ctx context.Context, tx pgx.Tx) (err error) {
	e.deleted, err = deletionsTx(ctx, tx, e.actor.Workspace, column(e.cases, func(c Case) contact.ID { return c.ContactID }))
	return err
}

func (e *manyEdit) spam(c *Case, before *Before) (bool, error) {
	if c.SpamAt != nil {
		return false, nil
	}
	before.Spam = &spamMark{}
	c.markSpam(e.actor.Member, e.now)
	e.edited = append(e.edited, *c)
	e.line(*c, ActSpam, nil)
	return true, nil
}

func (e *manyEdit) notSpam(c *Case, before *Before) (bool, error) {
	if c.SpamAt == nil {
		return false, nil
	}
	before.Spam = &spamMark{c.SpamAt, c.SpamBy, c.SpamCause}
	c.SpamAt, c.SpamBy, c.SpamCause = nil, nil, nil
	e.edited = append(e.edited, *c)
	e.line(*c, ActNotSpam, nil)
	return true, nil
}

// line adds to feed and trail what happened, and that it was in a bulk action.
func (e *manyEdit) line(c Case, kind ActivityKind, data map[string]any) {
	if data == nil {
		data = map[string]any{}
	}
	data["bulk"] = e.bulk
	e.lines = append(e.lines, manyLine{c, kind, data})
}

// note records what became of a case.
func (e *manyEdit) note(c *Case, changed bool, before *Before, err error) {
	r := ManyResult{ID: c.ID, State: ManyUnchanged}
	switch {
	case err != nil:
		r.State, r.Reason = ManyRefused, errs.SafeText(err)
	case changed:
		r.State, r.Before = ManyChanged, before
	}
	e.results = append(e.results, r)
}

func idsOf(list []Case) []ID {
	ids := make([]ID, len(list))
	for i, c := range list {
		ids[i] = c.ID
	}
	return ids
}

func ref[T any](v T) *T { return &v }

func nobodyAs0(m *access.MemberID) access.MemberID {
	if m == nil {
		return 0
	}
	return *m
}

func nobodyAsNil(m access.MemberID) *access.MemberID {
	if m == 0 {
		return nil
	}
	return &m
}
