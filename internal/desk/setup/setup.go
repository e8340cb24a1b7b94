// Package setup makes what an installation begins with: a workspace with its owner, and support staff. It is for
// the set-up page, the command line and the demo; nobody is signed in, so nobody's permission is asked.
package setup

import (
	"context"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"caseward/internal/desk/access"
	"caseward/internal/desk/audit"
	"caseward/internal/desk/member"
	"caseward/internal/desk/workspace"
	"caseward/internal/platform/clock"
	"caseward/internal/platform/db"
	"caseward/internal/platform/errs"
	"caseward/internal/platform/mailaddr"
)

// Service sets up.
type Service struct {
	db         *db.DB
	workspaces *workspace.Service
	members    *member.Service
	now        clock.Clock
}

// NewService returns a Service.
func NewService(d *db.DB, workspaces *workspace.Service, members *member.Service, now clock.Clock) *Service {
	return &Service{db: d, workspaces: workspaces, members: members, now: now}
}

// setupLock lets one workspace be created at a time, so that of two browsers on the set-up page one wins.
const setupLock = 7301544210

// Input is a new workspace and its owner.
type Input struct {
	Slug     string
	Name     string
	TimeZone string // UTC when ""
	Address  string // receives the workspace's mail
	Owner    Person
	Demo     bool
	// First is for the set-up page, which anybody can open: it works only while there is no workspace, and only
	// with an address that has no account yet.
	First bool
}

// Person is somebody who signs in.
type Person struct {
	Email    string
	Name     string
	Password string
	// Existing allows an address that has an account, which keeps its name and password: what stands here may then be
	// empty, and is not looked at.
	Existing bool
}

// Created is what Create has made.
type Created struct {
	Workspace workspace.Workspace
	Queue     workspace.QueueID
	Owner     access.Actor
}

// Create makes a workspace with its owner, the default queue and the address, all or nothing.
// Errors: Invalid; Conflict when First and the installation has a workspace.
func (s *Service) Create(ctx context.Context, in Input) (Created, error) {
	what := workspace.CreateInput{Slug: in.Slug, Name: in.Name, TimeZone: in.TimeZone, Address: in.Address, Demo: in.Demo}
	if err := what.Check(); err != nil {
		return Created{}, err
	}
	if slices.Contains(mailaddr.Forms(in.Owner.Email), strings.ToLower(strings.TrimSpace(in.Address))) {
		return Created{}, errs.Field("address", "Customers need an address of their own to write to: mail to yours would become a case.")
	}
	if in.First { // before the slow hash; asked again under the lock
		if needed, err := s.NeedsSetup(ctx); err != nil || !needed {
			return Created{}, alreadySetUp(err)
		}
	}
	owner, err := s.prepare(ctx, in.Owner)
	switch {
	case err != nil:
		return Created{}, err
	case in.First && owner.exists:
		return Created{}, errs.Field("email", "There is an account of this address already. Use another one here.")
	case owner.exists && !in.Owner.Existing:
		return Created{}, taken(owner)
	}
	var out Created
	err = s.db.AsSystem(ctx, "set-up", func(tx pgx.Tx) error {
		out, err = s.createTx(ctx, tx, what, owner, in.First)
		return err
	})
	return out, err
}

func (s *Service) createTx(ctx context.Context, tx pgx.Tx, what workspace.CreateInput, owner person, first bool) (Created, error) {
	if _, err := tx.Exec(ctx, `select pg_advisory_xact_lock($1)`, setupLock); err != nil {
		return Created{}, err
	}
	if first {
		if exists, err := workspace.AnyTx(ctx, tx); err != nil || exists {
			return Created{}, alreadySetUp(err)
		}
	}
	made, err := s.workspaces.CreateTx(ctx, tx, what)
	if err != nil {
		return Created{}, err
	}
	user, err := s.ensureUserTx(ctx, tx, owner)
	if err != nil {
		return Created{}, err
	}
	id, err := s.members.AddTx(ctx, tx, made.Workspace.ID, user, access.Owner)
	if err != nil {
		return Created{}, err
	}
	actor := access.Actor{Kind: access.Member, Workspace: made.Workspace.ID, Member: id, User: user,
		Role: access.Owner, Grants: []access.Permission{}, Plan: made.Workspace.Plan}
	err = audit.RecordTx(ctx, tx, audit.Entry{Actor: actor, Action: "workspace.created",
		Object: audit.Object{Kind: "workspace", ID: int64(made.Workspace.ID)}, At: s.now()})
	return Created{Workspace: made.Workspace, Queue: made.Queue, Owner: actor}, err
}

func alreadySetUp(err error) error {
	if err != nil {
		return err
	}
	return errs.New(errs.Conflict, "Caseward is set up already. Sign in instead.")
}

