// Package people keeps the records of contacts: what is known of each, and how they are made, changed, merged, imported and
// exported.
package people

import (
	"context"

	"github.com/jackc/pgx/v5"

	"caseward/internal/desk/audit"
	"caseward/internal/desk/cases"
	"caseward/internal/desk/contact"
	"caseward/internal/platform/clock"
	"caseward/internal/platform/db"
)

// Poker has a sweep run once the transaction has committed.
type Poker interface {
	PokeTx(ctx context.Context, tx pgx.Tx, sweep string) error
}

// Service keeps the records of contacts.
type Service struct {
	db    *db.DB
	guard *audit.Guard
	cases *cases.Service
	poker Poker
	now   clock.Clock

	contacts *contact.Service
	batch    int // cases of one transaction of the job
}

// batchSize is how many cases one transaction has follow their contact: few, since each has its words made anew.
const batchSize = 50

// NewService returns a Service.
func NewService(d *db.DB, guard *audit.Guard, c *cases.Service, poker Poker, now clock.Clock) *Service {
	return &Service{db: d, guard: guard, cases: c, poker: poker, now: now, contacts: contact.NewService(d), batch: batchSize}
}
