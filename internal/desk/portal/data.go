package portal

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"caseward/internal/desk/access"
	"caseward/internal/desk/contact"
	"caseward/internal/desk/member"
	"caseward/internal/desk/people"
	"caseward/internal/platform/errs"
)

// Own returns what the actor may change of themselves. Needs UsePortal. Errors: Forbidden.
func (s *Service) Own(ctx context.Context, actor access.Actor) (people.Own, error) {
	return s.people.Own(ctx, actor)
}

// UpdateOwn changes it. Needs UsePortal. Errors: as people.UpdateOwn.
func (s *Service) UpdateOwn(ctx context.Context, actor access.Actor, in people.Own) error {
	return s.people.UpdateOwn(ctx, actor, in)
}

// PasswordInput sets a password, the first one too.
type PasswordInput struct {
	Old string // not asked of a session that began by a mailed link a short while ago, nor where there was none
	New string
}

// SetPassword sets the actor's password and ends every session; it returns the token of a new one, with which the caller
// carries on. No link that was mailed works any more.
//
// Needs UsePortal. Errors: Invalid (fields old_password, new_password), RateLimited, Forbidden; Conflict when the password was
// changed meanwhile.
func (s *Service) SetPassword(ctx context.Context, site Site, who Visitor, in PasswordInput) (token string, err error) {
	actor := who.Actor
	if err := s.guard.Require(ctx, actor, access.UsePortal, contactObject(actor)); err != nil {
		return "", err
	}
	if err := member.CheckNewPassword("new_password", who.Email, in.New); err != nil {
		return "", err
	}
	var was string
	err = s.asSystem(ctx, func(tx pgx.Tx) error {
		return tx.QueryRow(ctx, `select password_hash from contact_accounts where workspace_id = $1 and contact_id = $2`, site.ID, actor.ContactID).Scan(&was)
	})
	if err != nil {
		return "", err
	}
	if was != "" && !who.ByLink {
		if err := s.checkOld(ctx, who, in.Old, was); err != nil {
			return "", err
		}
	}
	hash, err := s.hasher.Create(ctx, in.New)
	if err != nil {
		return "", err
	}
	err = s.asSystem(ctx, func(tx pgx.Tx) error {
		if _, err := contact.HoldActiveTx(ctx, tx, site.ID, contact.ID(actor.ContactID)); err != nil {
			return err
		}
		token, err = s.replacePasswordTx(ctx, tx, actor, was, hash)
		return err
	})
	return token, err
}

// checkOld compares the present password, of which somebody at an open session could otherwise try thousands.
func (s *Service) checkOld(ctx context.Context, who Visitor, old, hash string) error {
	counter := member.NewThrottle("portal password", fmt.Sprintf("%d %d", who.Actor.Workspace, who.Actor.ContactID), failures, tries, "")
	if err := s.limits.Count(ctx, counter); err != nil {
		return err
	}
	match, err := s.hasher.Matches(ctx, old, hash)
	if err != nil {
		return err
	}
	if !match {
		return errs.Field("old_password", "This is not your present password.")
	}
	return s.asSystem(ctx, func(tx pgx.Tx) error { return member.Forgive(ctx, tx, counter, nil) })
}

func (s *Service) replacePasswordTx(ctx context.Context, tx pgx.Tx, actor access.Actor, was, hash string) (string, error) {
	changed, err := tx.Exec(ctx, `update contact_accounts set password_hash = $4 where workspace_id = $1 and contact_id = $2 and password_hash = $3`,
		actor.Workspace, actor.ContactID, was, hash)
	if err != nil {
		return "", err
	}
	if changed.RowsAffected() == 0 {
		return "", errs.New(errs.Conflict, "Your password was changed meanwhile. Sign in with the new one.")
	}
	batch := &pgx.Batch{}
	batch.Queue(`delete from contact_sessions where workspace_id = $1 and contact_id = $2`, actor.Workspace, actor.ContactID)
	batch.Queue(`update portal_links l set used_at = $3, next_try_at = null, password_hash = '' from contact_emails e
		where e.workspace_id = $1 and e.contact_id = $2 and l.workspace_id = $1 and l.email = e.email and l.used_at is null`,
		actor.Workspace, actor.ContactID, s.now())
	if err := tx.SendBatch(ctx, batch).Close(); err != nil {
		return "", err
	}
	if err := s.recordTx(ctx, tx, actor, "contact.password.changed", contactObject(actor), nil); err != nil {
		return "", err
	}
	return s.beginTx(ctx, tx, actor.Workspace, contact.ID(actor.ContactID), false)
}
