package portal

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"caseward/internal/desk/access"
	"caseward/internal/platform/db"
	"caseward/internal/platform/errs"
)

// AnswerMail tells a customer what becomes of their request for erasure, to be mailed now: that it is being reviewed, or was
// refused. That it is done is told by desk/retention.
type AnswerMail struct {
	WorkspaceID   access.WorkspaceID
	RequestID     RequestID
	Email, Name   string // whom to write to; "" where no address is left
	WorkspaceName string
	WorkspaceSlug string
	TimeZone      string // of the workspace, as its pages have it
	From          string
	Refused       bool   // otherwise it is being reviewed
	Reason        string // of a refusal
	RequestedAt   time.Time
	DueAt         time.Time // by when it is to be decided
	HasAccount    bool      // can sign in to the portal
	Tries         int
}

const answerSQL = `select q.workspace_id, q.id as request_id, coalesce(a.email, '') as email, k.name, w.name as workspace_name, w.slug as workspace_slug, w.time_zone,
		coalesce((select i.address from inbound_addresses i where i.workspace_id = w.id order by i.is_default desc limit 1), '') as "from",
		q.requested_at, q.due_at, coalesce(k.deleted_at, k.suspended_at) is null and b.contact_id is not null as has_account, `

// answerJoins find the address of a deleted contact too.
const answerJoins = ` join contacts k on k.workspace_id = q.workspace_id and k.id = q.contact_id
	join workspaces w on w.id = q.workspace_id
	left join contact_accounts b on b.workspace_id = q.workspace_id and b.contact_id = q.contact_id
	left join lateral (select email from contact_emails e where e.workspace_id = k.workspace_id and e.contact_id = k.id and e.is_primary
		union all select email from released_addresses r where r.workspace_id = k.workspace_id and r.contact_id = k.id and r.is_primary
		limit 1) a on true `

const refusalDueSQL = answerSQL + `true as refused, f.reason, f.tries
	from privacy_refusals f join privacy_requests q on q.workspace_id = f.workspace_id and q.id = f.request_id` + answerJoins + `
	where f.next_try_at <= $1 order by f.next_try_at limit 1 for update of f skip locked`

const reviewDueSQL = answerSQL + `false as refused, '' as reason, q.review_tries as tries
	from privacy_requests q` + answerJoins + `
	where q.review_mail_at <= $1 and q.closed_at is null order by q.review_mail_at limit 1 for update of q skip locked`

const maxAnswerTries = 12 // over about a day

// ClaimAnswer takes one answer that is due to be mailed; nil when there is none.
func ClaimAnswer(ctx context.Context, d *db.DB, now time.Time) (mail *AnswerMail, err error) {
	err = d.AsSystem(ctx, "portal mail", func(tx pgx.Tx) error {
		mail = nil
		for _, query := range []string{refusalDueSQL, reviewDueSQL} {
			rows, err := tx.Query(ctx, query, now)
			if err != nil {
				return err
			}
			found, err := pgx.CollectRows(rows, pgx.RowToStructByName[AnswerMail])
			if err != nil {
				return err
			}
			if len(found) > 0 {
				mail = &found[0]
				return mail.againTx(ctx, tx, new(now.Add(mailLease)), 1)
			}
		}
		return nil
	})
	return mail, err
}

// againTx says when it is tried next, if it is, after so many tries more.
func (m AnswerMail) againTx(ctx context.Context, tx pgx.Tx, at *time.Time, tries int) error {
	query := `update privacy_requests set review_mail_at = $3, review_tries = review_tries + $4 where workspace_id = $1 and id = $2`
	if m.Refused {
		query = `update privacy_refusals set next_try_at = $3, tries = tries + $4 where workspace_id = $1 and request_id = $2`
	}
	_, err := tx.Exec(ctx, query, m.WorkspaceID, m.RequestID, at, tries)
	return err
}

// SettleAnswer records how sending went: sent, to be tried again later, or given up.
func SettleAnswer(ctx context.Context, d *db.DB, m AnswerMail, now time.Time, failure error) error {
	var again *time.Time
	if failure != nil && !errs.Is(failure, errs.Invalid) && m.Tries+1 < maxAnswerTries {
		again = new(now.Add(mailBackoff << min(m.Tries, 8)))
	}
	return d.AsSystem(ctx, "portal mail", func(tx pgx.Tx) error { return m.againTx(ctx, tx, again, 0) })
}
