package notify

import (
	"github.com/jackc/pgx/v5"

	"caseward/internal/desk/access"
)

// ListQuery is the SQL of a page, for the test that reads its plan.
func ListQuery(actor access.Actor, in PageInput) (string, pgx.NamedArgs) { return in.query(actor) }

// UnreadQuery is the SQL of the bell's count.
func UnreadQuery() string { return unreadSQL() }

// DueQuery is the SQL that finds what is to be mailed.
const DueQuery = dueSQL
