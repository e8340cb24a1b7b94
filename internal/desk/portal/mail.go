package portal

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"caseward/internal/desk/access"
	"caseward/internal/desk/member"
	"caseward/internal/platform/db"
	"caseward/internal/platform/errs"
	"caseward/internal/platform/mailaddr"
)

// MailSweep is the job that mails links; email/outbound provides it.
const MailSweep = "portal-mails"

const (
	mailLease   = 10 * time.Minute // how long a mail belongs to the process that sends it
	mailBackoff = time.Minute      // doubles with each try
)

// Mail is a link to be mailed now.
type Mail struct {
	WorkspaceID   access.WorkspaceID
	ID            int64
	Kind          string
	Email, Name   string
	WorkspaceName string
	WorkspaceSlug string
	From          string // the workspace's address; "" where it has none
	Tries         int
	HasAccount    bool
	Known         bool   // a contact of the workspace
	Blocked       bool   // deleted or suspended
	IsOn          bool   // the portal
	Token         string `db:"-"`
}

// SignUp reports whether the link was asked for by who wants an account; otherwise it is to sign in.
func (m Mail) SignUp() bool { return m.Kind == signUp }

// Wanted reports whether there is anything to mail. Nobody hears of it where not.
func (m Mail) Wanted() bool { return m.Token != "" }

const mailDueSQL = `select l.workspace_id, l.id, l.kind, l.email, coalesce(k.name, l.name) as name, w.name as workspace_name, w.slug as workspace_slug,
		coalesce((select a.address from inbound_addresses a where a.workspace_id = w.id order by a.is_default desc limit 1), '') as "from",
		l.tries, b.contact_id is not null as has_account, k.id is not null as known, ` + blocked + ` as blocked,
		p.on_since is not null as is_on
	from portal_links l join workspaces w on w.id = l.workspace_id
	left join portal_settings p on p.workspace_id = l.workspace_id
	left join contact_emails e on e.workspace_id = l.workspace_id and e.email = l.email
	left join contacts k on k.workspace_id = l.workspace_id and k.id = e.contact_id
	left join contact_accounts b on b.workspace_id = l.workspace_id and b.contact_id = k.id
	where l.next_try_at <= $1 order by l.next_try_at limit 1 for update of l skip locked`

// ClaimMail takes one request that is due; nil when there is none, and one that is not Wanted where nothing is mailed: of a
// stranger who wants to sign in, of who may not come in, and of an address whose mail becomes a case, which colleagues
// read. The token is made here and only its hash stored: a mail that has to be tried again brings another one.
func ClaimMail(ctx context.Context, d *db.DB, now time.Time) (mail *Mail, err error) {
	err = d.AsSystem(ctx, "portal mail", func(tx pgx.Tx) error {
		mail = nil
		rows, err := tx.Query(ctx, mailDueSQL, now)
		if err != nil {
			return err
		}
		found, err := pgx.CollectRows(rows, pgx.RowToStructByName[Mail])
		if err != nil || len(found) == 0 {
			return err
		}
		mail = &found[0]
		drop := mail.Blocked || !mail.IsOn || !mail.Known && !mail.SignUp()
		if !drop {
			if drop, err = isOursTx(ctx, tx, mail.Email); err != nil {
				return err
			}
		}
		if drop {
			_, err = tx.Exec(ctx, `update portal_links set next_try_at = null, used_at = $3, password_hash = '' where workspace_id = $1 and id = $2`,
				mail.WorkspaceID, mail.ID, now)
			return err
		}
		token, hash := member.NewToken()
		mail.Token = token
		_, err = tx.Exec(ctx, `update portal_links set token_hash = $3, expires_at = $4, next_try_at = $5, tries = tries + 1 where workspace_id = $1 and id = $2`,
			mail.WorkspaceID, mail.ID, hash, now.Add(LinkLasts), now.Add(mailLease))
		return err
	})
	return mail, err
}

func isOursTx(ctx context.Context, tx pgx.Tx, email string) (ours bool, err error) {
	err = tx.QueryRow(ctx, `select exists (select from inbound_addresses where address = any ($1))`, mailaddr.Forms(email)).Scan(&ours)
	return ours, err
}

// SettleMail records how sending went: sent, to be tried again later, or given up, which it is for good after an hour:
// whoever still waits then asks again.
func SettleMail(ctx context.Context, d *db.DB, mail Mail, now time.Time, failure error) error {
	var again *time.Time
	if failure != nil && !errs.Is(failure, errs.Invalid) {
		at := now.Add(mailBackoff << min(mail.Tries, 6))
		again = &at
	}
	return d.AsSystem(ctx, "portal mail", func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `update portal_links
			set next_try_at = case when $3::timestamptz < created_at + $4::interval then $3::timestamptz end
			where workspace_id = $1 and id = $2 and used_at is null`, mail.WorkspaceID, mail.ID, again, LinkLasts)
		return err
	})
}
