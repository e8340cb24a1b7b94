package member

import (
	"context"
	"errors"
	"net/netip"
	"time"

	"github.com/jackc/pgx/v5"

	"caseward/internal/desk/access"
	"caseward/internal/platform/errs"
	"caseward/internal/platform/mailaddr"
)

// ResetLasts is how long the link to set a new password works.
const ResetLasts = time.Hour

// RequestReset has a link to set a new password sent to the account of an address. It does and says the same where
// there is no account. Nor is a link sent to an address whose mail becomes a case, which colleagues read.
// Permission: none. Errors: Invalid, RateLimited.
func (s *Service) RequestReset(ctx context.Context, email string, addr netip.Addr) error {
	cleaned, err := CleanEmail(email)
	if err != nil {
		return err
	}
	if err := s.Count(ctx, resetByAccount(cleaned), resetByAddress(addr)); err != nil {
		return err
	}
	return s.db.AsSystem(ctx, "password reset", func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `insert into password_resets (user_id, created_at, next_try_at)
			select id, $2::timestamptz, $2::timestamptz from users u where email = $1
				and (is_staff or exists (select from members m where m.user_id = u.id and m.deactivated_at is null))
				and not exists (select from inbound_addresses a where a.address = any($3))`, cleaned, s.now(), mailaddr.Forms(cleaned))
		return err
	})
}

// reset is a link that works.
type reset struct {
	ID     int64
	UserID access.UserID
	Email  string
}

// OfferReset returns the address whose password the token can set. Permission: the token. Errors: Gone.
func (s *Service) OfferReset(ctx context.Context, token string) (email string, err error) {
	err = s.db.AsSystem(ctx, "password reset", func(tx pgx.Tx) error {
		r, err := s.resetTx(ctx, tx, token)
		email = r.Email
		return err
	})
	return email, err
}

// ResetPassword sets a new password and ends every session of the account; no other link sent to it works any more.
// Permission: the token. Errors: Gone, Invalid.
func (s *Service) ResetPassword(ctx context.Context, token, password string, addr netip.Addr) error {
	email, err := s.OfferReset(ctx, token) // no hashing for strangers
	if err != nil {
		return err
	}
	hash, err := s.HashPassword(ctx, email, password)
	if err != nil {
		return err
	}
	return s.db.AsSystem(ctx, "password reset", func(tx pgx.Tx) error {
		r, err := s.resetTx(ctx, tx, token)
		if err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `update users set password_hash = $2, session_epoch = session_epoch + 1 where id = $1`, r.UserID, hash); err != nil {
			return err
		}
		if err := s.endResetsTx(ctx, tx, r.UserID); err != nil {
			return err
		}
		if err := Forgive(ctx, tx, byAccount(r.Email), nil); err != nil {
			return err
		}
		actor := access.Actor{Kind: access.Member, User: r.UserID, Address: addr}
		return s.recordPasswordTx(ctx, tx, actor, "member.password.reset")
	})
}

// endResetsTx ends every link to set a new password that the account was sent, or is about to be sent: who changes the
// password may do so because somebody else reads their mail.
func (s *Service) endResetsTx(ctx context.Context, tx pgx.Tx, user access.UserID) error {
	_, err := tx.Exec(ctx, `update password_resets set used_at = $2, next_try_at = null where user_id = $1 and used_at is null`, user, s.now())
	return err
}

// resetTx finds the link of a token and holds its account, so that of two uses at the same moment one wins.
func (s *Service) resetTx(ctx context.Context, tx pgx.Tx, token string) (reset, error) {
	rows, err := tx.Query(ctx, `select r.id, r.user_id, u.email from password_resets r join users u on u.id = r.user_id
		where r.token_hash = $1 and r.used_at is null and r.expires_at > $2 for update`, TokenHash(token), s.now())
	if err != nil {
		return reset{}, err
	}
	r, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[reset])
	if errors.Is(err, pgx.ErrNoRows) {
		err = errs.New(errs.Gone, "This link was used already, or is older than an hour. Ask for a new one.")
	}
	return r, err
}
