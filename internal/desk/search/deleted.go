package search

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"caseward/internal/desk/cases"
)

// deletedLookedAt is how many deleted cases are tested, the newest first, where no index finds those that match.
const deletedLookedAt = 500

// countDeletedTx counts the deleted cases that match too.
func (q *query) countDeletedTx(ctx context.Context, tx pgx.Tx, f found, r *Result) error {
	table, where := q.where(deleted, f)
	count := fmt.Sprintf(`select count(*), false from (select from %s where %s limit %d) x`, table, where, cases.CountCap+1)
	if f.many || f.test == "" && !q.selective && q.orNumber == nil {
		test := "true"
		if f.many {
			test = f.test
		}
		count = fmt.Sprintf(`select count(*) filter (where matches), count(*) > %[1]d from (
			select (%[2]s and %[3]s) as matches from (select * from cases where workspace_id = @ws and deleted_at is not null
				order by deleted_at desc, id desc limit %[1]d + 1) c) x`, deletedLookedAt, where, test)
	}
	return tx.QueryRow(ctx, count, q.args).Scan(&r.DeletedMatches, &r.DeletedUnread)
}
