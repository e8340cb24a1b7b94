package member

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"

	"caseward/internal/desk/access"
	"caseward/internal/platform/db"
	"caseward/internal/platform/errs"
)

// account is a user with what only sign-in may see.
type account struct {
	User
	PasswordHash string
}

const accountColumns = `id, email, name, is_staff, session_epoch, password_hash`

// accountByEmail and accountByID return a zero account where there is none. System transactions only: the role of
// requests cannot read the hash.
func accountByEmail(ctx context.Context, tx pgx.Tx, email string) (account, error) {
	rows, _ := tx.Query(ctx, `select `+accountColumns+` from users where email = $1`, email)
	return oneAccount(rows)
}

func accountByID(ctx context.Context, q db.Querier, id access.UserID) (account, error) {
	rows, _ := q.Query(ctx, `select `+accountColumns+` from users where id = $1`, id)
	return oneAccount(rows)
}

func oneAccount(rows pgx.Rows) (account, error) {
	a, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[account])
	if errors.Is(err, pgx.ErrNoRows) {
		return account{}, nil
	}
	return a, err
}

const memberColumns = `m.id, m.user_id, u.name, u.email, m.role, m.created_at, m.deactivated_at,
	array(select g.permission from member_grants g
		where g.workspace_id = m.workspace_id and g.member_id = m.id order by g.permission) as grants`

func listMembers(ctx context.Context, tx pgx.Tx, workspace access.WorkspaceID) ([]Member, error) {
	rows, _ := tx.Query(ctx, `select `+memberColumns+` from members m join users u on u.id = m.user_id
		where m.workspace_id = $1 order by m.deactivated_at is not null, lower(u.name), m.id`, workspace)
	return pgx.CollectRows(rows, pgx.RowToStructByName[Member])
}

func getMember(ctx context.Context, tx pgx.Tx, workspace access.WorkspaceID, id access.MemberID) (Member, error) {
	rows, _ := tx.Query(ctx, `select `+memberColumns+` from members m join users u on u.id = m.user_id
		where m.workspace_id = $1 and m.id = $2`, workspace, id)
	return pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[Member])
}

// lockMembers puts the changes of a workspace's members in order, which is what keeps its last owner. It does not
// hinder inserts that refer to the workspace.
func lockMembers(ctx context.Context, tx pgx.Tx, workspace access.WorkspaceID) error {
	var id access.WorkspaceID
	return tx.QueryRow(ctx, `select id from workspaces where id = $1 for no key update`, workspace).Scan(&id)
}

// refuseLastOwner returns a Conflict error when the member is the only active owner. Call it under lockMembers.
func refuseLastOwner(ctx context.Context, tx pgx.Tx, workspace access.WorkspaceID, id access.MemberID) error {
	var another bool
	err := tx.QueryRow(ctx, `select exists (select from members
		where workspace_id = $1 and id <> $2 and role = 'owner' and deactivated_at is null)`, workspace, id).Scan(&another)
	if err == nil && !another {
		err = errs.New(errs.Conflict, "A workspace needs an owner. Make somebody else an owner first.")
	}
	return err
}

// NewUser is a user to be made.
type NewUser struct {
	Email        string // cleaned
	Name         string // cleaned
	PasswordHash string // of HashPassword
	IsStaff      bool
}

// CreateUserTx makes a user in a transaction of the system. Errors: Invalid when the address has an account.
func (s *Service) CreateUserTx(ctx context.Context, tx pgx.Tx, in NewUser) (access.UserID, error) {
	var id access.UserID
	err := tx.QueryRow(ctx, `insert into users (email, name, password_hash, is_staff, created_at) values ($1, $2, $3, $4, $5)
		returning id`, in.Email, in.Name, in.PasswordHash, in.IsStaff, s.now()).Scan(&id)
	if db.Constraint(err) == "users_email_key" {
		return 0, errs.Field("email", "There is an account of this address already. Sign in instead.")
	}
	return id, err
}

// UserByEmailTx finds a user in a transaction of the system; the zero User where there is none.
func (s *Service) UserByEmailTx(ctx context.Context, tx pgx.Tx, email string) (User, error) {
	a, err := accountByEmail(ctx, tx, email)
	return a.User, err
}

// SetStaffTx makes a user support staff, in a transaction of the system.
func (s *Service) SetStaffTx(ctx context.Context, tx pgx.Tx, id access.UserID) error {
	_, err := tx.Exec(ctx, `update users set is_staff = true where id = $1`, id)
	return err
}

// EndStaffTx takes that away again and ends the sessions of the user, in a transaction of the system. was reports whether
// they were support staff.
func (s *Service) EndStaffTx(ctx context.Context, tx pgx.Tx, id access.UserID) (was bool, err error) {
	tag, err := tx.Exec(ctx, `update users set is_staff = false, session_epoch = session_epoch + 1 where id = $1 and is_staff`, id)
	return tag.RowsAffected() == 1, err
}

// AddTx makes a user a member of a workspace, in a transaction of the system. Errors: Conflict when they are one.
func (s *Service) AddTx(ctx context.Context, tx pgx.Tx, workspace access.WorkspaceID, user access.UserID, role access.Role) (access.MemberID, error) {
	id, err := insertMember(ctx, tx, workspace, user, role, s.now())
	if db.Constraint(err) == "members_workspace_id_user_id_key" {
		return 0, errs.New(errs.Conflict, "They are a member of this workspace already. An admin can reactivate them.")
	}
	return id, err
}

// GrantTx gives a new member extra rights, in a transaction of the system.
func (s *Service) GrantTx(ctx context.Context, tx pgx.Tx, workspace access.WorkspaceID, id access.MemberID, grants []access.Permission) error {
	_, err := tx.Exec(ctx, `insert into member_grants (workspace_id, member_id, permission) select $1, $2, unnest($3::text[])`,
		workspace, id, grants)
	return err
}

func insertMember(ctx context.Context, tx pgx.Tx, workspace access.WorkspaceID, user access.UserID, role access.Role, now time.Time) (id access.MemberID, err error) {
	err = tx.QueryRow(ctx, `insert into members (workspace_id, user_id, role, created_at) values ($1, $2, $3, $4) returning id`,
		workspace, user, role, now).Scan(&id)
	return id, err
}
