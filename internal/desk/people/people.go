// Package people keeps the records of contacts: what is known of each, and how they are made, changed, merged, imported and
// exported.
package people

import (
	"caseward/internal/desk/audit"
	"caseward/internal/desk/cases"
	"caseward/internal/platform/clock"
	"caseward/internal/platform/db"
)

// Service keeps the records of contacts.
type Service struct {
	db    *db.DB
	guard *audit.Guard
	cases *cases.Service
	now   clock.Clock
}

// NewService returns a Service.
func NewService(d *db.DB, guard *audit.Guard, c *cases.Service, now clock.Clock) *Service {
	return &Service{d, guard, c, now}
}
