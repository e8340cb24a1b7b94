package cases

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"caseward/internal/desk/access"
)

// sentAfterAll is how long a reply that was to be sent when its case was hidden is still worth sending.
const sentAfterAll = 24 * time.Hour

// sendAfterAllTx lets mails be sent that only the hiding of their cases cancelled: these cases are live again. Those that
// were cancelled too long ago stay cancelled, and it returns which cases have such. The mails are desk/message's, whose next
// look at its queue finds them; one that another process is sending at this moment keeps the lease of that one.
func sendAfterAllTx(ctx context.Context, tx pgx.Tx, ws access.WorkspaceID, live []ID, now time.Time) (late []ID, err error) {
	if len(live) == 0 {
		return nil, nil
	}
	rows, err := tx.Query(ctx, `with back as (
			update outbound_mails set hidden_at = null, state = case when hidden_at > $3 then 'queued' else state end,
				last_error = case when hidden_at > $3 then '' else last_error end, next_try_at = greatest(next_try_at, $4)
			where workspace_id = $1 and case_id = any ($2) and state = 'cancelled' and hidden_at is not null
			returning case_id, state)
		select distinct case_id from back where state = 'cancelled'`, ws, live, now.Add(-sentAfterAll), now)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[ID])
}

// unsentReply names such a mail among what did not come back.
const unsentReply = "sending a reply that had waited; it was cancelled more than a day ago and can be sent again from the case"
