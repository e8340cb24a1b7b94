// Package removal deletes contacts and brings them back. A deleted contact stays as they were; their live cases wait in the
// Spam view, and exactly those come back with them. The cases are moved by a job in batches, each one transaction, so that
// it can be killed and goes on, and nobody waits for long.
package removal

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"caseward/internal/desk/access"
	"caseward/internal/desk/audit"
	"caseward/internal/desk/cases"
	"caseward/internal/desk/contact"
	"caseward/internal/platform/clock"
	"caseward/internal/platform/db"
)

// Sweep is the name of the job, as in `caseward run NAME`.
const Sweep = "contacts"

// Kind says which way cases go.
type Kind string

// The kinds.
const (
	Deleting  Kind = "delete"  // into the Spam view
	Restoring Kind = "restore" // and back
)

// Move is a contact's cases on their way.
type Move struct {
	WorkspaceID access.WorkspaceID
	ID          int64
	ContactID   contact.ID
	Kind        Kind
	State       string
	MemberID    access.MemberID
	DeletedAt   time.Time // of the deletion that it is part of
	Total       int       // cases, when it began
	Done        int
	CursorID    cases.ID
}

// Working reports whether cases are still to be moved.
func (m Move) Working() bool { return m.State == "working" }

// Poker has a sweep run once the transaction has committed.
type Poker interface {
	PokeTx(ctx context.Context, tx pgx.Tx, sweep string) error
}

// Service deletes and restores contacts.
type Service struct {
	db    *db.DB
	guard *audit.Guard
	cases *cases.Service
	poker Poker
	now   clock.Clock
	batch int // cases in one transaction, at most
}

const batch = 100

// NewService returns a Service.
func NewService(d *db.DB, guard *audit.Guard, c *cases.Service, poker Poker, now clock.Clock) *Service {
	return &Service{d, guard, c, poker, now, batch}
}

// object names a contact in the audit trail.
func object(id contact.ID) audit.Object { return audit.Object{Kind: "contact", ID: int64(id)} }

// Preview is what deleting or restoring a contact would do.
type Preview struct {
	Contact contact.Contact
	Cases   cases.ContactCounts
	Hidden  int             // of a deleted contact: cases that a restore brings back
	Emails  []string        // that a deleted contact had
	Taken   []contact.Taken // of these, what others have now
	Move    *Move           // the last one; nil: there never was any
}

// Moving returns the move of a contact's cases that is not finished; nil: there is none.
//
// Needs ReadCases. Errors: Forbidden.
func (s *Service) Moving(ctx context.Context, actor access.Actor, id contact.ID) (m *Move, err error) {
	if err := actor.Require(access.ReadCases); err != nil {
		return nil, err
	}
	err = s.db.ReadWorkspace(ctx, int64(actor.Workspace), func(tx pgx.Tx) error {
		m, err = lastTx(ctx, tx, actor.Workspace, id)
		return err
	})
	if m == nil || !m.Working() {
		return nil, err
	}
	return m, err
}

// Preview tells what deleting or restoring a contact would do now.
//
// Needs ReadCases. Errors: Forbidden, NotFound.
func (s *Service) Preview(ctx context.Context, actor access.Actor, id contact.ID) (p Preview, err error) {
	if err := actor.Require(access.ReadCases); err != nil {
		return p, err
	}
	err = s.db.ReadWorkspace(ctx, int64(actor.Workspace), func(tx pgx.Tx) error {
		if p.Contact, err = contact.FindTx(ctx, tx, actor.Workspace, id); err != nil {
			return err
		}
		if p.Cases, err = cases.CountOfContactTx(ctx, tx, actor.Workspace, id); err != nil {
			return err
		}
		if p.Move, err = lastTx(ctx, tx, actor.Workspace, id); err != nil || p.Contact.DeletedAt == nil {
			return err
		}
		if p.Hidden, err = cases.CountHiddenTx(ctx, tx, actor.Workspace, id, *p.Contact.DeletedAt); err != nil {
			return err
		}
		if p.Emails, err = contact.ReleasedTx(ctx, tx, actor.Workspace, id); err != nil {
			return err
		}
		p.Taken, err = contact.TakenTx(ctx, tx, actor.Workspace, id)
		return err
	})
	return p, err
}
