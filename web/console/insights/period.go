package insights

import (
	"time"

	"caseward/internal/desk/insights"
)

// maxDays is the longest period that can be asked for.
const maxDays = 366

// period is both days and all between.
type period struct{ from, to insights.Date }

// preset is a period that moves with the calendar.
type preset struct{ key, label string }

const usual = "30"

func presets() []preset {
	return []preset{{"7", "Last 7 days"}, {"30", "Last 30 days"}, {"90", "Last 90 days"}, {"month", "This month"}, {"last-month", "Last month"}}
}

// presetPeriod is the period of that name on a day; ok is false where there is none.
func presetPeriod(key string, today insights.Date) (p period, ok bool) {
	first := insights.Date{Year: today.Year, Month: today.Month, Day: 1}
	switch key {
	case "7":
		return period{plus(today, -6), today}, true
	case "30":
		return period{plus(today, -29), today}, true
	case "90":
		return period{plus(today, -89), today}, true
	case "month":
		return period{first, today}, true
	case "last-month":
		last := plus(first, -1)
		return period{insights.Date{Year: last.Year, Month: last.Month, Day: 1}, last}, true
	}
	return p, false
}

// noon is a moment on the day for arithmetic and words; it is of no zone.
func noon(d insights.Date) time.Time { return time.Date(d.Year, d.Month, d.Day, 12, 0, 0, 0, time.UTC) }

func dateOf(t time.Time) insights.Date {
	return insights.Date{Year: t.Year(), Month: t.Month(), Day: t.Day()}
}

func plus(d insights.Date, days int) insights.Date { return dateOf(noon(d).AddDate(0, 0, days)) }

// days counts both ends.
func (p period) days() int { return int(noon(p.to).Sub(noon(p.from))/(24*time.Hour)) + 1 }

// before is the period of the same length that ends the day before.
func (p period) before() period { return period{plus(p.from, -p.days()), plus(p.from, -1)} }

// String is "24 October – 22 November 2026".
func (p period) String() string {
	from, to := noon(p.from), noon(p.to)
	switch {
	case p.from == p.to:
		return to.Format("2 January 2006")
	case from.Year() != to.Year():
		return from.Format("2 January 2006") + " – " + to.Format("2 January 2006")
	case from.Month() != to.Month():
		return from.Format("2 January") + " – " + to.Format("2 January 2006")
	}
	return from.Format("2") + "–" + to.Format("2 January 2006")
}

const isoDate = "2006-01-02"

func iso(d insights.Date) string { return noon(d).Format(isoDate) }

// bucket is what one point of a chart and one row of its table are about.
type bucket struct {
	period
	label string // short
	insights.Totals
}

// How many days a chart shows one by one, and how many by the week; more it shows by the month.
const (
	mostDays  = 45
	mostWeeks = 26 * 7
)

// buckets puts days together so that a chart of them can be read.
func buckets(days []insights.Day) (list []bucket) {
	for _, d := range days {
		at := noon(d.Date)
		begins, label := true, at.Format("2 Jan")
		switch {
		case len(days) > mostWeeks:
			begins, label = at.Day() == 1, monthLabel(at, len(list) == 0)
		case len(days) > mostDays:
			begins = at.Weekday() == time.Monday
		}
		if begins || len(list) == 0 {
			list = append(list, bucket{period: period{d.Date, d.Date}, label: label})
		}
		b := &list[len(list)-1]
		b.to = d.Date
		b.Totals = add(b.Totals, d.Totals)
	}
	return list
}

// monthLabel names the year once, and again where it changes.
func monthLabel(t time.Time, first bool) string {
	if first || t.Month() == time.January {
		return t.Format("Jan 06")
	}
	return t.Format("Jan")
}

// title is the bucket in full: "Sunday, 3 May 2026", "4–10 May 2026".
func (b bucket) title() string {
	switch {
	case b.from == b.to:
		return noon(b.from).Format("Monday, 2 January 2006")
	case b.from.Day == 1 && plus(b.to, 1).Day == 1:
		return noon(b.from).Format("January 2006")
	}
	return b.String()
}

func add(a, b insights.Totals) insights.Totals {
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
