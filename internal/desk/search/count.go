package search

import (
	"context"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"

	"caseward/internal/desk/access"
	"caseward/internal/desk/cases"
	"caseward/internal/platform/errs"
)

// Check returns nil when a query is worth keeping: all of it makes sense to the actor. Errors: Invalid for the field query.
func Check(actor access.Actor, text string) error {
	q := read(actor, clean(text))
	switch {
	case len(text) > maxQuery:
		return errs.Field("query", fmt.Sprintf("Keep the search under %d characters.", maxQuery))
	case len(q.problems) > 0:
		return errs.Field("query", strings.Join(q.problems, " "))
	case !q.asked:
		return errs.Field("query", "Say what to search for, as in status:open tag:billing.")
	}
	return nil
}

// CountTx returns how many cases a search finds, at most cases.CountCap+1; known is false where part of the query makes
// no sense to the actor. The caller has asked for ReadCases, and bounds how long it may take.
func CountTx(ctx context.Context, tx pgx.Tx, actor access.Actor, text string) (n int, known bool, err error) {
	q := read(actor, clean(text))
	if !q.asked || len(q.problems) > 0 {
		return 0, false, nil
	}
	if err := q.lookUpTx(ctx, tx); err != nil {
		return 0, false, err
	}
	// In the list's order, so that PostgreSQL walks it as it does for a page.
	err = tx.QueryRow(ctx, fmt.Sprintf(`select count(*) from (select %s order by c.last_activity_at desc, c.id desc limit %d) x`,
		q.where(q.scope), cases.CountCap+1), q.args).Scan(&n)
	return n, err == nil, err
}
