package people

import (
	"context"
	"errors"
	"slices"

	"github.com/jackc/pgx/v5"

	"caseward/internal/desk/access"
	"caseward/internal/desk/contact"
	"caseward/internal/platform/errs"
)

// Own is what a contact may change of their own record.
type Own struct {
	Name  string
	Phone string
}

// Own returns it. Needs UsePortal. Errors: Forbidden.
func (s *Service) Own(ctx context.Context, actor access.Actor) (own Own, err error) {
	if err := s.guard.Require(ctx, actor, access.UsePortal, contact.Object(contact.ID(actor.ContactID))); err != nil {
		return Own{}, err
	}
	err = s.db.ReadWorkspace(ctx, int64(actor.Workspace), func(tx pgx.Tx) error {
		return tx.QueryRow(ctx, `select name, phone from contacts where workspace_id = $1 and id = $2`, actor.Workspace, actor.ContactID).
			Scan(&own.Name, &own.Phone)
	})
	return own, err
}

// UpdateOwn changes the record of the contact who acts. What the search knows of their cases follows by the job.
//
// Needs UsePortal. Errors: Invalid (fields name, phone); Forbidden, also for a contact who was deleted or suspended meanwhile.
func (s *Service) UpdateOwn(ctx context.Context, actor access.Actor, in Own) error {
	id := contact.ID(actor.ContactID)
	if err := s.guard.Require(ctx, actor, access.UsePortal, contact.Object(id)); err != nil {
		return err
	}
	clean, err := Input{Name: in.Name, Phone: in.Phone}.clean()
	if clean.Name == "" {
		err = errors.Join(errs.Field("name", "Enter your name."), err)
	}
	if err != nil {
		return err
	}
	return s.db.InWorkspace(ctx, int64(actor.Workspace), func(tx pgx.Tx) error {
		was, err := contact.LockRecordTx(ctx, tx, actor.Workspace, id)
		if err != nil {
			return err
		}
		if was.Editable() != nil || was.SuspendedAt != nil {
			return contact.ErrNotActive
		}
		now := was
		now.Name, now.Phone = clean.Name, clean.Phone
		changed := was.Changed(now)
		if len(changed) == 0 {
			return nil
		}
		_, err = tx.Exec(ctx, `update contacts set name = $3, phone = $4, version = version + 1 where workspace_id = $1 and id = $2`,
			actor.Workspace, id, now.Name, now.Phone)
		if err != nil {
			return err
		}
		if slices.ContainsFunc(changed, contact.Found) {
			if err := s.renameTx(ctx, tx, actor, id); err != nil {
				return err
			}
		}
		return s.recordTx(ctx, tx, actor, "contact.updated", id, map[string]any{"fields": changed})
	})
}
