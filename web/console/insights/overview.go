package insights

import (
	"caseward/internal/desk/insights"
)

// headlines are the metrics of the overview, in their order.
func headlines() []metric {
	return []metric{closed, samePeriod, completion, handleTime, firstResponse, created, reopened, satisfaction, deleted, purged, erased}
}

// totals are those of the period. Deletions are of deleted cases, so they are taken from there whatever the switch says.
func (v *view) totals() insights.Totals { return withDeletions(v.report.Totals, v.gone.Totals) }

func (v *view) before() insights.Totals { return withDeletions(v.report.Before, v.gone.Before) }

func withDeletions(t, gone insights.Totals) insights.Totals {
	t.Deleted, t.Purged, t.Erased = gone.Deleted, gone.Purged, gone.Erased
	return t
}

// summary is the table of the overview: the period, and the one before.
func (v *view) summary() table {
	now := v.ask.period()
	before := now.before()
	name := func(p period) string { return iso(p.from) + " to " + iso(p.to) }
	return table{caption: "Totals", head: "Period", columns: columns(v.ask.apart, headlines()...), rows: []row{
		{name: now.String(), fileName: name(now), Totals: v.totals()},
		{name: before.String(), fileName: name(before), Totals: v.before()},
	}}
}

// card is a metric with its figure; part says how much of it was closed automatically, where that is shown apart.
type card struct {
	metric
	figure figure
	change change
	part   string
}

func (v *view) cards(metrics ...metric) (list []card) {
	now, before := v.totals(), v.before()
	for _, m := range metrics {
		all := column{metric: m, totals: everybody}
		c := card{metric: m}
		if m.splits && v.ask.apart {
			all.totals = byMembers
			c.name += ", by members"
			c.part = "Automatically: " + m.of(automatically(now)).String()
		} else if m.key == closed.key && now.AutoClosed > 0 {
			c.part = "Of which automatically: " + thousands(now.AutoClosed)
		}
		c.figure = all.figure(now)
		c.change = m.compare(c.figure, all.figure(before))
		list = append(list, c)
	}
	return list
}
