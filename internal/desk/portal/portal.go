// Package portal lets customers in at /help/{ws}: the accounts of contacts, their sign-in and sessions, and what they may see
// and do of their own. Whoever is deleted or suspended as a contact is refused, and no answer tells anybody whether an
// address is known.
package portal

import (
	"context"

	"github.com/jackc/pgx/v5"

	"caseward/internal/desk/access"
	"caseward/internal/desk/audit"
	"caseward/internal/desk/cases"
	"caseward/internal/desk/member"
	"caseward/internal/desk/message"
	"caseward/internal/desk/people"
	"caseward/internal/desk/rating"
	"caseward/internal/platform/clock"
	"caseward/internal/platform/db"
	"caseward/internal/platform/errs"
)

// Service is what the pages of the portal ask.
type Service struct {
	db       *db.DB
	guard    *audit.Guard
	hasher   *member.Hasher
	limits   *member.Service
	cases    *cases.Service
	messages *message.Service
	ratings  *rating.Service
	people   *people.Service
	now      clock.Clock
}

// Services are what a Service stands on. The hasher is that of the members, so that the two together keep to its bounds.
type Services struct {
	Hasher   *member.Hasher
	Limits   *member.Service
	Cases    *cases.Service
	Messages *message.Service
	Ratings  *rating.Service
	People   *people.Service
}

// NewService returns a Service.
func NewService(d *db.DB, guard *audit.Guard, s Services, now clock.Clock) *Service {
	return &Service{db: d, guard: guard, hasher: s.Hasher, limits: s.Limits, cases: s.Cases, messages: s.Messages, ratings: s.Ratings, people: s.People, now: now}
}

// Site is a workspace as its portal shows it.
type Site struct {
	ID       access.WorkspaceID
	Slug     string
	Name     string
	TimeZone string
}

// Visitor is a customer who is signed in.
type Visitor struct {
	Actor       access.Actor // the caller sets Address
	Name        string
	Email       string // the primary address; "" where there is none
	HasPassword bool
	ByLink      bool // signed in by a mailed link a short while ago: may set a password without the old one
}

func object(ws access.WorkspaceID) audit.Object {
	return audit.Object{Kind: "workspace", ID: int64(ws)}
}

// contactObject is the object of what concerns a person.
func contactObject(actor access.Actor) audit.Object {
	return audit.Object{Kind: "contact", ID: actor.ContactID}
}

func (s *Service) recordTx(ctx context.Context, tx pgx.Tx, actor access.Actor, action string, on audit.Object, details map[string]any) error {
	return audit.RecordTx(ctx, tx, audit.Entry{Actor: actor, Action: action, Object: on, Details: details, At: s.now()})
}

// asSystem runs fn beyond the role of requests: it may not read the hashes of passwords and tokens.
func (s *Service) asSystem(ctx context.Context, fn func(tx pgx.Tx) error) error {
	return s.db.AsSystem(ctx, "portal", fn)
}

// errNoPortal is the answer for a workspace that does not exist, and for one whose portal is off.
func errNoPortal() error { return errs.New(errs.NotFound, "") }
