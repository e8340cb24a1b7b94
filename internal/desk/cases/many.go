package cases

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"caseward/internal/desk/access"
	"caseward/internal/desk/contact"
	"caseward/internal/desk/notify"
	"caseward/internal/platform/errs"
)

// ManyKind is the kind of a change to many cases.
type ManyKind string

// The kinds of product section 3, Bulk Update.
const (
	UpdateMany  ManyKind = "update"
	SpamMany    ManyKind = "spam"
	NotSpamMany ManyKind = "not spam"
	DeleteMany  ManyKind = "delete"
	RestoreMany ManyKind = "restore"
	EraseMany   ManyKind = "erase" // what is in the Spam view, for good: desk/retention does it
)

// Many says what to change of many cases at once: one kind of change, and for UpdateMany what is not nil or empty.
type Many struct {
	Do         ManyKind         `json:"do"`
	Status     *Status          `json:"status,omitempty"`
	Priority   *Priority        `json:"priority,omitempty"`
	Queue      *int64           `json:"queue,omitempty"`
	Assignee   *access.MemberID `json:"assignee,omitempty"` // 0 takes the assignee off
	AddTags    []string         `json:"add_tags,omitempty"`
	RemoveTags []string         `json:"remove_tags,omitempty"`
	Reason     DeleteReason     `json:"reason,omitempty"`
	ReasonText string           `json:"reason_text,omitempty"`
	// Senders also suspends who sent what is marked as spam, as SpamInput says of SenderUsual; or lets them write again
	// with NotSpamMany, where a mark as spam had suspended them.
	Senders bool `json:"senders,omitempty"`
	// Until leaves out of EraseMany, which needs it, what was marked as spam after that: nobody has seen it in the question.
	Until *time.Time `json:"until,omitempty"`
}

// Permission is what the change needs of whoever makes it.
func (m Many) Permission() access.Permission {
	switch m.Do {
	case DeleteMany:
		return access.DeleteCases
	case RestoreMany:
		return access.RestoreCases
	case EraseMany:
		return access.EraseSpam
	}
	return access.WorkCases
}

// Undoable reports whether the change can be taken back.
func (m Many) Undoable() bool { return m.Do != EraseMany }

// PermissionToUndo is what taking the change back needs.
func (m Many) PermissionToUndo() access.Permission {
	switch m.Do {
	case DeleteMany:
		return access.RestoreCases
	case RestoreMany:
		return access.DeleteCases
	case EraseMany:
		return access.EraseSpam
	}
	return access.WorkCases
}

// ValidManyTx returns the change in the form it is kept, or an Invalid error that names the field.
func ValidManyTx(ctx context.Context, tx pgx.Tx, ws access.WorkspaceID, m Many) (Many, error) {
	switch m.Do {
	case DeleteMany:
		m.ReasonText = cleanReason(m.ReasonText)
		return Many{Do: m.Do, Reason: m.Reason, ReasonText: m.ReasonText}, validReason(m.Reason, m.ReasonText)
	case SpamMany, NotSpamMany:
		return Many{Do: m.Do, Senders: m.Senders}, nil
	case RestoreMany:
		return Many{Do: m.Do}, nil
	case EraseMany:
		if m.Until == nil {
			return m, errs.Field("until", "Look at the cases again, then delete them forever.")
		}
		return Many{Do: m.Do, Until: m.Until}, nil
	case UpdateMany:
	default:
		return m, errs.Field("do", "Choose what to do with the cases.")
	}
	m.Reason, m.ReasonText, m.Senders, m.Until = "", "", false, nil
	if err := m.validTags(); err != nil {
		return m, err
	}
	if m.Status == nil && m.Priority == nil && m.Queue == nil && m.Assignee == nil && len(m.AddTags)+len(m.RemoveTags) == 0 {
		return m, errs.Field("do", "Choose at least one thing to change.")
	}
	return m, m.usableTx(ctx, tx, ws)
}

func (m *Many) validTags() (err error) {
	if m.AddTags, err = ValidTags(m.AddTags); err != nil {
		return err
	}
	if m.RemoveTags, err = ValidTags(m.RemoveTags); err != nil {
		return err
	}
	for _, name := range m.AddTags {
		if slices.Contains(m.RemoveTags, name) {
			return errs.Newf(errs.Invalid, "The tag “%s” cannot be added and removed at once.", name)
		}
	}
	return nil
}

// usableTx refuses values that no case can have, or can have no longer.
func (m Many) usableTx(ctx context.Context, tx pgx.Tx, ws access.WorkspaceID) error {
	switch {
	case m.Status != nil && !slices.Contains(Statuses(), *m.Status):
		return errs.Field("status", "Choose open, pending, on hold or closed.")
	case m.Priority != nil && !slices.Contains(Priorities(), *m.Priority):
		return errs.Field("priority", "Choose low, normal, high or urgent.")
	}
	if m.Queue != nil {
		if err := RequireQueueTx(ctx, tx, ws, *m.Queue); err != nil {
			return err
		}
	}
	if m.Assignee != nil {
		_, err := AssignableTx(ctx, tx, ws, *m.Assignee)
		return err
	}
	return nil
}

// ManyState is what became of one case.
type ManyState string

// The states of a case in a change to many.
const (
	ManyChanged   ManyState = "changed"
	ManyUnchanged ManyState = "unchanged" // it was so already
	ManyRefused   ManyState = "refused"
	ManyUndone    ManyState = "undone"
	ManyKept      ManyState = "kept" // not undone: it has moved on
)

