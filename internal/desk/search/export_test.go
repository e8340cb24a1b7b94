package search

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"caseward/internal/desk/access"
	"caseward/internal/desk/cases"
)

// PageQuery is the SQL of a page of a search, for the test that reads its plan.
func PageQuery(ctx context.Context, tx pgx.Tx, actor access.Actor, text string, in cases.PageInput) (string, pgx.NamedArgs, error) {
	q := read(actor, text, time.Now())
	if err := q.resolveTx(ctx, tx); err != nil {
		return "", nil, err
	}
	f, err := q.lookUpTx(ctx, tx)
	query, args := q.selection(f, in.Sort.By, walkFirst).SQL(actor, in)
	return query, args, err
}
