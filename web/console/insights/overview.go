package insights

// headlines are the metrics of the overview, in their order.
func headlines() []metric {
	return []metric{closed, samePeriod, completion, handleTime, firstResponse, created, reopened, satisfaction, deleted, purged, erased, spamGone}
}

// summary is the table of the overview: the period, and the one before.
func (v *view) summary() table {
	now := v.ask.period()
	before := now.before()
	name := func(p period) string { return iso(p.from) + " to " + iso(p.to) }
	return table{caption: "Totals", head: "Period", columns: columns(v.ask.apart, headlines()...), rows: []row{
		{name: now.String(), fileName: name(now), Totals: v.report.Totals},
		{name: before.String(), fileName: name(before), Totals: v.report.Before},
	}}
}

// card is a metric with its figure; part says how much of it was closed automatically, where that is shown apart.
type card struct {
	metric
	figure figure
	change change
	part   string
	href   string // to what it counts; ""
}

func (v *view) cards(metrics ...metric) (list []card) {
	now, before := v.report.Totals, v.report.Before
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
		all.key, all.name = c.key, c.name
		c.href = v.eventsHref(all)
		c.change = m.compare(c.figure, all.figure(before))
		list = append(list, c)
	}
	return list
}