// ManyResult says what became of one case, and what is needed to undo it.
type ManyResult struct {
	ID     ID
	State  ManyState
	Reason string // why it was refused or kept, in plain words
	Before *Before
}

// Before is what a case had before a change to many; nil is what was not changed.
type Before struct {
	At             time.Time        `json:"at"` // when it was changed
	Status         *Status          `json:"status,omitempty"`
	LastActivityAt *time.Time       `json:"last_activity_at,omitempty"`
	ClosedAt       *time.Time       `json:"closed_at,omitempty"`
	SnoozedUntil   *time.Time       `json:"snoozed_until,omitempty"`
	Priority       *Priority        `json:"priority,omitempty"`
	Queue          *int64           `json:"queue,omitempty"`
	Ruled          *int64           `json:"ruled,omitempty"`    // the queue that a routing rule brought it to
	Assignee       *access.MemberID `json:"assignee,omitempty"` // 0: nobody
	AddedTags      []int64          `json:"added_tags,omitempty"`
	RemovedTags    []int64          `json:"removed_tags,omitempty"`
	Spam           *spamMark        `json:"spam,omitempty"`
	Sender         bool             `json:"sender,omitempty"` // was suspended with it, or let write again
	Deletion       *deletionMark    `json:"deletion,omitempty"`
}

// spamMark and deletionMark are the columns of what hid a case.
type spamMark struct {
	At    *time.Time       `json:"at"`
	By    *access.MemberID `json:"by"`
	Cause *string          `json:"cause"`
}

type deletionMark struct {
	At         *time.Time       `json:"at"`
	By         *access.MemberID `json:"by"`
	Cause      *string          `json:"cause"`
	Bulk       *int64           `json:"bulk"`
	Reason     *DeleteReason    `json:"reason"`
	ReasonText string           `json:"reason_text"`
	PurgeAt    *time.Time       `json:"purge_at"`
}

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

func (e *manyEdit) update(c *Case, m Many, before *Before) (bool, error) {
	lines := len(e.lines)
	if err := e.updateTags(c, before); err != nil {
		return false, err
	}
	if from := c.Status; m.Status != nil && *m.Status != from {
		before.Status, before.LastActivityAt, before.ClosedAt, before.SnoozedUntil = &from, ref(c.LastActivityAt), c.ClosedAt, c.SnoozedUntil
		c.setStatus(*m.Status, e.now)
		if from == Closed && c.Status == Open {
			e.tellings.add(*c, notify.Reopened)
		}
		e.line(*c, ActStatus, map[string]any{"from": from, "to": c.Status})
	}
	if from := c.Priority; m.Priority != nil && *m.Priority != from {
		before.Priority, c.Priority = &from, *m.Priority
		e.line(*c, ActPriority, map[string]any{"from": from.Label(), "to": c.Priority.Label()})
	}
	if from, to := c.QueueID, e.queueFor(m, before.AddedTags); to != 0 && to != from {
		before.Queue, c.QueueID = &from, to
		if m.Queue == nil {
			before.Ruled = &to
		}
		e.line(*c, ActQueue, map[string]any{"from": from, "to": c.QueueID})
	}
	if from := c.AssigneeID; m.Assignee != nil && *m.Assignee != nobodyAs0(from) {
		before.Assignee, c.AssigneeID = ref(nobodyAs0(from)), nobodyAsNil(*m.Assignee)
		e.line(*c, ActAssigned, map[string]any{"from": from, "to": c.AssigneeID})
		e.tellings.add(*c, notify.Assigned)
	}
	if len(e.lines) == lines {
		return false, nil
	}
	e.edited = append(e.edited, *c)
	return true, nil
}

// queueFor is where the case goes: to the queue that was chosen, or else that of the first routing rule for a tag that is new to
// it; 0: it stays.
func (e *manyEdit) queueFor(m Many, added []int64) int64 {
	if m.Queue != nil {
		return *m.Queue
	}
	for _, r := range e.tagRoutes {
		if slices.Contains(added, r.TagID) {
			return r.QueueID
		}
	}
	return 0
}

// updateTags comes first in an update: it is what a case may refuse.
func (e *manyEdit) updateTags(c *Case, before *Before) error {
	has := e.tags[c.ID]
	add, remove := without(e.addTags, has), within(e.removeTags, has)
	switch {
	case len(add)+len(remove) == 0:
		return nil
	case len(has)+len(add)-len(remove) > maxTags:
		return errs.Newf(errs.Invalid, "Case %d would have more than %d tags.", c.Number, maxTags)
	}
	before.AddedTags, before.RemovedTags = add, remove
	e.tagsAdded.add(c.ID, add)
	e.tagsRemoved.add(c.ID, remove)
	e.line(*c, ActTags, map[string]any{"added": add, "removed": remove})
	return nil
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

func within(list, in []int64) []int64 {
	return slices.DeleteFunc(slices.Clone(list), func(id int64) bool { return !slices.Contains(in, id) })
}

func without(list, others []int64) []int64 {
	return slices.DeleteFunc(slices.Clone(list), func(id int64) bool { return slices.Contains(others, id) })
}

// cleanReason makes text that a database takes of what somebody typed.
func cleanReason(text string) string {
	return strings.ToValidUTF8(strings.ReplaceAll(strings.TrimSpace(text), "\x00", ""), "\uFFFD")
}
