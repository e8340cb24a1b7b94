package contact

import (
	"github.com/jackc/pgx/v5"

	"caseward/internal/desk/access"
)

// SQL is the query of a page, for the test that reads its plan.
func (in ListInput) SQL(ws access.WorkspaceID) (string, pgx.NamedArgs) { return in.sql(ws, nil) }
