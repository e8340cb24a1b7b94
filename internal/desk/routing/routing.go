// Package routing brings open cases to people: who works which queue, who is there and how much they can take on, cases that
// a queue deals out by turns, the next case for who asks for one, and the cases of those who work no more.
package routing

import (
	"sync"
	"time"

	"caseward/internal/desk/access"
	"caseward/internal/desk/audit"
	"caseward/internal/desk/cases"
	"caseward/internal/platform/clock"
	"caseward/internal/platform/db"
)

// Service is what pages and the job ask.
type Service struct {
	db    *db.DB
	guard *audit.Guard
	cases *cases.Service
	now   clock.Clock

	mu   sync.Mutex
	seen map[owner]time.Time // when this process last recorded that a member is there
}

// owner is a member in their workspace.
type owner struct {
	workspace access.WorkspaceID
	member    access.MemberID
}

// NewService returns a Service.
func NewService(d *db.DB, guard *audit.Guard, c *cases.Service, now clock.Clock) *Service {
	return &Service{db: d, guard: guard, cases: c, now: now, seen: map[owner]time.Time{}}
}
