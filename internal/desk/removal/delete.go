package removal

import (
	"context"

	"github.com/jackc/pgx/v5"

	"caseward/internal/desk/access"
	"caseward/internal/desk/audit"
	"caseward/internal/desk/cases"
	"caseward/internal/desk/contact"
	"caseward/internal/platform/pace"
)

// Delete marks a contact as deleted, releases their addresses and moves their live cases to the Spam view. Nothing is
// destroyed: Restore brings all of it back. Deleting a deleted contact changes nothing and is no error.
//
// Needs ManageContacts. Errors: Forbidden, NotFound; Conflict when another contact is being merged into it.
func (s *Service) Delete(ctx context.Context, actor access.Actor, id contact.ID) error {
	if err := s.guard.Require(ctx, actor, access.ManageContacts, object(id)); err != nil {
		return err
	}
	err := s.db.InWorkspace(ctx, int64(actor.Workspace), func(tx pgx.Tx) error {
		c, err := contact.LockTx(ctx, tx, actor.Workspace, id)
		if err != nil || c.DeletedAt != nil {
			return err
		}
		if err := contact.RequireSettledTx(ctx, tx, actor.Workspace, id); err != nil {
			return err
		}
		now := s.now()
		if err := contact.MarkDeletedTx(ctx, tx, actor.Workspace, id, actor.Member, now); err != nil {
			return err
		}
		n, err := cases.CountOfContactTx(ctx, tx, actor.Workspace, id)
		if err != nil {
			return err
		}
		return s.beginTx(ctx, tx, actor, Move{ContactID: id, Kind: Deleting, DeletedAt: now, Total: n.Live}, "contact.deleted", nil)
	})
	if err != nil {
		return err
	}
	return s.begun(ctx, actor, id)
}

// beginTx has a contact's cases moved, and leaves the entry of what began it.
func (s *Service) beginTx(ctx context.Context, tx pgx.Tx, actor access.Actor, m Move, action string, details map[string]any) error {
	_, err := tx.Exec(ctx, `insert into contact_moves (workspace_id, contact_id, kind, member_id, deleted_at, total, created_at, worked_at)
		values ($1, $2, $3, $4, $5, $6, $7, $7)`, actor.Workspace, m.ContactID, m.Kind, actor.Member, m.DeletedAt, m.Total, s.now())
	if err != nil {
		return err
	}
	if details == nil {
		details = map[string]any{}
	}
	details["cases"] = m.Total
	err = audit.RecordTx(ctx, tx, audit.Entry{Actor: actor, Action: action, Object: object(m.ContactID), At: s.now(), Details: details})
	if err != nil {
		return err
	}
	return s.poker.PokeTx(ctx, tx, Sweep)
}

// begun moves the first cases at once, so that whoever looks next sees those of most contacts where they belong. Should that
// fail, the job does it.
func (s *Service) begun(ctx context.Context, actor access.Actor, id contact.ID) error {
	var m *Move
	err := s.db.InWorkspace(ctx, int64(actor.Workspace), func(tx pgx.Tx) (err error) {
		m, err = lastTx(ctx, tx, actor.Workspace, id)
		return err
	})
	if err != nil || m == nil || !m.Working() {
		return err
	}
	if _, err := s.step(ctx, *m, pace.New(s.batch)); err != nil && ctx.Err() != nil {
		return err
	}
	return nil
}
