package portal

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"caseward/internal/desk/access"
	"caseward/internal/platform/db"
	"caseward/internal/platform/errs"
)

// RefusalMail is the answer to a request for erasure that was refused, to be mailed now.
type RefusalMail struct {
	WorkspaceID   access.WorkspaceID
	RequestID     RequestID
	Email, Name   string // whom to write to; "" where no address is left
	WorkspaceName string
	WorkspaceSlug string
	From          string
	Reason        string
	RequestedAt   time.Time
	Tries         int
}

const refusalDueSQL = `select f.workspace_id, f.request_id, coalesce(e.email, '') as email, k.name, w.name as workspace_name, w.slug as workspace_slug,
		coalesce((select a.address from inbound_addresses a where a.workspace_id = w.id order by a.is_default desc limit 1), '') as "from",
		f.reason, q.requested_at, f.tries
	from privacy_refusals f
	join privacy_requests q on q.workspace_id = f.workspace_id and q.id = f.request_id
	join contacts k on k.workspace_id = f.workspace_id and k.id = f.contact_id
	left join contact_emails e on e.workspace_id = f.workspace_id and e.contact_id = f.contact_id and e.is_primary
	join workspaces w on w.id = f.workspace_id
	where f.next_try_at <= $1 order by f.next_try_at limit 1 for update of f skip locked`

const maxRefusalTries = 12 // over about a day

// ClaimRefusal takes one refusal that is due to be mailed; nil when there is none.
func ClaimRefusal(ctx context.Context, d *db.DB, now time.Time) (mail *RefusalMail, err error) {
	err = d.AsSystem(ctx, "portal mail", func(tx pgx.Tx) error {
		mail = nil
		rows, err := tx.Query(ctx, refusalDueSQL, now)
		if err != nil {
			return err
		}
		found, err := pgx.CollectRows(rows, pgx.RowToStructByName[RefusalMail])
		if err != nil || len(found) == 0 {
			return err
		}
		mail = &found[0]
		_, err = tx.Exec(ctx, `update privacy_refusals set next_try_at = $3, tries = tries + 1 where workspace_id = $1 and request_id = $2`,
			mail.WorkspaceID, mail.RequestID, now.Add(mailLease))
		return err
	})
	return mail, err
}

// SettleRefusal records how sending went: sent, to be tried again later, or given up.
func SettleRefusal(ctx context.Context, d *db.DB, mail RefusalMail, now time.Time, failure error) error {
	var again *time.Time
	if failure != nil && !errs.Is(failure, errs.Invalid) && mail.Tries+1 < maxRefusalTries {
		at := now.Add(mailBackoff << min(mail.Tries, 8))
		again = &at
	}
	return d.AsSystem(ctx, "portal mail", func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `update privacy_refusals set next_try_at = $3 where workspace_id = $1 and request_id = $2`, mail.WorkspaceID, mail.RequestID, again)
		return err
	})
}
