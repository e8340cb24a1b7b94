package cases

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"caseward/internal/desk/access"
	"caseward/internal/desk/contact"
	"caseward/internal/platform/errs"
)

// ContactDeleted is the cause of spam that a contact's deletion is; the time of that deletion stands as the case's SpamAt, and
// so says which one it was.
const ContactDeleted = "contact deleted"

// OfContact are cases of one contact, of those after a case, at most so many.
type OfContact struct {
	Contact   contact.ID
	DeletedAt time.Time // when they were deleted
	After     ID
	Limit     int
}

// Moved is how many cases were moved, and the last one that was looked at; Through: there is none after it.
type Moved struct {
	N       int
	Last    ID
	Through bool
}

// HideTx moves live cases of a deleted contact to the Spam view. What people decide about one behind Moved.Last is left
// alone: go on from there.
//
// The caller has established that the actor may, and tells the open pages.
func (s *Service) HideTx(ctx context.Context, tx pgx.Tx, actor access.Actor, in OfContact) (Moved, error) {
	const live = `spam_at is null and deleted_at is null and merged_into_id is null and $4::timestamptz is not null`
	return s.ofContactTx(ctx, tx, actor, in, live, func(e *manyEdit, c *Case) {
		if c.Visibility() != Live || c.MergedIntoID != nil {
			return // since it was found
		}
		cause := ContactDeleted
		c.SpamAt, c.SpamBy, c.SpamCause = &in.DeletedAt, &actor.Member, &cause
		e.moveWithContact(*c, ActContactDeleted)
	})
}

// ShowTx brings back the cases that a contact's deletion has hidden, but those that somebody has marked as spam or deleted
// since. See HideTx.
func (s *Service) ShowTx(ctx context.Context, tx pgx.Tx, actor access.Actor, in OfContact) (Moved, error) {
	const hidden = `spam_at = $4 and spam_cause = '` + ContactDeleted + `' and deleted_at is null and merged_into_id is null`
	return s.ofContactTx(ctx, tx, actor, in, hidden, func(e *manyEdit, c *Case) {
		if c.DeletedAt != nil || c.MergedIntoID != nil || !c.hiddenBy(in.DeletedAt) {
			return
		}
		c.SpamAt, c.SpamBy, c.SpamCause = nil, nil, nil
		e.moveWithContact(*c, ActContactRestored)
	})
}

// hiddenBy reports whether a contact's deletion has hidden the case.
func (c Case) hiddenBy(deletion time.Time) bool {
	return c.SpamAt != nil && c.SpamCause != nil && *c.SpamCause == ContactDeleted && c.SpamAt.Equal(deletion)
}

func (e *manyEdit) moveWithContact(c Case, kind ActivityKind) {
	e.edited = append(e.edited, c)
	e.lines = append(e.lines, manyLine{c, kind, map[string]any{"contact": c.ContactID}})
}

func (s *Service) ofContactTx(
	ctx context.Context, tx pgx.Tx, actor access.Actor, in OfContact, which string, move func(*manyEdit, *Case),
) (Moved, error) {
	rows, err := tx.Query(ctx, fmt.Sprintf(`select id from cases where workspace_id = $1 and contact_id = $2 and id > $3 and %s order by id limit %d`,
		which, in.Limit), actor.Workspace, in.Contact, in.After, in.DeletedAt)
	if err != nil {
		return Moved{}, err
	}
	ids, err := pgx.CollectRows(rows, pgx.RowTo[ID])
	if err != nil || len(ids) == 0 {
		return Moved{Last: in.After, Through: true}, err
	}
	e, err := s.beginManyTx(ctx, tx, actor, 0, ids)
	if err != nil {
		return Moved{}, err
	}
	for i := range e.cases {
		move(e, &e.cases[i])
	}
	return Moved{len(e.edited), ids[len(ids)-1], len(ids) < in.Limit}, e.saveTx(ctx, tx)
}

// erasingSQL shares the rows of the contacts in the order of their ids, in which their erasure takes them.
const erasingSQL = `select k.erasing_at is not null from cases c join contacts k on k.workspace_id = c.workspace_id and k.id = c.contact_id
	where c.workspace_id = $1 and c.id = any ($2) order by k.id for key share of k`

// RequireStayingTx refuses to add to locked cases whose contact is being deleted forever: what is put into them now would go with
// them, and nobody has agreed to that. Where the contact is not, their erasure begins only after this transaction.
//
// Errors: Conflict.
func RequireStayingTx(ctx context.Context, tx pgx.Tx, ws access.WorkspaceID, list ...Case) error {
	rows, err := tx.Query(ctx, erasingSQL, ws, idsOf(list))
	if err != nil {
		return err
	}
	erasing, err := pgx.CollectRows(rows, pgx.RowTo[bool])
	if err == nil && slices.Contains(erasing, true) {
		err = errs.New(errs.Conflict, "The contact is being deleted forever, and their cases with them. Nothing was added.")
	}
	return err
}

// ContactCounts are the cases of a contact by where they can be seen.
type ContactCounts struct{ Live, InSpam, Deleted, Merged int }

// Total counts them all.
func (c ContactCounts) Total() int { return c.Live + c.InSpam + c.Deleted + c.Merged }

// CountOfContactTx counts the cases that a contact has requested.
func CountOfContactTx(ctx context.Context, tx pgx.Tx, ws access.WorkspaceID, id contact.ID) (n ContactCounts, err error) {
	err = tx.QueryRow(ctx, `select count(*) filter (where deleted_at is null and spam_at is null and merged_into_id is null),
			count(*) filter (where deleted_at is null and spam_at is not null and merged_into_id is null),
			count(*) filter (where deleted_at is not null and merged_into_id is null), count(*) filter (where merged_into_id is not null)
		from cases where workspace_id = $1 and contact_id = $2`, ws, id).Scan(&n.Live, &n.InSpam, &n.Deleted, &n.Merged)
	return n, err
}

// CountHiddenTx counts the cases that a contact's deletion has hidden and their restore would bring back.
func CountHiddenTx(ctx context.Context, tx pgx.Tx, ws access.WorkspaceID, id contact.ID, deletedAt time.Time) (n int, err error) {
	err = tx.QueryRow(ctx, `select count(*) from cases where workspace_id = $1 and contact_id = $2 and spam_at = $3 and spam_cause = '`+ContactDeleted+`'
		and deleted_at is null and merged_into_id is null`, ws, id, deletedAt).Scan(&n)
	return n, err
}
