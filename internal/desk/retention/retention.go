// Package retention takes care of the end: requests for permanent deletion and their decision, the purge after
// the countdown, the erasure itself, its verification, and the ledger that proves it.
package retention

import (
	"caseward/internal/desk/access"
	"caseward/internal/desk/audit"
	"caseward/internal/desk/cases"
	"caseward/internal/platform/clock"
	"caseward/internal/platform/db"
	"caseward/internal/platform/jobs"
)

// The jobs of this package, as in `caseward run NAME`.
const (
	PurgeSweep   = "purge"
	ErasureSweep = "erasures"
)

// Service is what pages and jobs ask of retention.
type Service struct {
	db    *db.DB
	guard *audit.Guard
	cases *cases.Service
	jobs  *jobs.Enqueuer
	now   clock.Clock
	batch int // cases that one transaction of the purge removes
	least int // cases that have to be due before the breaker stops a purge
	scan  scan
}

// NewService returns a Service.
func NewService(d *db.DB, guard *audit.Guard, c *cases.Service, j *jobs.Enqueuer, now clock.Clock) *Service {
	return &Service{db: d, guard: guard, cases: c, jobs: j, now: now, batch: purgeBatch, least: breakerLeast, scan: scan{maxScanRows, maxScanWork}}
}

// RequestID is the id of a request for permanent deletion.
type RequestID int64

// RequestState says how far a request is.
type RequestState string

// The states of a request.
const (
	RequestOpen      RequestState = "open"
	RequestWithdrawn RequestState = "withdrawn"
	RequestRefused   RequestState = "refused"
	RequestApproved  RequestState = "approved" // the erasure runs or is about to
	RequestDone      RequestState = "done"
)

// requestObject names a request in the audit trail.
func requestObject(id RequestID) audit.Object {
	return audit.Object{Kind: "erasure request", ID: int64(id)}
}

// inWorkspace lets support staff leave their entry in the trail of the workspace they act on.
func inWorkspace(staff access.Actor, ws access.WorkspaceID) access.Actor {
	staff.Workspace = ws
	return staff
}
