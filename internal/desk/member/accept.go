package member

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5"

	"caseward/internal/desk/access"
	"caseward/internal/platform/errs"
)

// Offer is what the page of an invitation link shows.
type Offer struct {
	Slug       string
	Workspace  string // its name
	Email      string
	Role       access.Role
	HasAccount bool // they sign in and accept; otherwise they choose a name and a password
}

// offer is an invitation that can be accepted.
type offer struct {
	Offer
	ID          InvitationID
	WorkspaceID access.WorkspaceID
	InviterRole access.Role
}

// Offer returns what the token invites to. Permission: the token. Errors: Gone.
func (s *Service) Offer(ctx context.Context, token string) (Offer, error) {
	var o offer
	err := s.db.AsSystem(ctx, "invitation", func(tx pgx.Tx) (err error) {
		o, err = s.offer(ctx, tx, token)
		return err
	})
	return o.Offer, err
}

// AcceptInvite makes an account for the invited address and joins the workspace. Permission: the token.
// Errors: Gone, Invalid, Conflict when the address has an account: sign in and use AcceptInviteAs.
func (s *Service) AcceptInvite(ctx context.Context, token, name, password string) (User, Offer, error) {
	name, err := CleanName(name)
	if err != nil {
		return User{}, Offer{}, err
	}
	invited, err := s.Offer(ctx, token)
	if err != nil { // no hashing for strangers
		return User{}, Offer{}, err
	}
	hash, err := s.HashPassword(ctx, invited.Email, password)
	if err != nil {
		return User{}, Offer{}, err
	}
	return s.accept(ctx, token, func(tx pgx.Tx, o offer) (account, error) {
		if o.HasAccount {
			return account{}, errs.New(errs.Conflict, "You have an account already. Sign in to accept the invitation.")
		}
		id, err := s.CreateUserTx(ctx, tx, NewUser{Email: o.Email, Name: name, PasswordHash: hash})
		if err != nil {
			return account{}, err
		}
		return accountByID(ctx, tx, id)
	})
}

// AcceptInviteAs joins the workspace as a user who is signed in. Permission: the token, and being the one invited.
// Errors: Gone, Forbidden, Conflict when they are a member already.
func (s *Service) AcceptInviteAs(ctx context.Context, user access.UserID, token string) (Offer, error) {
	_, o, err := s.accept(ctx, token, func(tx pgx.Tx, o offer) (account, error) {
		a, err := accountByID(ctx, tx, user)
		if err == nil && a.Email != o.Email {
			err = errs.New(errs.Forbidden, "This invitation is for another email address. Sign in with that account.")
		}
		return a, err
	})
	return o, err
}

func (s *Service) accept(ctx context.Context, token string, who func(pgx.Tx, offer) (account, error)) (User, Offer, error) {
	var o offer
	var a account
	err := s.db.AsSystem(ctx, "invitation", func(tx pgx.Tx) (err error) {
		if o, err = s.offer(ctx, tx, token); err != nil {
			return err
		}
		if a, err = who(tx, o); err != nil {
			return err
		}
		id, err := s.AddTx(ctx, tx, o.WorkspaceID, a.ID, o.Role)
		if err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `update invitations set accepted_at = $3 where workspace_id = $1 and id = $2`,
			o.WorkspaceID, o.ID, s.now()); err != nil {
			return err
		}
		actor := access.Actor{Kind: access.Member, Workspace: o.WorkspaceID, Member: id, User: a.ID}
		return s.recordTx(ctx, tx, actor, "member.joined", object(id), map[string]any{"role": o.Role, "invitation": o.ID})
	})
	if err != nil {
		return User{}, Offer{}, err
	}
	return a.User, o.Offer, nil
}

// offer finds and locks the invitation of the token. It no longer counts when the one who invited has left or lost
// the right since.
func (s *Service) offer(ctx context.Context, tx pgx.Tx, token string) (offer, error) {
	rows, _ := tx.Query(ctx, `select i.id, i.workspace_id, i.email, i.role, by.role as inviter_role, w.slug, w.name as workspace,
			exists (select from users u where u.email = i.email) as has_account
		from invitations i
		join workspaces w on w.id = i.workspace_id
		join members by on by.workspace_id = i.workspace_id and by.id = i.invited_by and by.deactivated_at is null
		where i.token_hash = $1 and i.accepted_at is null and i.revoked_at is null and i.expires_at > $2
		for update of i`, TokenHash(token), s.now())
	o, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[offer])
	if err != nil && !errors.Is(err, pgx.ErrNoRows) {
		return offer{}, err
	}
	needed := access.ManageWorkspace
	if o.Role == access.Owner {
		needed = access.ManageOwners
	}
	inviter := access.Actor{Kind: access.Member, Role: o.InviterRole}
	if err != nil || !inviter.Can(needed) {
		return offer{}, errs.New(errs.Gone, "This invitation is no longer valid. Ask for a new one.")
	}
	return o, nil
}
