package member

import (
	"context"
	"errors"
	"net/netip"

	"github.com/jackc/pgx/v5"

	"caseward/internal/desk/access"
	"caseward/internal/desk/audit"
	"caseward/internal/platform/errs"
)

// SignIn returns the user of the address and password. It says the same, and takes the same time, whether the
// account does not exist or the password is wrong. addr is where the request came from.
// Permission: none. Errors: Invalid, RateLimited.
func (s *Service) SignIn(ctx context.Context, email, password string, addr netip.Addr) (User, error) {
	cleaned, err := CleanEmail(email)
	if err != nil {
		return User{}, err
	}
	byName, byPlace := byAccount(cleaned), byAddress(addr)
	if err := s.Count(ctx, byName, byPlace); err != nil {
		return User{}, err
	}
	found, err := s.account(ctx, func(tx pgx.Tx) (account, error) { return accountByEmail(ctx, tx, cleaned) })
	if err != nil {
		return User{}, err
	}
	match, err := s.hasher.Matches(ctx, password, found.PasswordHash)
	if err != nil {
		return User{}, err
	}
	if !match {
		return User{}, errs.New(errs.Invalid, "The email address or the password is wrong.")
	}
	err = s.db.AsSystem(ctx, "sign-in", func(tx pgx.Tx) error { return Forgive(ctx, tx, byName, &byPlace) })
	return found.User, err
}

func (s *Service) account(ctx context.Context, find func(pgx.Tx) (account, error)) (a account, err error) {
	err = s.db.AsSystem(ctx, "sign-in", func(tx pgx.Tx) error {
		a, err = find(tx)
		return err
	})
	return a, err
}

// ChangePassword sets a new password and ends all sessions of the user: it returns the new epoch, with which the
// caller may carry the present session on. Permission: the user themselves, by the old password.
// Errors: Invalid, RateLimited, Conflict when it was changed meanwhile.
func (s *Service) ChangePassword(ctx context.Context, actor access.Actor, oldPassword, newPassword string) (epoch int, err error) {
	found, err := s.account(ctx, func(tx pgx.Tx) (account, error) { return accountByID(ctx, tx, actor.User) })
	if err != nil {
		return 0, err
	}
	if found.ID == 0 {
		return 0, ErrSignedOut
	}
	if err := CheckNewPassword("new_password", found.Email, newPassword); err != nil {
		return 0, err
	}
	counter := byAccount(found.Email)
	if err := s.Count(ctx, counter); err != nil {
		return 0, err
	}
	match, err := s.hasher.Matches(ctx, oldPassword, found.PasswordHash)
	if err != nil {
		return 0, err
	}
	if !match {
		return 0, errs.Field("old_password", "This is not your present password.")
	}
	hash, err := s.hasher.Create(ctx, newPassword)
	if err != nil {
		return 0, err
	}
	err = s.db.AsSystem(ctx, "password change", func(tx pgx.Tx) error {
		if err := Forgive(ctx, tx, counter, nil); err != nil {
			return err
		}
		err := tx.QueryRow(ctx, `update users set password_hash = $3, session_epoch = session_epoch + 1
			where id = $1 and session_epoch = $2 returning session_epoch`, found.ID, found.SessionEpoch, hash).Scan(&epoch)
		if errors.Is(err, pgx.ErrNoRows) {
			return errs.New(errs.Conflict, "Your password was changed meanwhile. Sign in with the new one.")
		}
		if err != nil {
			return err
		}
		if err := s.endResetsTx(ctx, tx, found.ID); err != nil {
			return err
		}
		return s.recordPasswordTx(ctx, tx, actor, "member.password.changed")
	})
	return epoch, err
}

// recordPasswordTx leaves an entry in each workspace of the user, since it concerns all of them.
func (s *Service) recordPasswordTx(ctx context.Context, tx pgx.Tx, actor access.Actor, action string) error {
	rows, _ := tx.Query(ctx, `select workspace_id, id from members where user_id = $1 and deactivated_at is null`, actor.User)
	entries, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (audit.Entry, error) {
		who := access.Actor{Kind: access.Member, User: actor.User, Address: actor.Address}
		err := row.Scan(&who.Workspace, &who.Member)
		return audit.Entry{Actor: who, Action: action, Object: object(who.Member), At: s.now()}, err
	})
	if err != nil {
		return err
	}
	return audit.RecordTx(ctx, tx, entries...)
}
