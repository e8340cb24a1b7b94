package contact

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5"

	"caseward/internal/desk/access"
	"caseward/internal/desk/audit"
	"caseward/internal/platform/clock"
	"caseward/internal/platform/db"
	"caseward/internal/platform/errs"
)

// Suspensions suspends contacts and lets them write again.
type Suspensions struct {
	db    *db.DB
	guard *audit.Guard
	now   clock.Clock
}

// NewSuspensions returns a Suspensions.
func NewSuspensions(d *db.DB, guard *audit.Guard, now clock.Clock) *Suspensions {
	return &Suspensions{d, guard, now}
}

// Suspend blocks the mail of a contact from now on. Suspending one that is suspended changes nothing and is no error.
//
// Needs ManageContacts. Errors: Forbidden, NotFound; Conflict when the contact is deleted or protected.
func (s *Suspensions) Suspend(ctx context.Context, actor access.Actor, id ID) error {
	if err := s.guard.Require(ctx, actor, access.ManageContacts, Object(id)); err != nil {
		return err
	}
	return s.db.InWorkspace(ctx, int64(actor.Workspace), func(tx pgx.Tx) error {
		c, err := GetTx(ctx, tx, actor.Workspace, id)
		switch {
		case errors.Is(err, pgx.ErrNoRows):
			return errs.New(errs.NotFound, "There is no such contact in this workspace.")
		case err != nil:
			return err
		case c.DeletedAt != nil:
			return errs.New(errs.Conflict, "This contact is deleted, and cannot be suspended.")
		}
		protected, err := ProtectionTx(ctx, tx, actor.Workspace, []ID{id})
		if err != nil {
			return err
		}
		if p := protected[id]; p.Holds() {
			return errs.Newf(errs.Conflict, "This contact cannot be suspended, because %s.", p.Why())
		}
		_, err = suspendTx(ctx, tx, actor, []Offender{{Contact: id}}, ByHandCause, s.now())
		return err
	})
}

// Restore lets contacts write again and returns how many were suspended until now. Mail that was blocked stays in Blocked
// mail until somebody releases it.
//
// Needs ManageContacts. Errors: Forbidden.
func (s *Suspensions) Restore(ctx context.Context, actor access.Actor, ids []ID) (restored int, err error) {
	on := audit.Object{Kind: "contact"}
	if len(ids) == 1 {
		on = Object(ids[0])
	}
	if err := s.guard.Require(ctx, actor, access.ManageContacts, on); err != nil {
		return 0, err
	}
	err = s.db.InWorkspace(ctx, int64(actor.Workspace), func(tx pgx.Tx) error {
		lifted, err := LiftTx(ctx, tx, actor, ids, "", s.now())
		restored = len(lifted)
		return err
	})
	return restored, err
}

// Standing is what somebody should know before they suspend a contact, or let them write again.
type Standing struct {
	Protection Protection
	Suspension *Suspension // nil: it may write
}

// Standing tells whether a contact is suspended, and why it never is.
//
// Needs ReadCases. Errors: Forbidden.
func (s *Suspensions) Standing(ctx context.Context, actor access.Actor, id ID) (st Standing, err error) {
	if err := actor.Require(access.ReadCases); err != nil {
		return st, err
	}
	err = s.db.ReadWorkspace(ctx, int64(actor.Workspace), func(tx pgx.Tx) error {
		protected, err := ProtectionTx(ctx, tx, actor.Workspace, []ID{id})
		if err != nil {
			return err
		}
		st.Protection = protected[id]
		st.Suspension, err = SuspensionTx(ctx, tx, actor.Workspace, id)
		return err
	})
	return st, err
}

// OfMany returns the suspensions of those contacts that have one, for a list.
//
// Needs ReadCases. Errors: Forbidden.
func (s *Suspensions) OfMany(ctx context.Context, actor access.Actor, ids []ID) (map[ID]Suspension, error) {
	if err := actor.Require(access.ReadCases); err != nil {
		return nil, err
	}
	found := map[ID]Suspension{}
	err := s.db.ReadWorkspace(ctx, int64(actor.Workspace), func(tx pgx.Tx) error {
		list, err := suspensionsTx(ctx, tx, actor.Workspace, ids)
		for _, one := range list {
			found[one.ContactID] = one
		}
		return err
	})
	return found, err
}
