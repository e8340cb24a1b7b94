// Package bulk changes many cases at once, as Bulk Update does: on a selection or on all that match a list. The work is
// done by a job in batches, each one transaction, so that it can be killed and goes on; what became of each case is
// kept, and the whole can be undone where cases have not moved on.
package bulk

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"caseward/internal/desk/access"
	"caseward/internal/desk/audit"
	"caseward/internal/desk/cases"
	"caseward/internal/platform/clock"
	"caseward/internal/platform/db"
	"caseward/internal/platform/errs"
)

// Sweep is the name of the job, as in `caseward run NAME`.
const Sweep = "bulk"

// ID is the id of a bulk action.
type ID int64

// State is how far a bulk action is.
type State string

// The states. Done and Undone are the ends.
const (
	Collecting State = "collecting" // the cases that match are being listed
	Working    State = "working"
	Done       State = "done"
	Undoing    State = "undoing"
	Undone     State = "undone"
)

// Scope is a list whose cases are all meant: a built-in filter, or a search.
type Scope struct {
	Filter cases.Filter `json:"filter,omitempty"`
	Query  string       `json:"query,omitempty"`
}

// Action is a bulk action and how far it is.
type Action struct {
	WorkspaceID access.WorkspaceID
	ID          ID
	MemberID    access.MemberID
	MemberName  string
	Change      cases.Many
	Scope       *Scope // nil when the cases were chosen one by one
	State       State
	Stopped     bool   // before it was through
	Problem     string // why it ended before its time, where nobody stopped it
	Total       int    // cases; it grows while they are collected
	Tally
	Deletion   Deletion `db:"-"` // only Get fills it
	Held       int      `db:"-"` // likewise: how many a deletion forever has left out because a legal hold keeps them
	UndoneBy   *access.MemberID
	CreatedAt  time.Time
	FinishedAt *time.Time
}

// Deletion is what is left of a finished deletion.
type Deletion struct {
	Over  bool       // nothing of it can be undone: its cases were restored, or removed for good
	Until *time.Time // the first of its cases is removed for good at this time or a little later; nil: none has a date
}

// Ended reports whether the job is through with it.
func (a Action) Ended() bool { return a.State == Done || a.State == Undone }

// Share is how much of the work at hand is done, in percent.
func (a Action) Share() int {
	done, of := a.Changed+a.Unchanged+a.Refused, a.Total
	if a.State == Undoing {
		done, of = a.Undone+a.Kept, a.Changed
	}
	switch {
	case a.Ended():
		return 100
	case of == 0 || a.State == Collecting:
		return 0
	}
	return min(done*100/of, 100)
}

// Searcher walks the cases that a search matches; CheckTx refuses one of which a part makes no sense.
type Searcher interface {
	CheckTx(ctx context.Context, tx pgx.Tx, actor access.Actor, text string) error
	IDsTx(ctx context.Context, tx pgx.Tx, actor access.Actor, text string, after *cases.Cursor, size int) ([]cases.Cursor, error)
}

// Members tells what a member may do at this moment.
type Members interface {
	Actor(ctx context.Context, ws access.WorkspaceID, m access.MemberID) (access.Actor, error)
}

// Poker has a sweep run once the transaction has committed.
type Poker interface {
	PokeTx(ctx context.Context, tx pgx.Tx, sweep string) error
}

// Eraser removes cases for good that are in spam, in a transaction of the system.
type Eraser interface {
	EraseSpamTx(ctx context.Context, tx pgx.Tx, actor access.Actor, in cases.SpamErasure) ([]cases.ManyResult, error)
}

// Service starts, works and undoes bulk actions.
type Service struct {
	db      *db.DB
	guard   *audit.Guard
	cases   *cases.Service
	search  Searcher
	members Members
	eraser  Eraser
	poker   Poker
	now     clock.Clock
	batch   int // cases in one transaction
}

// batch is small enough that the locks of one transaction are short.
const batch = 500

// NewService returns a Service.
func NewService(d *db.DB, guard *audit.Guard, c *cases.Service, search Searcher, members Members, eraser Eraser, poker Poker, now clock.Clock) *Service {
	return &Service{d, guard, c, search, members, eraser, poker, now, batch}
}

// KeptFor is how long a bulk action can be undone, and what became of each case is told.
const KeptFor = 30 * 24 * time.Hour

// CanUndo reports whether the actor may take the action back now. That of a deletion is over before KeptFor is when none of
// its cases is left.
func (a Action) CanUndo(actor access.Actor, now time.Time) bool {
	return a.State == Done && a.Change.Undoable() && a.Changed > 0 && !a.Deletion.Over && a.FinishedAt != nil && now.Sub(*a.FinishedAt) < KeptFor && actor.Can(a.Change.PermissionToUndo())
}

func notHere(id ID) error {
	return errs.Newf(errs.NotFound, "There is no bulk update %d, or it is not yours to see.", id)
}
