package insights_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"caseward/internal/desk/access"
	"caseward/internal/desk/insights"
	"caseward/internal/testkit/fixture"
)

// counted are totals by what they are asked for.
type counted struct {
	all    insights.Totals
	days   map[insights.Date]insights.Totals
	groups map[int64]insights.Totals
}

// wants reports whether an event counts for a query, but for its day.
func (m *model) wants(q insights.Query, e *modelEvent) bool {
	class := e.shows().class()
	removal := slices.Contains([]string{"deleted", "purged", "erased", "spam gone"}, e.what)
	if e.reversed || class == 0 && e.what != "spam gone" || !removal && (class == 1 && q.Deleted == insights.Only || class == 2 && q.Deleted == insights.Exclude) {
		return false
	}
	agent := e.agent
	if agent == 0 {
		agent = access.MemberID(insights.None)
	}
	return (q.Queue == 0 || q.Queue == e.queue) && (q.Agent == 0 || q.Agent == agent) && (q.Tag == 0 || slices.Contains(m.groupsOf(e, insights.ByTag), q.Tag))
}

func (m *model) groupsOf(e *modelEvent, by insights.Dimension) (list []int64) {
	switch by {
	case insights.ByQueue:
		return []int64{e.queue}
	case insights.ByAgent:
		if e.agent == 0 {
			return []int64{insights.None}
		}
		return []int64{int64(e.agent)}
	}
	for _, tag := range e.shows().tags {
		list = append(list, m.tags[tag])
	}
	if len(list) == 0 {
		list = []int64{insights.None}
	}
	return list
}

func inside(day insights.Date, q insights.Query) bool {
	at := time.Date(day.Year, day.Month, day.Day, 0, 0, 0, 0, time.UTC)
	from := time.Date(q.From.Year, q.From.Month, q.From.Day, 0, 0, 0, 0, time.UTC)
	to := time.Date(q.To.Year, q.To.Month, q.To.Day, 0, 0, 0, 0, time.UTC)
	return !at.Before(from) && !at.After(to)
}

// recount counts all that has happened, event by event.
func (m *model) recount(q insights.Query, by insights.Dimension) counted {
	zone, err := time.LoadLocation(q.Zone)
	must(m.t, err)
	c := counted{days: map[insights.Date]insights.Totals{}, groups: map[int64]insights.Totals{}}
	for _, e := range m.events {
		day := dateOf(e.at.In(zone))
		if !inside(day, q) || !m.wants(q, e) {
			continue
		}
		same := inside(dateOf(e.of.created.In(zone)), q)
		e.add(&c.all, same)
		of := c.days[day]
		e.add(&of, false)
		c.days[day] = of
		for _, g := range m.groupsOf(e, by) {
			if by == insights.ByTag && q.Tag != 0 && g != q.Tag {
				continue
			}
			of := c.groups[g]
			e.add(&of, same)
			c.groups[g] = of
		}
	}
	return c
}

// query asks for a random period in one of two zones, of some or all.
func (m *model) query(position insights.Deleted) insights.Query {
	to := m.now().AddDate(0, 0, 1-m.rand.IntN(12))
	q := insights.Query{To: dateOf(to), From: dateOf(to.AddDate(0, 0, -m.rand.IntN(40))), Deleted: position, Zone: pick(m.rand, []string{"UTC", "America/St_Johns"})}
	if m.rand.IntN(4) == 0 {
		q.Queue = pick(m.rand, m.queues)
	}
	if m.rand.IntN(4) == 0 {
		q.Agent = pick(m.rand, []access.MemberID{access.MemberID(insights.None), m.agents[0].Member, m.agents[1].Member})
	}
	if m.rand.IntN(4) == 0 {
		q.Tag = pick(m.rand, []int64{insights.None, m.tags["red"], m.tags["blue"]})
	}
	return q
}

