// Package inbox is the list of cases: the built-in filters, the saved ones, the search, and the stream of live updates.
package inbox

import (
	"context"
	"sync"

	"caseward/internal/desk/access"
	"caseward/internal/desk/cases"
	"caseward/internal/desk/field"
	"caseward/internal/desk/filters"
	"caseward/internal/desk/member"
	"caseward/internal/desk/search"
	"caseward/internal/platform/live"
	"caseward/web/console/shell"
)

// Lists reads the built-in filters.
type Lists interface {
	List(ctx context.Context, actor access.Actor, f cases.Filter, in cases.PageInput) (cases.Page, error)
	Counts(ctx context.Context, actor access.Actor) (cases.Counts, error)
}

// Searcher answers the search field.
type Searcher interface {
	Cases(ctx context.Context, actor access.Actor, text string, in cases.PageInput) (search.Result, error)
	Complete(ctx context.Context, actor access.Actor, before string) (search.Completion, error)
}

// Filters reads saved filters.
type Filters interface {
	Get(ctx context.Context, actor access.Actor, id filters.ID) (filters.Filter, error)
}

// Members keeps what a member chooses for themselves.
type Members interface {
	SetColumns(ctx context.Context, actor access.Actor, columns []member.Column) error
}

// Fields tells what custom fields there are, and what they hold.
type Fields interface {
	List(ctx context.Context, actor access.Actor) ([]field.Field, error)
	OfCases(ctx context.Context, actor access.Actor, list []cases.ID, fields []field.ID) (map[cases.ID]field.Values, error)
}

// Events tells what changes in a workspace while a page is open.
type Events interface {
	Subscribe(workspace int64) (events <-chan live.Event, cancel func())
	Missed(workspace int64, mark string) bool
}

// Pages serves the inbox.
type Pages struct {
	*shell.Shell
	lists   Lists
	search  Searcher
	filters Filters
	members Members
	fields  Fields
	events  Events

	mu      sync.Mutex
	streams map[access.UserID]int // open event streams, so that one user cannot hold all of them
}

// New returns the pages.
func New(sh *shell.Shell, lists Lists, searcher Searcher, saved Filters, members Members, fields Fields, events Events) *Pages {
	return &Pages{Shell: sh, lists: lists, search: searcher, filters: saved, members: members, fields: fields, events: events, streams: map[access.UserID]int{}}
}
