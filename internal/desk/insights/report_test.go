package insights_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"caseward/internal/desk/access"
	"caseward/internal/desk/cases"
	"caseward/internal/desk/insights"
	"caseward/internal/desk/message"
	"caseward/internal/platform/errs"
	"caseward/internal/testkit/fixture"
)

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func must2[T any](t testing.TB) func(T, error) T {
	t.Helper()
	return func(v T, err error) T { t.Helper(); must(t, err); return v }
}

func same(t testing.TB, what string, want, got any) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

func dateOf(at time.Time) insights.Date {
	year, month, day := at.Date()
	return insights.Date{Year: year, Month: month, Day: day}
}

// around asks for a week before and a week after the desk's time, on whatever clock facts have their times from.
func around(d *fixture.Desk, change ...func(*insights.Query)) insights.Query {
	q := insights.Query{From: dateOf(d.Clock.Now().AddDate(0, 0, -7)), To: dateOf(d.Clock.Now().AddDate(0, 0, 7))}
	for _, f := range change {
		f(&q)
	}
	return q
}

func run(t testing.TB, d *fixture.Desk) { t.Helper(); must2[string](t)(d.Insights.Run(t.Context())) }

// report counts and reports as the owner.
func report(t testing.TB, d *fixture.Desk, q insights.Query) insights.Report {
	t.Helper()
	run(t, d)
	r := must2[insights.Report](t)(d.Insights.Report(t.Context(), d.Owner, q))
	if r.Counting || !r.CountedTo.Equal(d.Clock.Now()) {
		t.Errorf("counting %v, counted to %v", r.Counting, r.CountedTo)
	}
	return r
}

func setStatus(t testing.TB, d *fixture.Desk, n cases.Number, to cases.Status) {
	t.Helper()
	must2[cases.Case](t)(d.Cases.Update(t.Context(), d.Ana, n, cases.UpdateInput{Status: &to}))
}

func reply(t testing.TB, d *fixture.Desk, n cases.Number) {
	t.Helper()
	must2[message.ID](t)(d.Messages.Reply(t.Context(), d.Ana, message.ReplyInput{Number: n, Body: "We are looking into it."}))
}

// TestADayOnTheDesk: what happened to one case is in the totals, on its day, with the times that it took.
func TestADayOnTheDesk(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	n := d.Receive(fixture.Mail{})
	d.Clock.Advance(10 * time.Minute)
	reply(t, d, n)
	d.Clock.Advance(time.Minute)
	reply(t, d, n) // not the first
	must2[cases.Case](t)(d.Cases.Update(t.Context(), d.Ana, n, cases.UpdateInput{Assignee: &d.Ana.Member}))
	d.Clock.Advance(9 * time.Minute)
	setStatus(t, d, n, cases.Closed)
	d.Clock.Advance(24 * time.Hour)
	setStatus(t, d, n, cases.Open)
	d.Clock.Advance(5 * time.Minute)
	setStatus(t, d, n, cases.Closed)
	r := report(t, d, around(d))
	same(t, "totals", insights.Totals{Created: 1, Closed: 2, SamePeriodClosed: 2, Reopened: 1, FirstResponses: 1, FirstResponseSeconds: 600,
		HandleSeconds: 1200 + 300}, r.Totals)
	same(t, "the first day", insights.Totals{Created: 1, Closed: 1, FirstResponses: 1, FirstResponseSeconds: 600, HandleSeconds: 1200}, r.Days[6].Totals)
	same(t, "the second", insights.Totals{Closed: 1, Reopened: 1, HandleSeconds: 300}, r.Days[7].Totals)
	same(t, "the period before", insights.Totals{}, r.Before)
	if len(r.Days) != 15 || r.Days[7].Date != dateOf(d.Clock.Now()) {
		t.Errorf("%d days, the eighth is %v", len(r.Days), r.Days[7].Date)
	}
	second := around(d, func(q *insights.Query) { q.From, q.To = dateOf(d.Clock.Now()), dateOf(d.Clock.Now()) })
	r = report(t, d, second)
	same(t, "the second day alone", insights.Totals{Closed: 1, Reopened: 1, HandleSeconds: 300}, r.Totals)
	same(t, "and before it", insights.Totals{Created: 1, Closed: 1, SamePeriodClosed: 1, FirstResponses: 1, FirstResponseSeconds: 600, HandleSeconds: 1200}, r.Before)
}

