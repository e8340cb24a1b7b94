package member

import (
	"context"
	"slices"

	"github.com/jackc/pgx/v5"

	"caseward/internal/desk/access"
	"caseward/internal/platform/errs"
)

// ChangeRole gives a member another role, and takes the grants that belonged to the old one. The last owner stays
// one. Permission: manage workspace; manage owners where an owner is made or unmade; nobody raises themselves.
// Errors: Forbidden, Invalid, NotFound, Conflict.
func (s *Service) ChangeRole(ctx context.Context, actor access.Actor, id access.MemberID, role access.Role) error {
	return s.change(ctx, actor, access.ManageWorkspace, object(id), func(tx pgx.Tx) error {
		if !role.Valid() {
			return errs.Field("role", "Choose a role from the list.")
		}
		m, err := getMember(ctx, tx, actor.Workspace, id)
		if err != nil || m.Role == role {
			return err
		}
		if err := mayChangeRole(actor, m, role); err != nil {
			return err
		}
		if m.Role == access.Owner && m.Active() {
			if err := refuseLastOwner(ctx, tx, actor.Workspace, id); err != nil {
				return err
			}
		}
		if _, err := tx.Exec(ctx, `update members set role = $3 where workspace_id = $1 and id = $2`, actor.Workspace, id, role); err != nil {
			return err
		}
		if err := s.replaceGrantsTx(ctx, tx, actor, m, nil); err != nil {
			return err
		}
		return s.recordTx(ctx, tx, actor, "member.role.changed", object(id), map[string]any{"old": m.Role, "new": role})
	})
}

func mayChangeRole(actor access.Actor, m Member, role access.Role) error {
	if m.Role == access.Owner || role == access.Owner {
		if err := actor.Require(access.ManageOwners); err != nil {
			return err
		}
	}
	// The actor's role may be older than m, which was read under the lock: an owner unmade at this moment.
	if m.ID == actor.Member && slices.Index(access.Roles(), role) < slices.Index(access.Roles(), m.Role) {
		return errs.New(errs.Forbidden, "You cannot raise your own role. Ask an owner.")
	}
	return nil
}

// Deactivate ends a membership from the next request on; what the member did stays theirs. Doing it again changes
// nothing. The last owner cannot be deactivated. Permission: manage workspace; manage owners for an owner.
// Errors: Forbidden, NotFound, Conflict.
func (s *Service) Deactivate(ctx context.Context, actor access.Actor, id access.MemberID) error {
	return s.change(ctx, actor, access.ManageWorkspace, object(id), func(tx pgx.Tx) error {
		m, err := getMember(ctx, tx, actor.Workspace, id)
		if err != nil || !m.Active() {
			return err
		}
		if m.Role == access.Owner {
			if err := actor.Require(access.ManageOwners); err != nil {
				return err
			}
			if err := refuseLastOwner(ctx, tx, actor.Workspace, id); err != nil {
				return err
			}
		}
		if _, err := tx.Exec(ctx, `update members set deactivated_at = $3 where workspace_id = $1 and id = $2`,
			actor.Workspace, id, s.now()); err != nil {
			return err
		}
		return s.recordTx(ctx, tx, actor, "member.deactivated", object(id), nil)
	})
}

// Reactivate lets a deactivated member in again, with role and grants as before. Doing it again changes nothing.
// Permission: manage workspace; manage owners for an owner. Errors: Forbidden, NotFound.
func (s *Service) Reactivate(ctx context.Context, actor access.Actor, id access.MemberID) error {
	return s.change(ctx, actor, access.ManageWorkspace, object(id), func(tx pgx.Tx) error {
		m, err := getMember(ctx, tx, actor.Workspace, id)
		if err != nil || m.Active() {
			return err
		}
		if m.Role == access.Owner {
			if err := actor.Require(access.ManageOwners); err != nil {
				return err
			}
		}
		if _, err := tx.Exec(ctx, `update members set deactivated_at = null where workspace_id = $1 and id = $2`,
			actor.Workspace, id); err != nil {
			return err
		}
		return s.recordTx(ctx, tx, actor, "member.reactivated", object(id), nil)
	})
}
