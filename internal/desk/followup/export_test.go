package followup

import (
	"time"

	"github.com/jackc/pgx/v5"

	"caseward/internal/desk/access"
)

// IDs is the SQL that finds a page, for the test that reads its plan.
func (in ListInput) IDs(actor access.Actor, now time.Time) (string, pgx.NamedArgs) {
	return in.ids(actor, now)
}
