package cases

import (
	"github.com/jackc/pgx/v5"

	"caseward/internal/desk/access"
)

// ListQuery is the SQL of a list, for the test that reads its plan.
func ListQuery(actor access.Actor, f Filter, in PageInput) (string, pgx.NamedArgs) {
	return lists[f].selection().SQL(actor, in)
}

// CountQuery is the SQL of all counts.
func CountQuery(actor access.Actor) (string, pgx.NamedArgs) {
	return countQuery(countKey{actor.Workspace, actor.Member, true})
}
