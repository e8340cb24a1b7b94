package audit

import (
	"context"

	"github.com/jackc/pgx/v5"

	"caseward/internal/desk/access"
)

// PageQuery is the statement behind a page, for tests of its plan.
func PageQuery(ctx context.Context, tx pgx.Tx, ws access.WorkspaceID, in PageInput) (string, pgx.NamedArgs, error) {
	s, err := in.Filter.selectTx(ctx, tx, ws)
	if err != nil {
		return "", nil, err
	}
	query, args := pageQuery(s, in)
	return query, args, in.Filter.check()
}
