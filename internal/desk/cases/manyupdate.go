package cases

import (
	"slices"

	"caseward/internal/desk/notify"
	"caseward/internal/platform/errs"
)

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

func within(list, in []int64) []int64 {
	return slices.DeleteFunc(slices.Clone(list), func(id int64) bool { return !slices.Contains(in, id) })
}

func without(list, others []int64) []int64 {
	return slices.DeleteFunc(slices.Clone(list), func(id int64) bool { return slices.Contains(others, id) })
}
