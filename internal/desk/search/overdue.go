package search

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// overdueKey stands for is:overdue, which needs the database.
const overdueKey = "is:overdue"

// waiting is an open case that waits for us for more than a day: nobody has answered what the customer wrote last, and
// nobody has put it off.
const waiting = `coalesce(c.status = 'open' and (c.snoozed_until is null or c.snoozed_until <= %[1]s) and c.last_inbound_at < %[1]s - interval '24 hours'
	and (c.last_outbound_at is null or c.last_outbound_at < c.last_inbound_at), false)`

// overdueTx asks for cases that wait for us, and for those with a follow-up whose time has passed.
func (q *query) overdueTx(ctx context.Context, tx pgx.Tx, x part) error {
	rows, err := tx.Query(ctx, fmt.Sprintf(`select case_id from followups where workspace_id = $1 and done_at is null and due_at < $2 limit %d`, mostMatches+1),
		q.actor.Workspace, q.now)
	if err != nil {
		return err
	}
	ids, err := pgx.CollectRows(rows, pgx.RowTo[int64])
	if err != nil {
		return err
	}
	due := q.bind("c.id = any (%s)", ids)
	if len(ids) > mostMatches {
		due = q.bind(`exists (select from followups u where u.workspace_id = @ws and u.case_id = c.id and u.done_at is null and u.due_at < %s)`, q.now)
	}
	q.addNot(x.negated, "("+due+" or "+waiting+")", q.now)
	return nil
}
