// Package insights shows how the work went: totals, days and groups over a period, as charts, tables and files for programs
// for tables. What is counted, and how, is said beside each number; the numbers are those of desk/insights.
package insights

import (
	"context"
	"net/http"

	"caseward/internal/desk/access"
	"caseward/internal/desk/insights"
	"caseward/internal/desk/member"
	"caseward/internal/desk/workspace"
	"caseward/web/console/shell"
)

// Reports is where the numbers come from.
type Reports interface {
	Report(ctx context.Context, actor access.Actor, q insights.Query) (insights.Report, error)
	Groups(ctx context.Context, actor access.Actor, q insights.Query, by insights.Dimension) ([]insights.Group, error)
	Events(ctx context.Context, actor access.Actor, q insights.Query, of insights.EventKind, after *insights.Place) ([]insights.Event, *insights.Place, error)
}

// Members tells whose numbers there are.
type Members interface {
	List(ctx context.Context, actor access.Actor) ([]member.Member, error)
}

// Labels tells what cases can be told apart by.
type Labels interface {
	Queues(ctx context.Context, actor access.Actor) ([]workspace.Queue, error)
	Tags(ctx context.Context, actor access.Actor) ([]workspace.Tag, error)
}

// Pages are the pages of this package.
type Pages struct {
	*shell.Shell
	reports Reports
	members Members
	labels  Labels
}

// New returns the pages.
func New(s *shell.Shell, r Reports, m Members, l Labels) *Pages { return &Pages{s, r, m, l} }

// page is one of the pages: its tab, and its address below the workspace.
type page struct{ path, tab, title, text string }

var (
	overviewPage = page{"/insights", "Overview", "Insights", "How the work went. Each number says what it counts."}
	volumePage   = page{"/insights/volume", "Volume", "Volume", "What came in and what was closed, over time."}
	agentsPage   = page{"/insights/agents", "Agents", "Agents", "Whoever has a case when it is closed gets the credit, also when it is closed automatically."}
	queuesPage   = page{"/insights/queues", "Queues", "Queues", "By the queue in which a case was when it happened."}
	tagsPage     = page{"/insights/tags", "Tags", "Tags", "By the tags of the cases. A case with two tags counts under both, so these do not add up to a total."}
	ratingsPage  = page{"/insights/satisfaction", "Satisfaction", "Satisfaction", "What customers said of the help they got."}
	eventsPage   = page{"/insights/events", "", "Cases behind a number", "What one number of insights counts, case by case."} // of no tab
	removalPage  = page{"/insights/deletions", "Deletions", "Deletions", "What was deleted, and what is gone for good."}
)

// pages are all of them, in the order of their tabs.
func pages() []page {
	return []page{overviewPage, volumePage, agentsPage, queuesPage, tagsPage, ratingsPage, removalPage}
}

// Overview is GET /w/{ws}/insights. Needs ReadInsights, as all pages here do; they take the same fields of an address: period,
// or from and to; zone, queue, agent, tag; deleted (exclude, include, only), auto (apart); and format=csv.
func (p *Pages) Overview(w http.ResponseWriter, r *http.Request) error {
	return p.show(w, r, overviewPage, func(_ context.Context, v *view) error {
		v.table = v.summary()
		return nil
	}, overview)
}

// Volume is GET /w/{ws}/insights/volume.
func (p *Pages) Volume(w http.ResponseWriter, r *http.Request) error {
	return p.show(w, r, volumePage, days(created, closed, reopened, handleTime, answered, firstResponse), volume)
}

// Satisfaction is GET /w/{ws}/insights/satisfaction.
func (p *Pages) Satisfaction(w http.ResponseWriter, r *http.Request) error {
	return p.show(w, r, ratingsPage, days(ratedGood, ratedBad, rated, satisfaction), ratings)
}

// Deletions is GET /w/{ws}/insights/deletions. The switch of deleted cases has no say here.
func (p *Pages) Deletions(w http.ResponseWriter, r *http.Request) error {
	return p.show(w, r, removalPage, days(deleted, purged, erased, spamGone, gone), removals)
}

// Agents is GET /w/{ws}/insights/agents. Who may not compare agents sees themselves alone.
func (p *Pages) Agents(w http.ResponseWriter, r *http.Request) error {
	return p.show(w, r, agentsPage, p.groups(insights.ByAgent, closed, samePeriod, reopened, handleTime, answered, firstResponse, satisfaction), agents)
}

// Queues is GET /w/{ws}/insights/queues.
func (p *Pages) Queues(w http.ResponseWriter, r *http.Request) error {
	return p.show(w, r, queuesPage, p.groups(insights.ByQueue, closed, created, completion, reopened, handleTime, firstResponse, satisfaction), grouped)
}

// Tags is GET /w/{ws}/insights/tags.
func (p *Pages) Tags(w http.ResponseWriter, r *http.Request) error {
	return p.show(w, r, tagsPage, p.groups(insights.ByTag, closed, created, completion, reopened, handleTime, firstResponse, satisfaction), grouped)
}