// TestGroups: each event counts where and whose the case was then, and under every tag it has now.
func TestGroups(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	ctx := t.Context()
	other := fixture.One[int64](d, `insert into queues (workspace_id, name, created_at) values ($1, 'Abroad', now()) returning id`, d.ID())
	n := d.Receive(fixture.Mail{})
	d.Receive(fixture.Mail{Subject: "Another"})
	must2[cases.Case](t)(d.Cases.Update(ctx, d.Ana, n, cases.UpdateInput{Assignee: &d.Ben.Member, Queue: &other}))
	must2[cases.Case](t)(d.Cases.SetTags(ctx, d.Ana, n, []string{"zinc", "amber"}))
	d.Clock.Advance(time.Minute)
	reply(t, d, n)
	setStatus(t, d, n, cases.Closed)
	run(t, d)
	groups := func(actor access.Actor, by insights.Dimension, change ...func(*insights.Query)) (list []string) {
		t.Helper()
		for _, g := range must2[[]insights.Group](t)(d.Insights.Groups(ctx, actor, around(d, change...), by)) {
			list = append(list, g.Name+": "+short(g.Totals))
		}
		return list
	}
	same(t, "queues", []string{"Abroad: closed 1, same 1, answered 1", "Support: created 2"}, groups(d.Owner, insights.ByQueue))
	same(t, "agents", []string{"Ana Agent: answered 1", "Ben Agent: closed 1, same 1", ": created 2"}, groups(d.Owner, insights.ByAgent))
	same(t, "tags", []string{"amber: created 1, closed 1, same 1, answered 1", "zinc: created 1, closed 1, same 1, answered 1", ": created 1"},
		groups(d.Owner, insights.ByTag))
	inOther := func(q *insights.Query) { q.Queue = other }
	bens := func(q *insights.Query) { q.Agent = d.Ben.Member }
	nobodys := func(q *insights.Query) { q.Agent = access.MemberID(insights.None) }
	same(t, "agents of a queue", []string{"Ana Agent: answered 1", "Ben Agent: closed 1, same 1"}, groups(d.Owner, insights.ByAgent, inOther))
	same(t, "tags of an agent in a queue", []string{"amber: closed 1, same 1", "zinc: closed 1, same 1"}, groups(d.Owner, insights.ByTag, inOther, bens))
	same(t, "queues of nobody", []string{"Support: created 2"}, groups(d.Owner, insights.ByQueue, nobodys))
	same(t, "what an agent sees of agents", []string{"Ana Agent: answered 1"}, groups(d.Ana, insights.ByAgent))
	r := must2[insights.Report](t)(d.Insights.Report(ctx, d.Owner, around(d, inOther, bens)))
	same(t, "an agent in a queue", "closed 1, same 1", short(r.Totals))
}

// TestWhoMayAsk: insights are for all members; other agents' numbers are not.
func TestWhoMayAsk(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	ctx := t.Context()
	for name, actor := range d.Actors() {
		_, err := d.Insights.Report(ctx, actor, around(d))
		if (name == "staff") != errs.Is(err, errs.Forbidden) {
			t.Errorf("%s: %v", name, err)
		}
		for whose, agent := range map[string]access.MemberID{"Ben's": d.Ben.Member, "nobody's": access.MemberID(insights.None)} {
			q := around(d, func(q *insights.Query) { q.Agent = agent })
			allowed := name == "owner" || name == "admin" || name == "ben" && whose == "Ben's"
			_, err := d.Insights.Report(ctx, actor, q)
			_, groupsErr := d.Insights.Groups(ctx, actor, q, insights.ByTag)
			_, _, eventsErr := d.Insights.Events(ctx, actor, q, insights.Closings, nil)
			if allowed == errs.Is(err, errs.Forbidden) || allowed == errs.Is(groupsErr, errs.Forbidden) || allowed == errs.Is(eventsErr, errs.Forbidden) {
				t.Errorf("%s asks for %s numbers: %v, %v, %v", name, whose, err, groupsErr, eventsErr)
			}
		}
	}
}

// TestQueriesThatMakeNoSense are refused by field.
func TestQueriesThatMakeNoSense(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	for field, change := range map[string]func(*insights.Query){
		"from":    func(q *insights.Query) { q.From = insights.Date{Year: 2026, Month: 2, Day: 30} },
		"to":      func(q *insights.Query) { q.To = dateOf(d.Clock.Now().AddDate(0, 0, -7).AddDate(0, 0, -1)) },
		"zone":    func(q *insights.Query) { q.Zone = "Mars/Olympus" },
		"deleted": func(q *insights.Query) { q.Deleted = "some" },
	} {
		_, err := d.Insights.Report(t.Context(), d.Owner, around(d, change))
		if e, ok := err.(*errs.Error); !ok || e.Kind != errs.Invalid || e.Fields[field] == "" { //nolint:errorlint // made here
			t.Errorf("%s: %v", field, err)
		}
	}
	long := around(d, func(q *insights.Query) { q.To = dateOf(d.Clock.Now().AddDate(0, 0, -7).AddDate(0, 0, 366)) })
	if _, err := d.Insights.Report(t.Context(), d.Owner, long); !errs.Is(err, errs.Invalid) {
		t.Errorf("367 days: %v", err)
	}
	if _, err := d.Insights.Groups(t.Context(), d.Owner, around(d), "size"); !errs.Is(err, errs.Invalid) {
		t.Errorf("by size: %v", err)
	}
}
