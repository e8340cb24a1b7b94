package member

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"caseward/internal/platform/db"
	"caseward/internal/platform/errs"
)

// ResetSweep is the job that mails the links of RequestReset; email/outbound provides it.
const ResetSweep = "password-mails"

const (
	// resetLease is how long a mail belongs to the process that sends it. If that dies, another one tries again then.
	resetLease   = 10 * time.Minute
	resetBackoff = time.Minute // doubles with each try
	// keepResets is how long a request is kept after it can no longer be used.
	keepResets = 24 * time.Hour
)

// ResetMail is a link to set a new password, to be mailed now.
type ResetMail struct {
	ID          int64
	Email, Name string // whom to write to
	From        string // an address of one of their workspaces, or of another for staff; "" where there is none
	Tries       int
	Token       string `db:"-"`
}

const resetDueSQL = `select r.id, u.email, u.name, r.tries, coalesce((select a.address from inbound_addresses a
		order by exists (select from members m where m.workspace_id = a.workspace_id and m.user_id = u.id and m.deactivated_at is null) desc,
			a.is_default desc, a.workspace_id limit 1), '') as "from"
	from password_resets r join users u on u.id = r.user_id
	where r.next_try_at <= $1 order by r.next_try_at limit 1 for update of r skip locked`

// ClaimReset takes one link that is due to be mailed; nil when there is none. The token is made here and only its hash
// stored: a mail that has to be tried again brings another one.
func ClaimReset(ctx context.Context, d *db.DB, now time.Time) (mail *ResetMail, err error) {
	err = d.AsSystem(ctx, "password reset", func(tx pgx.Tx) error {
		mail = nil
		rows, err := tx.Query(ctx, resetDueSQL, now)
		if err != nil {
			return err
		}
		found, err := pgx.CollectRows(rows, pgx.RowToStructByName[ResetMail])
		if err != nil || len(found) == 0 {
			return err
		}
		token, hash := NewToken()
		mail = &found[0]
		mail.Token = token
		_, err = tx.Exec(ctx, `update password_resets set token_hash = $2, expires_at = $3, next_try_at = $4, tries = tries + 1 where id = $1`,
			mail.ID, hash, now.Add(ResetLasts), now.Add(resetLease))
		return err
	})
	return mail, err
}

// SettleReset records how sending went: sent, to be tried again later, or given up, which it is for good after an hour:
// whoever still waits then asks again.
func SettleReset(ctx context.Context, d *db.DB, mail ResetMail, now time.Time, failure error) error {
	var again *time.Time
	if failure != nil && !errs.Is(failure, errs.Invalid) {
		at := now.Add(resetBackoff << min(mail.Tries, 6))
		again = &at
	}
	return d.AsSystem(ctx, "password reset", func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `update password_resets
			set next_try_at = case when $2::timestamptz < created_at + $3::interval then $2::timestamptz end
			where id = $1 and used_at is null`, mail.ID, again, ResetLasts)
		return err
	})
}

// ForgetResets removes requests that nobody can use any more.
func ForgetResets(ctx context.Context, d *db.DB, now time.Time) error {
	return d.AsSystem(ctx, "password reset", func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `delete from password_resets where created_at < $1`, now.Add(-keepResets))
		return err
	})
}
