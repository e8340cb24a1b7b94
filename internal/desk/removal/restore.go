package removal

import (
	"context"

	"github.com/jackc/pgx/v5"

	"caseward/internal/desk/access"
	"caseward/internal/desk/cases"
	"caseward/internal/desk/contact"
	"caseward/internal/platform/errs"
)

// RestoreInput says who is to come back. WithoutTaken: without the addresses that others have now.
type RestoreInput struct {
	Contact      contact.ID
	WithoutTaken bool
}

// Restore brings a deleted contact back, whenever that was, with their addresses and exactly the cases that the deletion hid,
// but those that somebody has marked as spam or deleted since. Restoring a contact who is not deleted changes nothing.
//
// Needs ManageContacts. Errors: Forbidden, NotFound; Conflict when another contact has one of the addresses now, unless
// WithoutTaken, and once the contact is being deleted forever.
func (s *Service) Restore(ctx context.Context, actor access.Actor, in RestoreInput) error {
	if err := s.guard.Require(ctx, actor, access.ManageContacts, object(in.Contact)); err != nil {
		return err
	}
	err := s.db.InWorkspace(ctx, int64(actor.Workspace), func(tx pgx.Tx) error {
		c, err := contact.LockTx(ctx, tx, actor.Workspace, in.Contact)
		if err != nil || c.DeletedAt == nil {
			return err
		}
		if c.ErasingAt != nil {
			return errs.New(errs.Conflict, "This contact is being deleted forever and can no longer be restored.")
		}
		without, err := contact.MarkRestoredTx(ctx, tx, actor.Workspace, in.Contact)
		if err != nil {
			return err
		}
		if without > 0 && !in.WithoutTaken {
			return errs.New(errs.Conflict, "Another contact has an address of this one by now. Choose what becomes of it.")
		}
		n, err := cases.CountHiddenTx(ctx, tx, actor.Workspace, in.Contact, *c.DeletedAt)
		if err != nil {
			return err
		}
		return s.beginTx(ctx, tx, actor, Move{ContactID: in.Contact, Kind: Restoring, DeletedAt: *c.DeletedAt, Total: n},
			"contact.restored", map[string]any{"without_addresses": without})
	})
	if err != nil {
		return err
	}
	return s.begun(ctx, actor, in.Contact)
}
