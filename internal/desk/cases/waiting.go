package cases

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"caseward/internal/desk/access"
)

// waitingSQL is what waits for somebody to take it.
const waitingSQL = `status = 'open' and assignee_id is null and (snoozed_until is null or snoozed_until <= $3)`

// passedOver is how many waiting cases others may be changing at the moment before one more is overlooked.
const passedOver = 100

// WaitingTx locks the next open cases of the queues that nobody has: the most urgent first, then who has waited longest. What
// somebody else is just changing is passed over.
func WaitingTx(ctx context.Context, tx pgx.Tx, ws access.WorkspaceID, queues []int64, now time.Time, limit int) ([]Case, error) {
	if limit < 1 {
		return nil, nil
	}
	rows, err := tx.Query(ctx, fmt.Sprintf(`select c.id from unnest($2::bigint[]) q (id) cross join lateral (
			select id, priority, last_activity_at from live_cases where workspace_id = $1 and queue_id = q.id and `+waitingSQL+`
			order by priority desc, last_activity_at, id limit %d) c
		order by c.priority desc, c.last_activity_at, c.id limit %[1]d`, limit+passedOver), ws, queues, now)
	if err != nil {
		return nil, err
	}
	ids, err := pgx.CollectRows(rows, pgx.RowTo[ID])
	if err != nil || len(ids) == 0 {
		return nil, err
	}
	rows, err = tx.Query(ctx, fmt.Sprintf(`select `+columns+` from cases where workspace_id = $1 and id = any ($2)
			and deleted_at is null and spam_at is null and merged_into_id is null and `+waitingSQL+`
		order by priority desc, last_activity_at, id limit %d for update skip locked`, limit), ws, ids, now)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByName[Case])
}

// HeldTx locks the next live cases that are not closed and that a member has; what somebody else is just changing is passed over.
func HeldTx(ctx context.Context, tx pgx.Tx, ws access.WorkspaceID, by access.MemberID, limit int) ([]Case, error) {
	rows, err := tx.Query(ctx, fmt.Sprintf(`select `+columns+` from cases where workspace_id = $1 and assignee_id = $2
			and deleted_at is null and spam_at is null and merged_into_id is null and status <> 'closed'
		order by last_activity_at desc, id desc limit %d for update skip locked`, limit), ws, by)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByName[Case])
}
