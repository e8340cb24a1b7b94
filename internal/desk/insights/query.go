package insights

import (
	"strconv"
	"time"

	"caseward/internal/platform/errs"
)

// maxDays is the longest period.
const maxDays = 366

func (d Date) time() time.Time { return time.Date(d.Year, d.Month, d.Day, 0, 0, 0, 0, time.UTC) }

func dateOf(t time.Time) Date {
	year, month, day := t.Date()
	return Date{year, month, day}
}

// valid reports whether there is such a day, within what people work in and PostgreSQL knows.
func (d Date) valid() bool { return d.Year >= 1900 && d.Year < 10000 && dateOf(d.time()) == d }

// check completes the query, or says what is wrong with it.
func (q *Query) check() error {
	if q.Deleted == "" {
		q.Deleted = Exclude
	}
	from, to := q.From.time(), q.To.time()
	switch {
	case !q.From.valid():
		return errs.Field("from", "Enter a day that exists.")
	case !q.To.valid():
		return errs.Field("to", "Enter a day that exists.")
	case to.Before(from):
		return errs.Field("to", "The period ends before it begins. Choose a later day.")
	case daysBetween(from, to) > maxDays:
		return errs.Field("to", "Choose a period of at most 366 days.")
	case q.Deleted != Exclude && q.Deleted != Include && q.Deleted != Only:
		return errs.Field("deleted", "Choose whether deleted cases are left out, counted too, or counted alone.")
	}
	if _, err := time.LoadLocation(q.Zone); err != nil || q.Zone == "Local" {
		return errs.Field("zone", "Choose a time zone from the list.")
	}
	return nil
}

func (by Dimension) check() error {
	if by.grain() == 0 {
		return errs.Field("by", "Choose queue, agent or tag.")
	}
	return nil
}

// daysBetween counts both.
func daysBetween(from, to time.Time) int { return int(to.Sub(from)/(24*time.Hour)) + 1 }

// The grains in which days are counted, see insight_days.
const (
	grainQueue = 1
	grainAgent = 2
	grainTag   = 4
)

func (by Dimension) grain() int {
	return map[Dimension]int{ByQueue: grainQueue, ByAgent: grainAgent, ByTag: grainTag}[by]
}

// grain is the one that knows what the query asks for.
func (q Query) grain() (g int) {
	if q.Queue != 0 {
		g |= grainQueue
	}
	if q.Agent != 0 {
		g |= grainAgent
	}
	if q.Tag != 0 {
		g |= grainTag
	}
	return g
}

// classes are the values of the column removed that count.
func (q Query) classes() []bool {
	return map[Deleted][]bool{Exclude: {false}, Include: {false, true}, Only: {true}}[q.Deleted]
}

// before is the first day of the period before.
func (q Query) before() time.Time {
	return q.From.time().AddDate(0, 0, -daysBetween(q.From.time(), q.To.time()))
}

// days lists the days from the first to the last.
func days(first, last time.Time) (list []time.Time) {
	for d := first; !d.After(last); d = d.AddDate(0, 0, 1) {
		list = append(list, d)
	}
	return list
}

// columns are those of insight_days by which the query chooses, beside the grain and the day. Of what it does not ask for there
// is one row, that of all; by is left open, unless the query has one of it.
func (q Query) columns(by Dimension) (where string, args []any) {
	for _, c := range []struct {
		name  string
		of    Dimension
		value int64
	}{{"tag_id", ByTag, q.Tag}, {"queue_id", ByQueue, q.Queue}, {"agent_id", ByAgent, int64(q.Agent)}} {
		if c.of == by && c.value == 0 {
			continue
		}
		args = append(args, c.value)
		where += " and " + c.name + " = $" + strconv.Itoa(firstColumn+len(args)-1)
	}
	return where, args
}

// firstColumn is the number of the first argument that columns adds.
const firstColumn = 7
