package insights

import (
	"math"

	"caseward/internal/desk/insights"
	"caseward/web/ui"
)

// metric is a number with its name and a sentence that says what it counts.
type metric struct {
	key, name, says string
	better          int  // 1: more is better, -1: less is, 0: neither
	splits          bool // cases closed automatically can be told apart
	of              func(insights.Totals) figure
}

func counting(field func(insights.Totals) int64) func(insights.Totals) figure {
	return func(t insights.Totals) figure { return figure{count, field(t), 0} }
}

var (
	created = metric{key: "created", name: "Created", says: "Cases that came in or were made in the period.",
		of: counting(func(t insights.Totals) int64 { return t.Created })}
	closed = metric{key: "closed", name: "Total Cases Closed", splits: true, better: 1,
		says: "Closings in the period, whenever the case was created. A case that was closed, reopened and closed again counts twice.",
		of:   counting(func(t insights.Totals) int64 { return t.Closed })}
	samePeriod = metric{key: "same-period", name: "Same Period Cases Closed", splits: true, better: 1,
		says: "Closings in the period of cases that were also created in it.",
		of:   counting(func(t insights.Totals) int64 { return t.SamePeriodClosed })}
	completion = metric{key: "completion", name: "Case Completion Rate", splits: true, better: 1,
		says: "Same Period Cases Closed as a share of the cases created in the period. It can pass 100% where cases were closed more than once.",
		of:   func(t insights.Totals) figure { return figure{rate, t.SamePeriodClosed, t.Created} }}
	handleTime = metric{key: "handle-time", name: "Average Handle Time", splits: true, better: -1,
		says: "From a case's creation, or its last reopening, to its closing in the period, on average. A case that was closed due to inactivity counts up to the time of that closing.",
		of:   func(t insights.Totals) figure { return figure{average, t.HandleSeconds, t.Closed} }}
	answered = metric{key: "answered", name: "First Responses",
		says: "Cases that a member answered for the first time in the period.",
		of:   counting(func(t insights.Totals) int64 { return t.FirstResponses })}
	firstResponse = metric{key: "first-response", name: "First Response Time", better: -1,
		says: "From a case's creation to the first answer by a member, on average over the first answers given in the period.",
		of:   func(t insights.Totals) figure { return figure{average, t.FirstResponseSeconds, t.FirstResponses} }}
	reopened = metric{key: "reopened", name: "Reopened", better: -1,
		says: "How often a closed case was opened again in the period, by a member or by its customer's answer.",
		of:   counting(func(t insights.Totals) int64 { return t.Reopened })}
	satisfaction = metric{key: "satisfaction", name: "Satisfaction", better: 1,
		says: "Good ratings as a share of all ratings that customers gave in the period.",
		of:   func(t insights.Totals) figure { return figure{rate, t.RatedGood, t.RatedGood + t.RatedBad} }}
	ratedGood = metric{key: "good", name: "Rated Good", better: 1, says: "Ratings of the period that say Good.",
		of: counting(func(t insights.Totals) int64 { return t.RatedGood })}
	ratedBad = metric{key: "bad", name: "Rated Bad", better: -1, says: "Ratings of the period that say Bad.",
		of: counting(func(t insights.Totals) int64 { return t.RatedBad })}
	rated = metric{key: "rated", name: "Ratings", says: "All ratings that customers gave in the period.",
		of: counting(func(t insights.Totals) int64 { return t.RatedGood + t.RatedBad })}
	deleted = metric{key: "deleted", name: "Deleted", says: "Cases deleted in the period and not restored since. They are counted whatever is chosen for deleted cases.",
		of: counting(func(t insights.Totals) int64 { return t.Deleted })}
	purged = metric{key: "purged", name: "Purged", says: "Deleted cases that were removed for good in the period because their time to be restored had run out.",
		of: counting(func(t insights.Totals) int64 { return t.Purged })}
	erased = metric{key: "erased", name: "Erased", says: "Cases that were removed for good in the period on request, or with their contact.",
		of: counting(func(t insights.Totals) int64 { return t.Erased })}
	spamGone = metric{key: "spam-removed", name: "Spam removed", says: "Cases that were in Spam when they were removed for good in the period. Nothing else of them is counted anywhere.",
		of: counting(func(t insights.Totals) int64 { return t.SpamGone })}
	gone = metric{key: "gone", name: "Gone for good", says: "Purged, erased and spam removed, added up. A case that was merged into another one goes with that one and is not counted again.",
		of: counting(func(t insights.Totals) int64 { return t.Purged + t.Erased + t.SpamGone })}
)

// column is a metric, of all closings or of some.
type column struct {
	metric
	key, name string
	totals    func(insights.Totals) insights.Totals
}

func (c column) figure(t insights.Totals) figure { return c.of(c.totals(t)) }

// columns are the metrics, those that can be told apart twice where that is asked for.
func columns(apart bool, metrics ...metric) (list []column) {
	for _, m := range metrics {
		if !apart || !m.splits {
			list = append(list, column{m, m.key, m.name, everybody})
			continue
		}
		list = append(list, column{m, m.key, m.name + ", by members", byMembers}, column{m, "auto-" + m.key, m.name + ", automatically", automatically})
	}
	return list
}

func everybody(t insights.Totals) insights.Totals { return t }

// automatically leaves of the closings those due to inactivity; byMembers the others.
func automatically(t insights.Totals) insights.Totals {
	t.Closed, t.SamePeriodClosed, t.HandleSeconds = t.AutoClosed, t.AutoSamePeriodClosed, t.AutoHandleSeconds
	return t
}

func byMembers(t insights.Totals) insights.Totals {
	t.Closed -= t.AutoClosed
	t.SamePeriodClosed -= t.AutoSamePeriodClosed
	t.HandleSeconds -= t.AutoHandleSeconds
	return t
}

// change compares a figure with that of the period before.
type change struct {
	text string
	icon ui.IconName // "": neither up nor down
	tone ui.Tone
}

func (m metric) compare(now, before figure) change {
	switch {
	case now.none() && before.none():
		return change{}
	case before.none():
		return change{text: "None in the period before"}
	case now.none():
		return change{text: "In the period before: " + before.String()}
	case now.String() == before.String():
		return change{text: "Same as in the period before"}
	}
	c := change{icon: ui.IconArrowUp, text: m.words(now, before)}
	up := 1
	if now.value() < before.value() {
		c.icon, up = ui.IconArrowDown, -1
	}
	switch m.better * up {
	case 1:
		c.tone = ui.Success
	case -1:
		c.tone = ui.Danger
	}
	return c
}

// words of how much more or less it is. Of zero there is no percent.
func (m metric) words(now, before figure) string {
	gap := now.value() - before.value()
	more := func(up, down string) string {
		if gap > 0 {
			return up
		}
		return down
	}
	was := " than before (" + before.String() + ")"
	if m.unit() == rate {
		return percentPoints(math.Abs(gap)) + more(" higher", " lower") + was
	}
	if before.value() <= 0 || now.value() < 0 {
		return more("Up from ", "Down from ") + before.String()
	}
	by := percent(100 * math.Abs(gap) / before.value())
	if m.unit() == average {
		return by + more(" longer", " shorter") + was
	}
	return by + more(" more", " less") + was
}

func (m metric) unit() unit { return m.of(insights.Totals{}).unit }

func percentPoints(v float64) string {
	text := percent(v)
	return text[:len(text)-1] + " points"
}
