// Package inactivity closes cases on which nothing has happened for long (Case Auto Close, seed 003), shows beforehand which
// those would be, and keeps the settings of that and of the opening of closed cases by a customer's answer.
//
// Inactive is a case without a message from or to its customer and without a change of its status. That is what
// last_activity_at of the case keeps already, so the lists of work and this clock share one column and one index.
package inactivity

import (
	"context"
	"slices"
	"time"

	"caseward/internal/desk/access"
	"caseward/internal/desk/audit"
	"caseward/internal/desk/cases"
	"caseward/internal/desk/message"
	"caseward/internal/platform/clock"
	"caseward/internal/platform/db"
)

// Sweep is the job that closes what is due, as in `caseward run NAME`.
const Sweep = "autoclose"

// The bounds of the threshold (seed 003) and of the time in which an answer opens a closed case, in hours.
const (
	MinHours       = 1
	MaxHours       = 21 * 24
	MaxReopenHours = 90 * 24
)

// maxMessage bounds the closing message, in characters.
const maxMessage = 5000

// Statuses lists those of which Auto Close can be asked.
func Statuses() []cases.Status { return []cases.Status{cases.Open, cases.Pending, cases.OnHold} }

// Settings are those of one workspace.
type Settings struct {
	OnSince        *time.Time // when Auto Close was switched on last; nil: it is off
	ThresholdHours int
	Statuses       []cases.Status // that it closes
	Survey         bool           // ask for a rating after it
	SendsMessage   bool           // to the customer, when it closes a case
	Message        string         // Markdown; kept while SendsMessage is off
	ReopenHours    *int           // after it was closed, an answer opens a case; nil: it begins a new one always
	KeepsCourtesy  bool           // a mail that only says thanks leaves its case closed
	Version        int            // grows with every change; 0: nobody has chosen anything yet
}

// defaults hold until somebody chooses.
func defaults() Settings {
	reopen := int(cases.DefaultReopen / time.Hour)
	return Settings{ThresholdHours: 72, Statuses: []cases.Status{cases.Pending}, ReopenHours: &reopen}
}

// On reports whether Auto Close is switched on.
func (s Settings) On() bool { return s.OnSince != nil }

// Closes reports whether it is asked of a status.
func (s Settings) Closes(status cases.Status) bool { return slices.Contains(s.Statuses, status) }

// Threshold is how long a case must have been inactive: hours of 60 minutes, whatever clocks on walls do meanwhile.
func (s Settings) Threshold() time.Duration { return time.Duration(s.ThresholdHours) * time.Hour }

// reopen is the rule that answers are treated by.
func (s Settings) reopen() cases.ReopenRule {
	r := cases.ReopenRule{KeepsCourtesy: s.KeepsCourtesy}
	if s.ReopenHours != nil {
		within := time.Duration(*s.ReopenHours) * time.Hour
		r.Within = &within
	}
	return r
}

// Asker asks the customer of a closed case for a rating, where the rules of ratings let it.
type Asker interface {
	AskOne(ctx context.Context, ws access.WorkspaceID, id cases.ID) (asked bool, err error)
}

// Service is what pages and jobs ask of inactivity.
type Service struct {
	db       *db.DB
	guard    *audit.Guard
	cases    *cases.Service
	messages *message.Service
	ratings  Asker
	now      clock.Clock
	batch    int // cases that one transaction of the job closes
}

// NewService returns a Service.
func NewService(d *db.DB, guard *audit.Guard, c *cases.Service, m *message.Service, ratings Asker, now clock.Clock) *Service {
	return &Service{db: d, guard: guard, cases: c, messages: m, ratings: ratings, now: now, batch: closeBatch}
}

func object(actor access.Actor) audit.Object {
	return audit.Object{Kind: "workspace", ID: int64(actor.Workspace)}
}
