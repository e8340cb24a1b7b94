package cases

import (
	"context"
	"slices"

	"github.com/jackc/pgx/v5"

	"caseward/internal/desk/access"
	"caseward/internal/desk/notify"
	"caseward/internal/platform/errs"
)

// UpdateInput changes what is not nil. An Assignee of 0 takes the assignee off.
type UpdateInput struct {
	Subject  *string
	Status   *Status
	Priority *Priority
	Queue    *int64
	Assignee *access.MemberID
	Tags     *[]string // all of them; a name that is new to the workspace becomes a tag
	AddTags  *[]string // besides those that the case has
}

// Update changes the properties of a case, all that were asked for or none. What has the wanted value already is no change and leaves no trace.
//
// Needs WorkCases. Errors: Invalid, Forbidden, NotFound, Gone; Conflict when the case is deleted.
func (s *Service) Update(ctx context.Context, actor access.Actor, n Number, in UpdateInput) (Case, error) {
	return s.edit(ctx, actor, n, func(tx pgx.Tx, c *Case) error { return s.UpdateTx(ctx, tx, actor, c, in) })
}

// UpdateTx is Update for a case that the caller has locked, and asked the right for. Errors: Invalid.
func (s *Service) UpdateTx(ctx context.Context, tx pgx.Tx, actor access.Actor, c *Case, in UpdateInput) error {
	if in == (UpdateInput{}) {
		return nil
	}
	for _, step := range []func(context.Context, pgx.Tx, access.Actor, *Case, UpdateInput) error{
		s.updateSubject, s.updateStatus, s.updatePriority, s.updateQueue, s.updateAssignee, s.updateTags, s.addTags,
	} {
		if err := step(ctx, tx, actor, c, in); err != nil {
			return err
		}
	}
	return saveTx(ctx, tx, *c)
}

func (s *Service) updateSubject(ctx context.Context, tx pgx.Tx, actor access.Actor, c *Case, in UpdateInput) error {
	if in.Subject == nil {
		return nil
	}
	subject, err := ValidSubject(*in.Subject)
	if err != nil || subject == c.Subject {
		return err
	}
	c.Subject = subject
	if err := saveTx(ctx, tx, *c); err != nil {
		return err
	}
	if err := ReindexTx(ctx, tx, c.WorkspaceID, c.ID); err != nil { // nobody finds it by the old subject
		return err
	}
	return s.noteTx(ctx, tx, actor, *c, ActSubject, nil)
}

func (s *Service) updateStatus(ctx context.Context, tx pgx.Tx, actor access.Actor, c *Case, in UpdateInput) error {
	if in.Status == nil {
		return nil
	}
	return s.SetStatusTx(ctx, tx, actor, c, *in.Status)
}

// SetStatusTx changes the status of a locked case, with feed and trail. Errors: Invalid.
func (s *Service) SetStatusTx(ctx context.Context, tx pgx.Tx, actor access.Actor, c *Case, to Status) error {
	if !slices.Contains(Statuses(), to) {
		return errs.Field("status", "Choose open, pending, on hold or closed.")
	}
	from := c.Status
	if !c.setStatus(to, s.now()) {
		return nil
	}
	if err := saveTx(ctx, tx, *c); err != nil {
		return err
	}
	err := s.noteTx(ctx, tx, actor, *c, ActStatus, map[string]any{"from": from, "to": to})
	if err != nil || from != Closed || to != Open {
		return err
	}
	return TellTx(ctx, tx, actor, *c, notify.Reopened, s.now(), c.AssigneeID)
}

func (s *Service) updatePriority(ctx context.Context, tx pgx.Tx, actor access.Actor, c *Case, in UpdateInput) error {
	if in.Priority == nil || *in.Priority == c.Priority {
		return nil
	}
	if !slices.Contains(Priorities(), *in.Priority) {
		return errs.Field("priority", "Choose low, normal, high or urgent.")
	}
	from := c.Priority
	c.Priority = *in.Priority
	return s.noteTx(ctx, tx, actor, *c, ActPriority, map[string]any{"from": from.Label(), "to": c.Priority.Label()})
}

func (s *Service) updateQueue(ctx context.Context, tx pgx.Tx, actor access.Actor, c *Case, in UpdateInput) error {
	if in.Queue == nil || *in.Queue == c.QueueID {
		return nil
	}
	if err := RequireQueueTx(ctx, tx, c.WorkspaceID, *in.Queue); err != nil {
		return err
	}
	from := c.QueueID
	c.QueueID = *in.Queue
	return s.noteTx(ctx, tx, actor, *c, ActQueue, map[string]any{"from": from, "to": c.QueueID})
}

// RequireQueueTx refuses a queue that takes no cases: archived, or not of this workspace.
func RequireQueueTx(ctx context.Context, tx pgx.Tx, ws access.WorkspaceID, queue int64) error {
	var usable bool
	err := tx.QueryRow(ctx, `select exists (select from queues where workspace_id = $1 and id = $2 and archived_at is null)`,
		ws, queue).Scan(&usable)
	if err == nil && !usable {
		return errs.Field("queue", "That queue no longer exists. Choose another.")
	}
	return err
}

func (s *Service) updateAssignee(ctx context.Context, tx pgx.Tx, actor access.Actor, c *Case, in UpdateInput) error {
	if in.Assignee == nil {
		return nil
	}
	wanted, err := AssignableTx(ctx, tx, c.WorkspaceID, *in.Assignee)
	if err != nil || equal(wanted, c.AssigneeID) {
		return err
	}
	from := c.AssigneeID
	c.AssigneeID = wanted
	if err := s.noteTx(ctx, tx, actor, *c, ActAssigned, map[string]any{"from": from, "to": wanted}); err != nil {
		return err
	}
	return TellTx(ctx, tx, actor, *c, notify.Assigned, s.now(), wanted)
}

// AssignableTx returns the member who may be given cases, nil for nobody. Viewers work no cases.
func AssignableTx(ctx context.Context, tx pgx.Tx, ws access.WorkspaceID, m access.MemberID) (*access.MemberID, error) {
	if m == 0 {
		return nil, nil //nolint:nilnil // nobody is a valid assignee
	}
	var ok bool
	err := tx.QueryRow(ctx, `select exists (select from members
		where workspace_id = $1 and id = $2 and deactivated_at is null and role <> 'viewer')`, ws, m).Scan(&ok)
	if err != nil {
		return nil, err
	}
	if !ok {
		return nil, errs.Field("assignee", "That person cannot be given cases. Choose somebody else.")
	}
	return &m, nil
}

func equal[T comparable](a, b *T) bool {
	return a == b || (a != nil && b != nil && *a == *b)
}
