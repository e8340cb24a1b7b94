package search

import (
	"context"

	"github.com/jackc/pgx/v5"

	"caseward/internal/desk/access"
	"caseward/internal/desk/cases"
)

// PageQuery is the SQL of a page of a search, for the test that reads its plan.
func PageQuery(ctx context.Context, tx pgx.Tx, actor access.Actor, text string, in cases.PageInput) (string, pgx.NamedArgs, error) {
	q := read(actor, text)
	err := q.lookUpTx(ctx, tx)
	return q.pageSQL(in), q.args, err
}
