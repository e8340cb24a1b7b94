// Package hold keeps legal holds: while one stands on a case, or on a contact and so on all of their cases, nothing of it is
// purged, erased or redacted. Whatever removes something asks here under its own locks, whoever began it and however long ago.
package hold

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"caseward/internal/desk/access"
	"caseward/internal/desk/audit"
	"caseward/internal/desk/cases"
	"caseward/internal/desk/contact"
	"caseward/internal/platform/clock"
	"caseward/internal/platform/db"
	"caseward/internal/platform/errs"
)

// ID is the id of a hold.
type ID int64

// Bounds of what somebody says.
const (
	maxReason = 1000 // characters
	MaxYears  = 5    // until the review; a hold that is forgotten keeps people's data for good
)

// Waker learns that a hold was released, in its transaction, and lets go on what waited.
type Waker interface {
	HoldReleasedTx(ctx context.Context, tx pgx.Tx, ws access.WorkspaceID) error
}

// Service sets and releases holds, and lists them.
type Service struct {
	db    *db.DB
	guard *audit.Guard
	cases *cases.Service
	waker Waker
	now   clock.Clock
}

// NewService returns a Service.
func NewService(d *db.DB, guard *audit.Guard, c *cases.Service, w Waker, now clock.Clock) *Service {
	return &Service{db: d, guard: guard, cases: c, waker: w, now: now}
}

// Hold is a hold as those see it who manage holds.
type Hold struct {
	ID            ID
	CaseNumber    cases.Number // 0: it is on a contact
	CaseSubject   string
	CaseDeletedAt *time.Time
	CaseSpamAt    *time.Time
	ContactID     contact.ID // 0: it is on a case
	ContactName   string
	Reason        string
	ReviewAt      time.Time
	SetByName     string
	SetAt         time.Time

	ReleasedByName string
	ReleasedAt     *time.Time
	ReleaseReason  string

	Waiting // because of it; nothing for one that was released
}

// Overdue reports whether somebody was to look by now whether it is still needed.
func (h Hold) Overdue(now time.Time) bool { return h.ReleasedAt == nil && !h.ReviewAt.After(now) }

// Waiting is what would happen, or go on, without the hold. The counts end at MostCounted.
type Waiting struct {
	PurgeAt   *time.Time // of the case, or of what it was merged into: when its countdown ends, or ended
	PurgesDue int        // cases of the contact whose countdown has ended
	Purges    int        // and those whose countdown runs
	Erasures  int        // of cases that staff have approved
	Forgets   bool       // the contact is being deleted forever
	Asked     bool       // the contact asked for erasure in the portal, and nobody has decided: that goes on by nobody but a member
	// Cases of other people, at most five, that have taken in what is on hold and are kept with it.
	MergedInto []cases.Number
	Others     int // further holds that stand on the same: releasing this one changes nothing
}

// MostCounted is where the counts of Waiting end.
const MostCounted = 1000

// object names a hold in the audit trail: what it is on.
func (h Hold) object() audit.Object {
	if h.CaseNumber != 0 {
		return audit.Case(int64(h.CaseNumber))
	}
	return contact.Object(h.ContactID)
}

// SetInput says what is put on hold, either a case or a contact, and why.
type SetInput struct {
	Case     cases.Number
	Contact  contact.ID
	Reason   string
	ReviewAt time.Time // when somebody has to look whether it is still needed
}

func (in SetInput) object() audit.Object {
	return Hold{CaseNumber: in.Case, ContactID: in.Contact}.object()
}

// ReleaseInput says which hold is over, and why.
type ReleaseInput struct {
	ID     ID
	Reason string
}

func validReason(field, reason, missing string) error {
	switch {
	case reason == "":
		return errs.Field(field, missing)
	case len([]rune(reason)) > maxReason:
		return errs.Field(field, "Keep it under 1,000 characters.")
	}
	return nil
}
