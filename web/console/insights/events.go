package insights

import (
	"context"
	"net/http"
	"slices"
	"strconv"
	"time"

	"caseward/internal/desk/cases"
	"caseward/internal/desk/insights"
	"caseward/web/console/shell"
)

// The fields of the address of a list of events, beside those of all pages.
const (
	ofField    = "of"
	afterField = "after"
	caseField  = "case"
)

// listed are the metrics of which every event can be listed. Their keys are kinds of events.
func listed() []metric { return []metric{created, closed, reopened, answered, ratedGood, ratedBad} }

// events is what a number counts, case by case.
type events struct {
	of    metric
	list  []insights.Event
	older string // address of the next page; ""
	later bool   // it is not the first page
}

// Events is GET /w/{ws}/insights/events, fields of, and after and case, where a page goes on. Only live cases are listed. Needs
// ReadCases too.
func (p *Pages) Events(w http.ResponseWriter, r *http.Request) error {
	return p.show(w, r, eventsPage, func(ctx context.Context, v *view) error {
		query := r.URL.Query()
		i := slices.IndexFunc(listed(), func(m metric) bool { return m.key == query.Get(ofField) })
		v.events.of = listed()[max(i, 0)]
		v.ask.of = v.events.of.key
		after := placeOf(query.Get(afterField), query.Get(caseField))
		list, more, err := p.reports.Events(ctx, v.visit.Actor, v.ask.Query, insights.EventKind(v.ask.of), after)
		if more != nil {
			v.events.older = v.here(afterField, more.At.Format(time.RFC3339Nano), caseField, strconv.FormatInt(int64(more.CaseID), 10))
		}
		v.events.list, v.events.later = list, after != nil
		return err
	}, eventsBody)
}

// placeOf reads where a page goes on; nonsense is the beginning.
func placeOf(at, of string) *insights.Place {
	moment, err := time.Parse(time.RFC3339Nano, at)
	id, failed := strconv.ParseInt(of, 10, 64)
	if err != nil || failed != nil {
		return nil
	}
	return &insights.Place{At: moment, CaseID: cases.ID(id)}
}

// eventsHref leads from a number to what it counts, of what changes narrow it to; "" where that cannot be listed: of what is not
// counted one by one, of cases that are gone, and of a part of the closings.
func (v *view) eventsHref(c column, changes ...string) string {
	able := slices.ContainsFunc(listed(), func(m metric) bool { return m.key == c.key })
	if !able || c.name != c.metric.name || v.ask.Deleted != insights.Exclude {
		return ""
	}
	return v.ask.with(v.visit, eventsPage, append([]string{ofField, c.key}, changes...)...)
}

// events leads from a cell to what it counts.
func (t *table) events(v *view, c column, r row) string {
	if v == nil || r.narrow == nil {
		return ""
	}
	return v.eventsHref(c, r.narrow...)
}

// firstEvents leads back to the newest; "" there.
func (v *view) firstEvents() string {
	if !v.events.later {
		return ""
	}
	return v.here()
}

func caseHref(v *shell.Visit, n cases.Number) string {
	return v.Path("/cases/" + strconv.FormatInt(int64(n), 10))
}