// NeedsSetup reports whether there is no workspace yet.
func (s *Service) NeedsSetup(ctx context.Context) (bool, error) {
	var exists bool
	err := s.db.AsSystem(ctx, "set-up", func(tx pgx.Tx) (err error) {
		exists, err = workspace.AnyTx(ctx, tx)
		return err
	})
	return !exists, err
}

// AddStaff makes somebody support staff. Doing it again with Existing changes nothing. Errors: Invalid.
func (s *Service) AddStaff(ctx context.Context, who Person) (access.UserID, error) {
	p, err := s.prepare(ctx, who)
	if err != nil {
		return 0, err
	}
	if p.exists && !who.Existing {
		return 0, taken(p)
	}
	var id access.UserID
	err = s.db.AsSystem(ctx, "set-up", func(tx pgx.Tx) error {
		if id, err = s.ensureUserTx(ctx, tx, p); err != nil {
			return err
		}
		return s.members.SetStaffTx(ctx, tx, id)
	})
	return id, err
}

// RemoveStaff ends somebody's being support staff and signs them out everywhere. Their account, and what they are in
// workspaces, stays. Errors: Invalid where no support staff has the address.
func (s *Service) RemoveStaff(ctx context.Context, email string) error {
	email, err := member.CleanEmail(email)
	if err != nil {
		return err
	}
	return s.db.AsSystem(ctx, "set-up", func(tx pgx.Tx) error {
		u, err := s.members.UserByEmailTx(ctx, tx, email)
		if err != nil {
			return err
		}
		was, err := s.members.EndStaffTx(ctx, tx, u.ID)
		if err == nil && !was {
			err = errs.Newf(errs.Invalid, "No support staff signs in with %s.", email)
		}
		return err
	})
}

// taken refuses to pass over the name and the password that somebody typed for an account that has its own.
func taken(p person) error {
	return errs.Newf(errs.Invalid, "There is an account of %s already. To use it with the name and password it has, add --existing.", p.Email)
}

// AddMember makes somebody a member of a workspace with a role and, for an agent, grants; for the demo and tests, whose
// people have accounts in several workspaces.
// People who use the program are invited instead. Errors: Invalid, Conflict when they are a member.
func (s *Service) AddMember(ctx context.Context, w workspace.Workspace, who Person, role access.Role, grants ...access.Permission) (access.Actor, error) {
	p, err := s.prepare(ctx, who)
	if err != nil {
		return access.Actor{}, err
	}
	actor := access.Actor{Kind: access.Member, Workspace: w.ID, Role: role, Grants: slices.Clone(grants), Plan: w.Plan}
	err = s.db.AsSystem(ctx, "set-up", func(tx pgx.Tx) error {
		if actor.User, err = s.ensureUserTx(ctx, tx, p); err != nil {
			return err
		}
		if actor.Member, err = s.members.AddTx(ctx, tx, w.ID, actor.User, role); err != nil {
			return err
		}
		if err := s.members.GrantTx(ctx, tx, w.ID, actor.Member, grants); err != nil {
			return err
		}
		return audit.RecordTx(ctx, tx, audit.Entry{Actor: actor, Action: "member.joined", At: s.now(),
			Object: audit.Object{Kind: "member", ID: int64(actor.Member)}, Details: map[string]any{"role": role}})
	})
	return actor, err
}

// person is a Person who was checked, with the password hashed.
type person struct {
	member.NewUser
	exists bool
}

func (s *Service) prepare(ctx context.Context, in Person) (person, error) {
	email, err := member.CleanEmail(in.Email)
	if err != nil {
		return person{}, err
	}
	p := person{NewUser: member.NewUser{Email: email}}
	err = s.db.AsSystem(ctx, "set-up", func(tx pgx.Tx) error {
		u, err := s.members.UserByEmailTx(ctx, tx, email)
		p.exists = u.ID != 0
		return err
	})
	switch {
	case err != nil || p.exists:
		return p, err
	case in.Existing && in.Password == "":
		return person{}, errs.Newf(errs.Invalid, "There is no account of %s yet.", email)
	}
	if p.Name, err = member.CleanName(in.Name); err != nil {
		return person{}, err
	}
	p.PasswordHash, err = s.members.HashPassword(ctx, email, in.Password)
	return p, err
}

func (s *Service) ensureUserTx(ctx context.Context, tx pgx.Tx, p person) (access.UserID, error) {
	if p.exists {
		u, err := s.members.UserByEmailTx(ctx, tx, p.Email)
		return u.ID, err
	}
	return s.members.CreateUserTx(ctx, tx, p.NewUser)
}
