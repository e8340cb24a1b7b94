package notify

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"caseward/internal/desk/access"
	"caseward/internal/platform/db"
	"caseward/internal/platform/errs"
)

// The jobs, as in `caseward run NAME`. email/outbound provides the first.
const (
	MailSweep  = "notifications"
	PruneSweep = "old-notifications"
)

const (
	// lease is how long a mail belongs to the process that sends it. If that dies, another one tries again then.
	lease = 10 * time.Minute
	// staleAfter is the age at which nobody wants to hear of it by mail any more, such as after a long stop of the program.
	staleAfter = 24 * time.Hour
	maxTries   = 6
	backoff    = time.Minute // doubles with each try
)

// Mail is a notification to be mailed now, with all it takes to write it.
type Mail struct {
	WorkspaceID   access.WorkspaceID
	ID            int64
	Kind          Kind
	Times         int
	ActorName     string // of a member; "" for others: a customer's name does not go out by mail
	CaseID        *int64
	CaseNumber    int64  // 0: it is about Times cases that were changed together
	Subject       string // of a live case
	RequestNumber int64
	RequestState  string
	Detail        string // what it says, where it is about no case, or says besides
	Email, Name   string // whom to write to
	WorkspaceSlug string
	WorkspaceName string
	From          string // the workspace's address; "" where it has none
	Tries         int
	// Wanted is false where there is nothing to mail any more: it was dropped.
	Wanted bool

	MailAt time.Time
	Lease  *time.Time
}

const dueSQL = `select n.workspace_id, n.id, n.kind, n.times, coalesce(au.name, '') as actor_name, n.case_id,
		coalesce(c.number, r.case_number, 0) as case_number, coalesce(c.subject, '') as subject,
		coalesce(r.case_number, 0) as request_number, coalesce(r.state, '') as request_state, n.detail,
		u.email, u.name, w.slug as workspace_slug, w.name as workspace_name, coalesce(a.address, '') as "from", n.mail_tries as tries,
		m.deactivated_at is null and n.read_at is null and n.created_at > $2
			and (c.id is not null or n.case_id is null or n.kind = '` + string(ErasureDecided) + `') as wanted,
		n.mail_at, n.mail_lease as lease
	from notifications n
	join members m on m.workspace_id = n.workspace_id and m.id = n.member_id
	join users u on u.id = m.user_id
	join workspaces w on w.id = n.workspace_id
	left join live_cases c on c.workspace_id = n.workspace_id and c.id = n.case_id
	left join erasure_requests r on r.workspace_id = n.workspace_id and r.id = n.request_id
	left join members am on n.actor_kind = 'member' and am.workspace_id = n.workspace_id and am.id = n.actor_id
	left join users au on au.id = am.user_id
	left join lateral (select address from inbound_addresses a where a.workspace_id = n.workspace_id order by a.is_default desc limit 1) a on true
	where n.mail_at <= $1 and (n.mail_lease is null or n.mail_lease <= $1)
	order by n.mail_at limit 1 for update of n skip locked`

// ClaimMail takes one notification that is due to be mailed; nil when there is none. It looks once more whether its
// member is active and its case live. The claim is a lease in the row, not a lock: nobody waits while mail is sent.
func ClaimMail(ctx context.Context, d *db.DB, now time.Time) (mail *Mail, err error) {
	err = d.AsSystem(ctx, "notification mail", func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, dueSQL, now, now.Add(-staleAfter))
		if err != nil {
			return err
		}
		found, err := pgx.CollectRows(rows, pgx.RowToStructByName[Mail])
		if err != nil || len(found) == 0 {
			mail = nil
			return err
		}
		mail = &found[0]
		if !mail.Wanted {
			_, err = tx.Exec(ctx, `update notifications set mail_at = null, mail_lease = null where workspace_id = $1 and id = $2`,
				mail.WorkspaceID, mail.ID)
			return err
		}
		until := now.Add(lease)
		mail.Lease = &until
		_, err = tx.Exec(ctx, `update notifications set mail_lease = $3, mail_tries = mail_tries + 1 where workspace_id = $1 and id = $2`,
			mail.WorkspaceID, mail.ID, until)
		return err
	})
	return mail, err
}

// SettleMail records how sending went: sent, to be tried again later, or given up. Whoever has lost the lease meanwhile
// changes nothing. What happened while the mail was on its way is mailed again.
func SettleMail(ctx context.Context, d *db.DB, mail Mail, now time.Time, failure error) error {
	var sentAt, again *time.Time
	switch {
	case failure == nil:
		sentAt = &now
	case mail.Tries+1 < maxTries && !errs.Is(failure, errs.Invalid):
		at := now.Add(backoff << mail.Tries)
		again = &at
	}
	return d.AsSystem(ctx, "notification mail", func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `update notifications set mailed_at = coalesce($4, mailed_at), mail_lease = $5,
				mail_tries = case when $5::timestamptz is null then 0 else mail_tries end,
				mail_at = case when $5::timestamptz is null and mail_at = $6 then null else mail_at end
			where workspace_id = $1 and id = $2 and mail_lease = $3`, mail.WorkspaceID, mail.ID, mail.Lease, sentAt, again, mail.MailAt)
		return err
	})
}

const (
	// keepFor is how long somebody can look back at what they were told.
	keepFor    = 90 * 24 * time.Hour
	pruneBatch = 5000
)

// Prune removes notifications that are older than anybody looks back, batch by batch. It is the body of PruneSweep.
func (s *Service) Prune(ctx context.Context) (string, error) {
	total := int64(0)
	for {
		removed := int64(0)
		err := s.db.AsSystem(ctx, "old notifications", func(tx pgx.Tx) error {
			tag, err := tx.Exec(ctx, fmt.Sprintf(`delete from notifications n using (select workspace_id, id from notifications
					where created_at < $1 order by created_at limit %d for update skip locked) old
				where n.workspace_id = old.workspace_id and n.id = old.id`, pruneBatch), s.now().Add(-keepFor))
			removed = tag.RowsAffected()
			return err
		})
		if total += removed; err != nil || removed < pruneBatch {
			return fmt.Sprintf("removed %d old notifications", total), err
		}
	}
}
