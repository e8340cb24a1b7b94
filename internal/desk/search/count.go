package search

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"caseward/internal/desk/access"
	"caseward/internal/desk/cases"
	"caseward/internal/desk/field"
	"caseward/internal/platform/errs"
)

// Check returns nil when a query is worth keeping: all of it makes sense to the actor, as far as that can be said
// without looking for the names in it. fields are those of the workspace. Errors: Invalid for the field query.
func Check(actor access.Actor, text string, fields []field.Field) error {
	text, whole := clean(text)
	q := read(actor, text, time.Time{})
	for _, x := range q.custom {
		if _, ok := q.readField(x, fields, ""); ok {
			q.asked = true
		}
	}
	switch {
	case !whole:
		return errs.Field("query", fmt.Sprintf("Keep the search under %d characters.", maxQuery))
	case len(q.problems) > 0:
		return errs.Field("query", q.sorted()[0].Text)
	case !q.asked && len(q.names) == 0:
		return errs.Field("query", "Say what to search for, as in status:open tag:billing.")
	}
	return nil
}

// CheckTx is Check in a transaction, which also looks for the names: for whoever acts on all that a search finds, and must
// not act on more because a part of it made no sense. Errors: Invalid for the field query.
func (s *Service) CheckTx(ctx context.Context, tx pgx.Tx, actor access.Actor, text string) error {
	fields, err := field.AllTx(ctx, tx, actor.Workspace)
	if err != nil {
		return err
	}
	if err := Check(actor, text, fields); err != nil {
		return err
	}
	text, _ = clean(text)
	q := read(actor, text, s.now())
	if err := q.resolveTx(ctx, tx); err != nil {
		return err
	}
	if len(q.problems) > 0 {
		return errs.Field("query", q.sorted()[0].Text)
	}
	return nil
}

// CountTx returns how many cases a search finds, at most cases.CountCap+1; known is false where part of the query makes
// no sense to the actor. The caller has asked for ReadCases, and bounds how long it may take.
func CountTx(ctx context.Context, tx pgx.Tx, actor access.Actor, text string, now time.Time) (n int, known bool, err error) {
	text, _ = clean(text)
	q := read(actor, text, now)
	if err := q.resolveTx(ctx, tx); err != nil || !q.asked || len(q.problems) > 0 {
		return 0, false, err
	}
	f, err := q.lookUpTx(ctx, tx)
	if err != nil {
		return 0, false, err
	}
	table, where := q.where(q.scope, f)
	if f.many {
		where += " and " + f.test
	}
	// In the list's order, so that PostgreSQL walks it as it does for a page.
	err = tx.QueryRow(ctx, fmt.Sprintf(`select count(*) from (select from %s where %s order by c.last_activity_at desc, c.id desc limit %d) x`,
		table, where, cases.CountCap+1), q.args).Scan(&n)
	return n, err == nil, err
}
