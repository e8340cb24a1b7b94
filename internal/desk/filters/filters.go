// Package filters keeps the searches that members save as lists of the sidebar: their own, and those shared with
// everybody in the workspace.
package filters

import (
	"strings"
	"time"
	"unicode"

	"caseward/internal/desk/access"
	"caseward/internal/desk/audit"
	"caseward/internal/desk/field"
	"caseward/internal/desk/search"
	"caseward/internal/platform/clock"
	"caseward/internal/platform/db"
	"caseward/internal/platform/errs"
	"caseward/internal/platform/live"
)

// ID names a saved filter.
type ID int64

// Filter is a saved search.
type Filter struct {
	ID        ID
	OwnerID   *access.MemberID // nil: shared
	Name      string
	Query     string // in the language of package search
	Version   int    // grows with every change of name, query or sharing
	CreatedAt time.Time
}

// Shared reports whether everybody in the workspace sees the filter.
func (f Filter) Shared() bool { return f.OwnerID == nil }

// How many filters there can be: a sidebar is for looking, not for searching.
const (
	MostOwn    = 50  // of one member
	MostShared = 100 // of a workspace
	maxName    = 80  // characters
)

// Input is what a member says about a filter.
type Input struct {
	Name   string
	Query  string
	Shared bool
}

// Service keeps filters. Shared ones are changed by those who may manage case settings; own ones by their owner alone,
// and to everybody else they are not there.
type Service struct {
	db     *db.DB
	guard  *audit.Guard
	hub    *live.Hub
	now    clock.Clock
	lists  *live.Cache[listKey, []Filter]
	counts *counts
}

// NewService returns a Service.
func NewService(d *db.DB, guard *audit.Guard, hub *live.Hub, now clock.Clock) *Service {
	return &Service{db: d, guard: guard, hub: hub, now: now, lists: live.NewCache[listKey, []Filter](hub, now), counts: newCounts(hub, now)}
}

// clean returns the input as it is stored, or every problem with it at once. fields are the workspace's.
func (in Input) clean(actor access.Actor, fields []field.Field) (Input, error) {
	problems := map[string]string{}
	in.Name = strings.Join(strings.FieldsFunc(strings.ToValidUTF8(in.Name, ""), func(r rune) bool {
		return unicode.IsSpace(r) || unicode.IsControl(r)
	}), " ")
	in.Query = strings.TrimSpace(in.Query)
	switch {
	case in.Name == "":
		problems["name"] = "Give the filter a name."
	case len([]rune(in.Name)) > maxName:
		problems["name"] = "Keep the name under 80 characters."
	}
	if problem := search.Check(actor, in.Query, fields); problem != nil {
		problems["query"] = errs.SafeText(problem)
	}
	if len(problems) > 0 {
		return in, &errs.Error{Kind: errs.Invalid, Message: "Some fields need another look.", Fields: problems}
	}
	return in, nil
}

func object(id ID) audit.Object { return audit.Object{Kind: "filter", ID: int64(id)} }
