// Package followups is the list of what is still to be done about cases, and when.
package followups

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"caseward/internal/desk/access"
	"caseward/internal/desk/cases"
	"caseward/internal/desk/followup"
	"caseward/web/console/shell"
	"caseward/web/kit"
	"caseward/web/ui"
)

// FollowUps is what the page needs of follow-ups.
type FollowUps interface {
	List(ctx context.Context, actor access.Actor, in followup.ListInput) (followup.Page, error)
}

// Pages are the pages of this package.
type Pages struct {
	*shell.Shell
	followUps FollowUps
}

// New returns the pages.
func New(s *shell.Shell, f FollowUps) *Pages { return &Pages{s, f} }

// view is one of the lists.
type view struct {
	console ui.ConsoleProps
	tabs    []ui.Tab
	empty   ui.EmptyStateProps
	rows    []followup.FollowUp
	pager   ui.PagerProps
	self    string // this list, to come back to
	visit   *shell.Visit
	now     time.Time
	loc     *time.Location
	canWork bool
}

// lists are by the value of show= in the address.
var lists = []struct {
	show, label string
	in          followup.ListInput
	empty       string
}{
	{"", "Mine, due", followup.ListInput{DueOnly: true}, "Nothing of yours is due. Add follow-ups on a case, below its properties, and they come up here in time."},
	{"mine", "Mine, all", followup.ListInput{}, "You have no follow-ups. Add one on a case, below its properties."},
	{"due", "Everybody's, due", followup.ListInput{Everybody: true, DueOnly: true}, "Nothing is due for anybody."},
	{"all", "Everybody's, all", followup.ListInput{Everybody: true}, "Nobody has a follow-up to do."},
}

// List is GET /w/{ws}/followups, with show.
func (p *Pages) List(w http.ResponseWriter, r *http.Request) error {
	v, query := shell.From(r), r.URL.Query()
	chosen := lists[0]
	var tabs []ui.Tab
	for _, l := range lists {
		current := l.show == query.Get("show")
		if current {
			chosen = l
		}
		tabs = append(tabs, ui.Tab{Label: l.label, Href: address(v, l.show, "", nil), Current: current})
	}
	in := chosen.in
	in.After, in.Before = cursor(query.Get("after")), cursor(query.Get("before"))
	page, err := p.followUps.List(r.Context(), v.Actor, in)
	if err != nil {
		return err
	}
	console, err := p.Console(r, shell.Page{Title: "Follow-ups", Current: "/followups"})
	if err != nil {
		return err
	}
	return kit.Render(w, r, http.StatusOK, listPage(view{
		console: console, tabs: tabs, rows: page.Rows, visit: v, now: v.Now, loc: v.Location, canWork: v.Actor.Can(access.WorkCases),
		empty: ui.EmptyStateProps{Icon: ui.IconCalendarClock, Title: "No follow-ups here", Text: chosen.empty},
		self:  address(v, chosen.show, "", nil),
		pager: ui.PagerProps{Newer: address(v, chosen.show, "before", page.Prior), Older: address(v, chosen.show, "after", page.Next)},
	}))
}

// address is "" for a page that there is not.
func address(v *shell.Visit, show, key string, c *followup.Cursor) string {
	query := url.Values{}
	if show != "" {
		query.Set("show", show)
	}
	if key != "" {
		if c == nil {
			return ""
		}
		query.Set(key, fmt.Sprintf("%d-%d", c.At.UnixMicro(), c.ID))
	}
	if len(query) == 0 {
		return v.Path("/followups")
	}
	return v.Path("/followups?" + query.Encode())
}

// cursor returns nil for what address did not write.
func cursor(text string) *followup.Cursor {
	var micro, id int64
	if n, err := fmt.Sscanf(text, "%d-%d", &micro, &id); err != nil || n != 2 {
		return nil
	}
	return &followup.Cursor{At: time.UnixMicro(micro).UTC(), ID: followup.ID(id)}
}

func (v view) casePath(n cases.Number, below string) string {
	return v.visit.Path("/cases/" + strconv.FormatInt(int64(n), 10) + below)
}

func (v view) donePath(f followup.FollowUp) string {
	return v.casePath(f.CaseNumber, "/followups/"+strconv.FormatInt(int64(f.ID), 10))
}
