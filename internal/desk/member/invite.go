package member

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"time"

	"github.com/jackc/pgx/v5"

	"caseward/internal/desk/access"
	"caseward/internal/desk/audit"
	"caseward/internal/platform/errs"
	"caseward/internal/platform/mailaddr"
)

const invitationLasts = 7 * 24 * time.Hour

// InvitationID names an invitation.
type InvitationID int64

// Invitation is one that waits to be accepted.
type Invitation struct {
	ID        InvitationID
	Email     string
	Role      access.Role
	InvitedBy access.MemberID
	CreatedAt time.Time
	ExpiresAt time.Time
}

// Invite invites an address to the workspace and returns the token of the link, which is kept nowhere else. An
// earlier invitation of the address ends. Permission: manage workspace; manage owners to invite an owner.
// Errors: Forbidden, Invalid.
func (s *Service) Invite(ctx context.Context, actor access.Actor, email string, role access.Role) (token string, err error) {
	if role == access.Owner {
		if err := s.guard.Require(ctx, actor, access.ManageOwners, workspaceObject(actor)); err != nil {
			return "", err
		}
	}
	token, hash := NewToken()
	err = s.change(ctx, actor, access.ManageWorkspace, workspaceObject(actor), func(tx pgx.Tx) error {
		email, err := CleanEmail(email)
		if err != nil {
			return err
		}
		if !role.Valid() {
			return errs.Field("role", "Choose a role from the list.")
		}
		if err := refuseMember(ctx, tx, actor.Workspace, email); err != nil {
			return err
		}
		id, err := s.replaceInvitation(ctx, tx, actor, email, role, hash)
		if err != nil {
			return err
		}
		return s.recordTx(ctx, tx, actor, "member.invited", invitationObject(id), map[string]any{"role": role})
	})
	if err != nil {
		return "", err
	}
	return token, nil
}

func (s *Service) replaceInvitation(ctx context.Context, tx pgx.Tx, actor access.Actor, email string, role access.Role, hash []byte) (id InvitationID, err error) {
	now := s.now()
	if _, err := tx.Exec(ctx, `update invitations set revoked_at = $3
		where workspace_id = $1 and email = $2 and accepted_at is null and revoked_at is null`, actor.Workspace, email, now); err != nil {
		return 0, err
	}
	err = tx.QueryRow(ctx, `insert into invitations (workspace_id, email, role, token_hash, invited_by, created_at, expires_at)
		values ($1, $2, $3, $4, $5, $6, $7) returning id`,
		actor.Workspace, email, role, hash, actor.Member, now, now.Add(invitationLasts)).Scan(&id)
	return id, err
}

// refuseMember returns the Invalid error of an address that belongs to a member, or to no person at all: what comes to
// it becomes a case. Addresses belong to desk/workspace and are only read here.
func refuseMember(ctx context.Context, tx pgx.Tx, workspace access.WorkspaceID, email string) error {
	rows, _ := tx.Query(ctx, `select m.deactivated_at is null from members m join users u on u.id = m.user_id
		where m.workspace_id = $1 and u.email = $2`, workspace, email)
	found, err := pgx.CollectRows(rows, pgx.RowTo[bool])
	if err != nil {
		return err
	}
	var receives bool
	err = tx.QueryRow(ctx, `select exists (select from inbound_addresses where workspace_id = $1 and address = any($2))`,
		workspace, mailaddr.Forms(email)).Scan(&receives)
	switch {
	case err == nil && receives:
		return errs.Field("email", "Mail to this address becomes a case. Invite them with an address of their own.")
	case err != nil || len(found) == 0:
		return err
	case found[0]:
		return errs.Field("email", "They are a member already.")
	}
	return errs.Field("email", "They were a member. Reactivate them in the list of members.")
}

// Invitations lists those that can still be accepted, the newest first. Permission: manage workspace. Errors: Forbidden.
func (s *Service) Invitations(ctx context.Context, actor access.Actor) ([]Invitation, error) {
	if err := s.guard.Require(ctx, actor, access.ManageWorkspace, workspaceObject(actor)); err != nil {
		return nil, err
	}
	var list []Invitation
	err := s.db.ReadWorkspace(ctx, int64(actor.Workspace), func(tx pgx.Tx) (err error) {
		rows, _ := tx.Query(ctx, `select id, email, role, invited_by, created_at, expires_at from invitations
			where workspace_id = $1 and accepted_at is null and revoked_at is null and expires_at > $2 order by id desc`,
			actor.Workspace, s.now())
		list, err = pgx.CollectRows(rows, pgx.RowToStructByName[Invitation])
		return err
	})
	return list, err
}

// Revoke ends an invitation. Permission: manage workspace; manage owners for that of an owner.
// Errors: Forbidden, NotFound when it was accepted or revoked already.
func (s *Service) Revoke(ctx context.Context, actor access.Actor, id InvitationID) error {
	return s.change(ctx, actor, access.ManageWorkspace, invitationObject(id), func(tx pgx.Tx) error {
		var role access.Role
		err := tx.QueryRow(ctx, `update invitations set revoked_at = $3
			where workspace_id = $1 and id = $2 and accepted_at is null and revoked_at is null returning role`,
			actor.Workspace, id, s.now()).Scan(&role)
		if err != nil {
			return err
		}
		if role == access.Owner {
			if err := actor.Require(access.ManageOwners); err != nil {
				return err // and the update is rolled back
			}
		}
		return s.recordTx(ctx, tx, actor, "member.invitation.revoked", invitationObject(id), nil)
	})
}

func invitationObject(id InvitationID) audit.Object {
	return audit.Object{Kind: "invitation", ID: int64(id)}
}

// NewToken returns 32 random bytes as text, and the hash under which they are kept. A random token needs no slow hash.
func NewToken() (token string, hash []byte) {
	raw := make([]byte, 32)
	_, _ = rand.Read(raw) // never fails: it ends the program instead
	token = base64.RawURLEncoding.EncodeToString(raw)
	return token, TokenHash(token)
}

// TokenHash is what of a token is stored.
func TokenHash(token string) []byte {
	sum := sha256.Sum256([]byte(token))
	return sum[:]
}
