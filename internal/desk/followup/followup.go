// Package followup keeps what somebody means to do about a case and when: a note, a due time, an assignee. Those that
// are due are listed, counted and told of. Follow-ups of a case that is deleted or in spam rest until it is back.
package followup

import (
	"context"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"caseward/internal/desk/access"
	"caseward/internal/desk/audit"
	"caseward/internal/desk/cases"
	"caseward/internal/platform/clock"
	"caseward/internal/platform/db"
	"caseward/internal/platform/errs"
	"caseward/internal/platform/live"
)

// ID is the id of a follow-up.
type ID int64

// FollowUp is one as lists and the case show it.
type FollowUp struct {
	ID            ID
	CaseNumber    cases.Number
	CaseSubject   string
	Note          string
	DueAt         time.Time
	AssigneeID    access.MemberID
	AssigneeName  string
	CreatedByName string
	DoneAt        *time.Time
	DoneByName    string
}

// Overdue reports whether it should have been done by now.
func (f FollowUp) Overdue(now time.Time) bool { return f.DoneAt == nil && !f.DueAt.After(now) }

// Service keeps follow-ups.
type Service struct {
	db    *db.DB
	guard *audit.Guard
	cases *cases.Service
	now   clock.Clock
	due   *live.Cache[owner, int]
}

type owner struct {
	workspace access.WorkspaceID
	member    access.MemberID
}

// NewService returns a Service.
func NewService(d *db.DB, guard *audit.Guard, c *cases.Service, hub *live.Hub, now clock.Clock) *Service {
	return &Service{d, guard, c, now, live.NewCache[owner, int](hub, now)}
}

const (
	maxNote = 500 // characters
	maxOpen = 50  // follow-ups of one case that are not done
	maxTerm = 5 * 366 * 24 * time.Hour
)

// Input is what somebody says of a follow-up.
type Input struct {
	Note     string
	DueAt    time.Time // the zero time is none
	Assignee access.MemberID
}

func (in *Input) valid(now time.Time) error {
	in.Note = strings.Join(strings.Fields(in.Note), " ")
	switch {
	case in.Note == "":
		return errs.Field("note", "Say what is to be done.")
	case len([]rune(in.Note)) > maxNote:
		return errs.Field("note", "Keep it under 500 characters; the rest is better in an internal note.")
	case in.DueAt.IsZero():
		return errs.Field("due", "Choose a date and a time.")
	case in.DueAt.Before(now.Add(-24*time.Hour)) || in.DueAt.After(now.Add(maxTerm)):
		return errs.Field("due", "Choose a time from now to five years ahead.")
	}
	return nil
}

// edit is the shape of every change: ask for the right, lock the case, refuse where it is deleted, change.
func (s *Service) edit(ctx context.Context, actor access.Actor, n cases.Number, fn func(pgx.Tx, cases.Case) error) error {
	if err := s.guard.Require(ctx, actor, access.WorkCases, audit.Case(int64(n))); err != nil {
		return err
	}
	err := s.db.InWorkspace(ctx, int64(actor.Workspace), func(tx pgx.Tx) error {
		c, err := cases.LockTx(ctx, tx, actor.Workspace, n)
		if err != nil {
			return err
		}
		if err := c.RequireEditable(); err != nil {
			return err
		}
		return fn(tx, c)
	})
	if err == nil {
		s.cases.Changed(actor.Workspace, n)
	}
	return err
}

func requireAssigneeTx(ctx context.Context, tx pgx.Tx, c cases.Case, m access.MemberID) error {
	if m == 0 {
		return errs.Field("assignee", "Choose who is to do it.")
	}
	_, err := cases.AssignableTx(ctx, tx, c.WorkspaceID, m)
	return err
}
