package insights

import (
	"fmt"
	"math"
	"strings"

	"caseward/web/ui/chart"
)

// graph is a chart with its heading and the columns of which it, and the table beside it, are made.
type graph struct {
	id, title string
	kind      chart.Kind
	columns   []column
	tones     []chart.Tone // one a column
	buckets   []bucket
}

// graph draws metrics over the period in the usual colours.
func (v *view) graph(id, title string, kind chart.Kind, list []column, tones ...chart.Tone) graph {
	if len(tones) == 0 {
		tones = []chart.Tone{chart.First, chart.Second, chart.Third}
	}
	return graph{id, title, kind, list, tones, buckets(v.report.Days)}
}

// props are what is drawn.
func (g graph) props() chart.Props {
	p := chart.Props{ID: g.id, Title: g.title, Desc: g.desc(), Kind: g.kind}
	switch g.columns[0].unit() {
	case average:
		p.Unit = chart.Seconds
	case rate:
		p.Unit = chart.Percent
	case count:
	}
	for i, c := range g.columns {
		p.Series = append(p.Series, chart.Series{Name: c.name, Tone: g.tones[i]})
	}
	for _, b := range g.buckets {
		point := chart.Point{Label: b.label}
		lines := []string{b.title()}
		for _, c := range g.columns {
			f, v := c.figure(b.Totals), math.NaN()
			if !f.none() {
				v = f.value()
			}
			point.Values = append(point.Values, v)
			lines = append(lines, c.name+": "+f.String())
		}
		point.Title = strings.Join(lines, "\n")
		p.Points = append(p.Points, point)
	}
	return p
}

// desc says of each line where it is highest.
func (g graph) desc() string {
	var parts []string
	for _, c := range g.columns {
		best := -1
		for i, b := range g.buckets {
			if f := c.figure(b.Totals); !f.none() && f.value() > 0 && (best < 0 || f.value() > c.figure(g.buckets[best].Totals).value()) {
				best = i
			}
		}
		if best < 0 {
			parts = append(parts, c.name+": nothing.")
			continue
		}
		parts = append(parts, fmt.Sprintf("%s: highest %s (%s).", c.name, c.figure(g.buckets[best].Totals), g.buckets[best].title()))
	}
	return strings.Join(parts, " ") + " The table below has all numbers."
}

// table is the same in numbers.
func (g graph) table() table {
	t := table{caption: g.title, head: g.step(), columns: g.columns}
	for _, b := range g.buckets {
		t.rows = append(t.rows, row{name: b.title(), Totals: b.Totals,
			narrow: []string{periodField, "", fromField, iso(b.from), toField, iso(b.to)}})
	}
	return t
}

// step is what a point is of.
func (g graph) step() string {
	days := 0
	for _, b := range g.buckets {
		days += b.days()
	}
	switch {
	case days > mostWeeks:
		return "Month"
	case days > mostDays:
		return "Week"
	}
	return "Day"
}
