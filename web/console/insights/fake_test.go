package insights_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/go-chi/chi/v5"

	"caseward/internal/desk/access"
	"caseward/internal/desk/insights"
	"caseward/internal/desk/member"
	"caseward/internal/desk/workspace"
	"caseward/internal/platform/errs"
	pages "caseward/web/console/insights"
	"caseward/web/webtest"
)

// fake answers with the same totals on each day: those of live cases, and those of deleted ones.
type fake struct {
	live, gone, before insights.Totals // of a day; of the whole period before
	groups             []insights.Group
	moreTags           int
	counting           bool
	crowded            string // a zone for which there is no room
	asked              []insights.Query
	of                 insights.EventKind
}

func (f *fake) Report(_ context.Context, actor access.Actor, q insights.Query) (insights.Report, error) {
	f.asked = append(f.asked, q)
	if q.Agent != 0 && q.Agent != actor.Member && !actor.Can(access.CompareAgents) {
		return insights.Report{}, errs.New(errs.Forbidden, "You may not see the numbers of other agents.")
	}
	if q.Zone == f.crowded {
		return insights.Report{}, errs.Field("zone", "Insights are being read in four other time zones.")
	}
	zone, err := time.LoadLocation(q.Zone)
	if err != nil {
		return insights.Report{}, err
	}
	r := insights.Report{CountedTo: webtest.Now().In(zone), Counting: f.counting, CountedDays: 40, AllDays: 366, Before: f.before}
	last := time.Date(q.To.Year, q.To.Month, q.To.Day, 0, 0, 0, 0, time.UTC)
	for at := time.Date(q.From.Year, q.From.Month, q.From.Day, 0, 0, 0, 0, time.UTC); !at.After(last); at = at.AddDate(0, 0, 1) {
		d := insights.Day{Date: insights.Date{Year: at.Year(), Month: at.Month(), Day: at.Day()}}
		if q.Deleted != insights.Only {
			d.Totals = sum(d.Totals, f.live)
		}
		if q.Deleted != insights.Exclude {
			d.Totals = sum(d.Totals, f.gone)
		}
		d.Deleted, d.Purged, d.Erased, d.SpamGone = f.gone.Deleted, f.gone.Purged, f.gone.Erased, f.gone.SpamGone // whatever the switch says
		r.Totals = sum(r.Totals, d.Totals)
		r.Days = append(r.Days, d)
	}
	return r, actor.Require(access.ReadInsights)
}

func (f *fake) Groups(_ context.Context, actor access.Actor, q insights.Query, by insights.Dimension) ([]insights.Group, error) {
	f.asked = append(f.asked, q)
	var list []insights.Group
	for _, g := range f.groups {
		if by != insights.ByAgent || actor.Can(access.CompareAgents) || g.ID == int64(actor.Member) {
			list = append(list, g)
		}
	}
	return list, nil
}

func (f *fake) Events(_ context.Context, actor access.Actor, q insights.Query, of insights.EventKind, after *insights.Place) ([]insights.Event, *insights.Place, error) {
	f.asked, f.of = append(f.asked, q), of
	if f.live.Created == 0 {
		return nil, nil, nil
	}
	at := webtest.Now()
	if after != nil {
		at = after.At.Add(-time.Hour)
	}
	return []insights.Event{{At: at, CaseID: 7, Number: 42, Subject: "A wheel came off"}}, &insights.Place{At: at, CaseID: 7}, actor.Require(access.ReadCases)
}

func sum(a, b insights.Totals) insights.Totals {
	a.Created += b.Created
	a.Closed += b.Closed
	a.AutoClosed += b.AutoClosed
	a.SamePeriodClosed += b.SamePeriodClosed
	a.AutoSamePeriodClosed += b.AutoSamePeriodClosed
	a.Reopened += b.Reopened
	a.FirstResponses += b.FirstResponses
	a.FirstResponseSeconds += b.FirstResponseSeconds
	a.HandleSeconds += b.HandleSeconds
	a.AutoHandleSeconds += b.AutoHandleSeconds
	a.RatedGood += b.RatedGood
	a.RatedBad += b.RatedBad
	a.Deleted += b.Deleted
	a.Purged += b.Purged
	a.Erased += b.Erased
	a.SpamGone += b.SpamGone
	return a
}

// people are the labels of a workspace, with so many more tags.
type people struct{ moreTags int }

func (people) List(context.Context, access.Actor) ([]member.Member, error) {
	return []member.Member{{ID: 70, Name: "Ana Duarte"}, {ID: 71, Name: "Ben Okafor", DeactivatedAt: new(webtest.Now())}}, nil
}

func (people) Queues(context.Context, access.Actor) ([]workspace.Queue, error) {
	return []workspace.Queue{{ID: 1, Name: "Support"}, {ID: 2, Name: "Returns", ArchivedAt: new(webtest.Now())}}, nil
}

func (p people) Tags(context.Context, access.Actor) ([]workspace.Tag, error) {
	list := []workspace.Tag{{ID: 5, Name: "refund"}, {ID: 6, Name: "wheels"}}
	for i := range p.moreTags {
		list = append(list, workspace.Tag{ID: workspace.TagID(1000 + i), Name: fmt.Sprintf("z%04d", i)})
	}
	return list, nil
}

// busy is a fake of a workspace in which something happens every day.
func busy() *fake {
	return &fake{
		live: insights.Totals{Created: 50, Closed: 40, AutoClosed: 10, SamePeriodClosed: 30, AutoSamePeriodClosed: 6, Reopened: 2, FirstResponses: 20,
			FirstResponseSeconds: 20 * 1800, HandleSeconds: 40 * 11520, AutoHandleSeconds: 10 * 20000, RatedGood: 3, RatedBad: 1},
		gone: insights.Totals{Created: 5, Closed: 4, Deleted: 6, Purged: 2, Erased: 1, SpamGone: 4},
		groups: []insights.Group{
			{ID: 70, Name: "Ana Duarte", Totals: insights.Totals{Closed: 700, AutoClosed: 100, HandleSeconds: 700 * 3600, AutoHandleSeconds: 100 * 7200}},
			{ID: 71, Name: "=Ben", Totals: insights.Totals{Closed: 450, HandleSeconds: 450 * 60, RatedGood: 1}},
			{ID: insights.None, Totals: insights.Totals{Closed: 50, AutoClosed: 50}},
			{ID: 99, Totals: insights.Totals{Reopened: 3}},
		},
	}
}

func site(t *testing.T, f *fake) *webtest.Site {
	t.Helper()
	s := webtest.New(t)
	p := pages.New(s.Shell, f, people{}, people{f.moreTags})
	return s.Console(func(r chi.Router) {
		r.Get("/insights", p.Handle(p.Overview))
		r.Get("/insights/volume", p.Handle(p.Volume))
		r.Get("/insights/agents", p.Handle(p.Agents))
		r.Get("/insights/queues", p.Handle(p.Queues))
		r.Get("/insights/tags", p.Handle(p.Tags))
		r.Get("/insights/satisfaction", p.Handle(p.Satisfaction))
		r.Get("/insights/deletions", p.Handle(p.Deletions))
		r.Get("/insights/events", p.Handle(p.Events))
	}).SignIn()
}