// compare lets the job count and asks for random reports.
func (m *model) compare(after string) {
	m.t.Helper()
	ctx := m.t.Context()
	run(m.t, m.d)
	for _, position := range []insights.Deleted{insights.Exclude, insights.Include, insights.Only} {
		q := m.query(position)
		by := pick(m.rand, []insights.Dimension{insights.ByQueue, insights.ByAgent, insights.ByTag})
		want := m.recount(q, by)
		if position == insights.Exclude {
			m.compareEvents(q, want.all, after)
		}
		r := must2[insights.Report](m.t)(m.d.Insights.Report(ctx, m.d.Owner, q))
		length := len(r.Days)
		before := q
		before.To, before.From = dateOf(q.From.Time().AddDate(0, 0, -1)), dateOf(q.From.Time().AddDate(0, 0, -length))
		got := counted{all: r.Totals, days: map[insights.Date]insights.Totals{}, groups: map[int64]insights.Totals{}}
		for _, d := range r.Days {
			if d.Totals != (insights.Totals{}) {
				got.days[d.Date] = d.Totals
			}
		}
		for _, g := range must2[[]insights.Group](m.t)(m.d.Insights.Groups(ctx, m.d.Owner, q, by)) {
			got.groups[g.ID] = g.Totals
		}
		if diff := cmp.Diff(want, got, cmp.AllowUnexported(counted{})); diff != "" {
			m.t.Fatalf("after %d events, the last %s, %+v by %s (-recounted +reported):\n%s", len(m.events), after, q, by, diff)
		}
		if diff := cmp.Diff(m.recount(before, by).all, r.Before); diff != "" {
			m.t.Fatalf("after %d events, the last %s, %+v, the period before (-recounted +reported):\n%s", len(m.events), after, q, diff)
		}
	}
}

// compareEvents lists what the totals count, page by page.
func (m *model) compareEvents(q insights.Query, of insights.Totals, after string) {
	m.t.Helper()
	for kind, want := range map[insights.EventKind]int64{insights.Creations: of.Created, insights.Closings: of.Closed, insights.Reopenings: of.Reopened,
		insights.Answers: of.FirstResponses, insights.GoodRatings: of.RatedGood, insights.BadRatings: of.RatedBad} {
		var got int64
		var place *insights.Place
		for {
			list, more, err := m.d.Insights.Events(m.t.Context(), m.d.Owner, q, kind, place)
			must(m.t, err)
			got += int64(len(list))
			if place = more; place == nil {
				break
			}
		}
		if got != want {
			m.t.Fatalf("after %d events, the last %s, %+v lists %d of %d %s", len(m.events), after, q, got, want, kind)
		}
	}
}

// TestTotalsAreThoseOfASlowRecount: whatever happens in whatever order, every report is what one gets by counting the events that
// the test did one by one. The test never looks at the facts.
func TestTotalsAreThoseOfASlowRecount(t *testing.T) {
	t.Parallel()
	m := newModel(t, 20261122)
	m.d.Insights.SetSizes(17, 50, 10)
	m.d.Insights.SetPage(7)
	compared := 0
	did := map[string]int{}
	run(t, m.d)
	must2[insights.Report](t)(m.d.Insights.Report(t.Context(), m.d.Owner, insights.Query{From: dateOf(m.now()), To: dateOf(m.now()), Zone: "America/St_Johns"}))
	for i := 0; len(m.events) < *events; i++ {
		what := m.step()
		did[what]++
		removes := slices.Contains([]string{"delete", "restore", "spam", "merge", "purge", "erase", "many"}, what)
		if i%20 == 0 || removes && m.rand.IntN(3) == 0 {
			m.compare(what)
			compared++
		}
	}
	m.compare("the end")
	t.Logf("%d events in %d cases, compared %d times: %s", len(m.events), len(m.cases), compared, fmt.Sprint(did))
	if left := fixture.One[int](m.d, `select count(*) from fact_marks`); left != 0 {
		t.Errorf("%d marks are left", left)
	}
}
