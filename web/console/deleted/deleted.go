// Package deleted is the page "Deleted cases": what can still be restored, until when, and what was asked to be
// forgotten.
package deleted

import (
	"context"

	"caseward/internal/desk/access"
	"caseward/internal/desk/cases"
	"caseward/internal/desk/hold"
	"caseward/internal/desk/retention"
	"caseward/web/console/shell"
)

// Cases is what the page needs of cases.
type Cases interface {
	List(ctx context.Context, actor access.Actor, f cases.Filter, in cases.PageInput) (cases.Page, error)
	Restore(ctx context.Context, actor access.Actor, in cases.RestoreInput) (cases.Restored, error)
}

// Requests tells what became of requests for permanent deletion.
type Requests interface {
	Decisions(ctx context.Context, actor access.Actor, ids []cases.ID) (map[cases.ID]retention.Decision, error)
}

// Holds tells which of the cases are on legal hold.
type Holds interface {
	OfCases(ctx context.Context, actor access.Actor, ids []cases.ID) (map[cases.ID][]hold.Standing, error)
}

// Purge tells whether the removal of deleted cases is stopped, and lets it go on.
type Purge interface {
	Stopped(ctx context.Context, actor access.Actor) (*retention.Stop, error)
	ReleasePurge(ctx context.Context, actor access.Actor, in retention.Agreement) error
}

// Pages are the pages of this package.
type Pages struct {
	*shell.Shell
	cases    Cases
	requests Requests
	holds    Holds
	purge    Purge
}

// New returns the pages.
func New(s *shell.Shell, c Cases, r Requests, h Holds, p Purge) *Pages {
	return &Pages{s, c, r, h, p}
}
