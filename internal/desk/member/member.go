// Package member keeps users, who sign in, and members, who they are in each workspace: sign-in, sessions'
// validity, invitations, roles and grants.
package member

import (
	"context"
	"net/mail"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"

	"caseward/internal/desk/access"
	"caseward/internal/desk/audit"
	"caseward/internal/platform/clock"
	"caseward/internal/platform/db"
	"caseward/internal/platform/errs"
)

// User is a person who signs in; one user may be a member of several workspaces.
type User struct {
	ID           access.UserID
	Email        string
	Name         string
	IsStaff      bool
	SessionEpoch int // a session that began under another epoch is over
}

// Member is a user in one workspace.
type Member struct {
	ID            access.MemberID
	UserID        access.UserID
	Name          string
	Email         string
	Role          access.Role
	Grants        []access.Permission // the extra rights of an agent, in order of name
	CreatedAt     time.Time
	DeactivatedAt *time.Time
}

// Active reports whether the member may act.
func (m Member) Active() bool { return m.DeactivatedAt == nil }

// Service works on users and members.
type Service struct {
	db     *db.DB
	guard  *audit.Guard
	hasher *Hasher
	now    clock.Clock
}

// NewService returns a Service.
func NewService(d *db.DB, guard *audit.Guard, hasher *Hasher, now clock.Clock) *Service {
	return &Service{db: d, guard: guard, hasher: hasher, now: now}
}

// List lists the members in order of name, the deactivated ones last. Permission: read cases, since colleagues see
// each other's names. Errors: Forbidden.
func (s *Service) List(ctx context.Context, actor access.Actor) ([]Member, error) {
	if err := s.guard.Require(ctx, actor, access.ReadCases, workspaceObject(actor)); err != nil {
		return nil, err
	}
	var list []Member
	err := s.db.ReadWorkspace(ctx, int64(actor.Workspace), func(tx pgx.Tx) (err error) {
		list, err = listMembers(ctx, tx, actor.Workspace)
		return err
	})
	return list, err
}

func object(id access.MemberID) audit.Object { return audit.Object{Kind: "member", ID: int64(id)} }

func workspaceObject(actor access.Actor) audit.Object {
	return audit.Object{Kind: "workspace", ID: int64(actor.Workspace)}
}

// change runs fn in the actor's workspace, one change of members at a time, after asking for the permission. Where fn
// finds that an owner is concerned and refuses, the refusal is recorded after fn's transaction is undone.
func (s *Service) change(ctx context.Context, actor access.Actor, p access.Permission, on audit.Object, fn func(pgx.Tx) error) error {
	if err := s.guard.Require(ctx, actor, p, on); err != nil {
		return err
	}
	err := s.db.InWorkspace(ctx, int64(actor.Workspace), func(tx pgx.Tx) error {
		if err := lockMembers(ctx, tx, actor.Workspace); err != nil {
			return err
		}
		return fn(tx)
	})
	if errs.Is(err, errs.Forbidden) && !actor.Can(access.ManageOwners) {
		return s.guard.Require(ctx, actor, access.ManageOwners, on)
	}
	return err
}

func (s *Service) recordTx(ctx context.Context, tx pgx.Tx, actor access.Actor, action string, on audit.Object, details map[string]any) error {
	return audit.RecordTx(ctx, tx, audit.Entry{Actor: actor, Action: action, Object: on, Details: details, At: s.now()})
}

// CleanEmail returns the bare address in small letters, or the Invalid error of the form field "email".
func CleanEmail(text string) (string, error) {
	a, err := mail.ParseAddress(strings.TrimSpace(text))
	if err != nil || a.Name != "" || len(a.Address) > 254 || strings.ContainsAny(a.Address, "\" ") {
		return "", errs.Field("email", "Enter an email address such as ana@example.com.")
	}
	return strings.ToLower(a.Address), nil
}

// CleanName returns the name without spaces around it, or the Invalid error of the form field "name".
func CleanName(text string) (string, error) {
	text = strings.TrimSpace(text)
	if text == "" || utf8.RuneCountInString(text) > 100 ||
		strings.ContainsFunc(text, func(r rune) bool { return r < ' ' || r == utf8.RuneError }) {
		return "", errs.Field("name", "Enter a name of at most 100 characters.")
	}
	return text, nil
}
