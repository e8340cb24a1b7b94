// Package workspace keeps what belongs to a workspace as a whole: its name, time zone and retention, its queues,
// the addresses that receive its mail, and its tags.
package workspace

import (
	"context"
	"strings"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"

	"caseward/internal/desk/access"
	"caseward/internal/desk/audit"
	"caseward/internal/platform/clock"
	"caseward/internal/platform/db"
	"caseward/internal/platform/errs"
)

// Workspace is one tenant.
type Workspace struct {
	ID            access.WorkspaceID
	Slug          string
	Name          string
	Plan          access.Plan
	TimeZone      string
	RetentionDays *int // nil: deleted cases are kept until their erasure is requested
	IsDemo        bool
}

// Service works on workspaces.
type Service struct {
	db    *db.DB
	guard *audit.Guard
	now   clock.Clock
}

// NewService returns a Service.
func NewService(d *db.DB, guard *audit.Guard, now clock.Clock) *Service {
	return &Service{db: d, guard: guard, now: now}
}

// Get returns the actor's workspace. Permission: read cases. Errors: Forbidden.
func (s *Service) Get(ctx context.Context, actor access.Actor) (Workspace, error) {
	if err := s.guard.Require(ctx, actor, access.ReadCases, object(actor)); err != nil {
		return Workspace{}, err
	}
	var w Workspace
	err := s.db.ReadWorkspace(ctx, int64(actor.Workspace), func(tx pgx.Tx) (err error) {
		w, err = byID(ctx, tx, actor.Workspace)
		return err
	})
	return w, err
}

// BySlug finds a workspace before anybody has signed in: for the portal and the command line. It asks for no
// permission, so what it returns is not for pages of strangers. Errors: NotFound.
func (s *Service) BySlug(ctx context.Context, slug string) (Workspace, error) {
	var w Workspace
	err := s.db.AsSystem(ctx, "workspace by slug", func(tx pgx.Tx) (err error) {
		w, err = bySlug(ctx, tx, slug)
		return err
	})
	return w, err
}

// object is the workspace as the object of an audit entry.
func object(actor access.Actor) audit.Object {
	return audit.Object{Kind: "workspace", ID: int64(actor.Workspace)}
}

// change runs fn in the actor's workspace after asking for the permission.
func (s *Service) change(ctx context.Context, actor access.Actor, p access.Permission, on audit.Object, fn func(pgx.Tx) error) error {
	if err := s.guard.Require(ctx, actor, p, on); err != nil {
		return err
	}
	return s.db.InWorkspace(ctx, int64(actor.Workspace), fn)
}

func (s *Service) recordTx(ctx context.Context, tx pgx.Tx, actor access.Actor, action string, on audit.Object, details map[string]any) error {
	return audit.RecordTx(ctx, tx, audit.Entry{Actor: actor, Action: action, Object: on, Details: details, At: s.now()})
}

const longestName = 80

// cleanName returns the name without spaces around it, or the Invalid error of the form field.
func cleanName(field, name string) (string, error) {
	name = strings.TrimSpace(name)
	switch {
	case name == "":
		return "", errs.Field(field, "Enter a name.")
	case utf8.RuneCountInString(name) > longestName:
		return "", errs.Field(field, "Use at most 80 characters.")
	case strings.ContainsFunc(name, func(r rune) bool { return r < ' ' || r == utf8.RuneError }):
		return "", errs.Field(field, "Use letters, digits and punctuation only.")
	}
	return name, nil
}
