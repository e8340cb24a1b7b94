package member

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5"

	"caseward/internal/desk/access"
	"caseward/internal/platform/db"
	"caseward/internal/platform/errs"
)

// ErrSignedOut says that the session is over: the user is gone, or the password was changed since. Pages answer it
// with the sign-in page; compare with errors.Is.
var ErrSignedOut = errs.New(errs.Forbidden, "Your session has ended. Sign in again.")

// Workspace is what every page of the console shows of the workspace.
type Workspace struct {
	ID            access.WorkspaceID
	Slug          string
	Name          string
	Plan          access.Plan
	TimeZone      string
	RetentionDays *int // nil: deleted cases are kept until their erasure is requested
	IsDemo        bool
}

// Session is a signed-in user in one workspace.
type Session struct {
	User        User
	Actor       access.Actor // the caller sets Address
	Workspace   Workspace
	DefaultView View
	Columns     []Column // of the Table view
	TimeZone    string   // "": the workspace's
	Shortcuts   bool     // those of a single key are on
	Away        bool     // they take no new cases
}

// StaffSession is a signed-in user in the staff console.
type StaffSession struct {
	User  User
	Actor access.Actor // the caller sets Address
}

// resolved is one row: user, member and workspace.
type resolved struct {
	ID            access.UserID
	Email         string
	Name          string
	IsStaff       bool
	SessionEpoch  int
	MemberID      access.MemberID
	Role          access.Role
	Grants        []access.Permission
	DefaultView   View
	TableColumns  []Column
	MemberZone    string
	ShortcutsOff  bool
	Away          bool
	WorkspaceID   access.WorkspaceID
	Slug          string
	WorkspaceName string
	Plan          access.Plan
	TimeZone      string
	RetentionDays *int
	IsDemo        bool
}

// resolvedColumns and resolvedFrom read a row of active members.
const (
	resolvedColumns = `u.id, u.email, u.name, u.is_staff, u.session_epoch,
		m.id as member_id, m.role, m.default_view, m.table_columns, m.time_zone as member_zone, m.shortcuts_off, m.away,
		array(select g.permission from member_grants g
			where g.workspace_id = m.workspace_id and g.member_id = m.id order by g.permission) as grants,
		w.id as workspace_id, w.slug, w.name as workspace_name, w.plan, w.time_zone, w.retention_days, w.is_demo`
	resolvedFrom = ` from users u
		join members m on m.user_id = u.id and m.deactivated_at is null
		join workspaces w on w.id = m.workspace_id`
)

func (r resolved) user() User {
	return User{ID: r.ID, Email: r.Email, Name: r.Name, IsStaff: r.IsStaff, SessionEpoch: r.SessionEpoch}
}

func (r resolved) session() Session {
	return Session{
		User: r.user(),
		Actor: access.Actor{Kind: access.Member, Workspace: r.WorkspaceID, Member: r.MemberID, User: r.ID,
			Role: r.Role, Grants: r.Grants, Plan: r.Plan},
		Workspace: Workspace{ID: r.WorkspaceID, Slug: r.Slug, Name: r.WorkspaceName, Plan: r.Plan,
			TimeZone: r.TimeZone, RetentionDays: r.RetentionDays, IsDemo: r.IsDemo},
		DefaultView: r.DefaultView, Columns: shownColumns(r.TableColumns), TimeZone: r.MemberZone, Shortcuts: !r.ShortcutsOff, Away: r.Away,
	}
}

// Resolve turns what a session cookie knows into who acts, as the database says at this moment: roles, grants and
// deactivation count from the next request. Permission: none. Errors: ErrSignedOut; NotFound when the user is not,
// or no longer, a member of such a workspace.
func (s *Service) Resolve(ctx context.Context, user access.UserID, epoch int, slug string) (Session, error) {
	var r resolved
	err := s.db.SystemStatement(func(q db.Querier) (err error) {
		rows, _ := q.Query(ctx, `select `+resolvedColumns+resolvedFrom+` where u.id = $1 and u.session_epoch = $2 and w.slug = $3`, user, epoch, slug)
		r, err = pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[resolved])
		if errors.Is(err, pgx.ErrNoRows) {
			return signedOutOr(ctx, q, user, epoch, err)
		}
		return err
	})
	if err != nil {
		return Session{}, err
	}
	return r.session(), nil
}

// signedOutOr says why nothing was found: the session is over, or otherwise.
func signedOutOr(ctx context.Context, q db.Querier, user access.UserID, epoch int, otherwise error) error {
	a, err := accountByID(ctx, q, user)
	switch {
	case err != nil:
		return err
	case a.ID == 0 || a.SessionEpoch != epoch:
		return ErrSignedOut
	}
	return otherwise
}

// ResolveUser returns the user of a session, for pages outside a workspace. Permission: none. Errors: ErrSignedOut.
func (s *Service) ResolveUser(ctx context.Context, user access.UserID, epoch int) (User, error) {
	a, err := s.account(ctx, func(tx pgx.Tx) (account, error) { return accountByID(ctx, tx, user) })
	if err == nil && (a.ID == 0 || a.SessionEpoch != epoch) {
		err = ErrSignedOut
	}
	if err != nil {
		return User{}, err
	}
	return a.User, nil
}

// ResolveStaff is Resolve for the staff console. Permission: none. Errors: ErrSignedOut; NotFound when the user is
// not support staff.
func (s *Service) ResolveStaff(ctx context.Context, user access.UserID, epoch int) (StaffSession, error) {
	u, err := s.ResolveUser(ctx, user, epoch)
	if err == nil && !u.IsStaff {
		err = errs.New(errs.NotFound, "This is not here, or not yours to see.")
	}
	if err != nil {
		return StaffSession{}, err
	}
	return StaffSession{User: u, Actor: access.Actor{Kind: access.Staff, User: u.ID}}, nil
}

// Membership is one workspace that a user can switch to.
type Membership struct {
	Slug string
	Name string
	Role access.Role
}

// Workspaces lists the workspaces of a signed-in user in order of name. Permission: none beyond the session.
func (s *Service) Workspaces(ctx context.Context, user access.UserID) ([]Membership, error) {
	var list []Membership
	err := s.db.AsSystem(ctx, "session", func(tx pgx.Tx) (err error) {
		rows, _ := tx.Query(ctx, `select w.slug, w.name, m.role from members m join workspaces w on w.id = m.workspace_id
			where m.user_id = $1 and m.deactivated_at is null order by lower(w.name), w.id`, user)
		list, err = pgx.CollectRows(rows, pgx.RowToStructByName[Membership])
		return err
	})
	return list, err
}

// Actor returns a member with the rights of this moment, for a job that acts for them. Permission: none, as it is not
// for requests. Errors: NotFound when there is no such member or they are deactivated.
func (s *Service) Actor(ctx context.Context, ws access.WorkspaceID, m access.MemberID) (access.Actor, error) {
	var r resolved
	err := s.db.AsSystem(ctx, "act for a member", func(tx pgx.Tx) (err error) {
		rows, _ := tx.Query(ctx, `select `+resolvedColumns+resolvedFrom+` where m.workspace_id = $1 and m.id = $2`, ws, m)
		r, err = pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[resolved])
		return err
	})
	return r.session().Actor, err
}
