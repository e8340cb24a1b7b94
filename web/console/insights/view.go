package insights

import (
	"context"
	"fmt"
	"net/http"

	"github.com/a-h/templ"

	"caseward/internal/desk/insights"
	"caseward/web/console/shell"
	"caseward/web/kit"
	"caseward/web/ui"
)

// view is what a page shows.
type view struct {
	visit   *shell.Visit
	console ui.ConsoleProps
	page    page
	ask     ask
	choices choices
	report  insights.Report
	other   insights.Totals // of the other side of the switch: of deleted cases, or of all where only those are asked for
	table   table
	events  events
}

// fill adds to a view what its page is about.
type fill func(ctx context.Context, v *view) error

// show answers with a page, or its table as a file. All that it reads is of one moment.
func (p *Pages) show(w http.ResponseWriter, r *http.Request, to page, more fill, body func(*view) templ.Component) error {
	v := &view{visit: shell.From(r), page: to}
	err := p.Snapshot(r, func(ctx context.Context) error {
		if err := p.count(ctx, r, v); err != nil {
			return err
		}
		if v.ask.form.Valid() {
			if err := more(ctx, v); err != nil {
				return err
			}
		}
		var err error
		v.console, err = p.Console(r.WithContext(ctx), shell.Page{Title: to.title, Current: overviewPage.path})
		return err
	})
	if err != nil {
		return err
	}
	switch {
	case !v.ask.form.Valid():
		return kit.Render(w, r, http.StatusUnprocessableEntity, frame(v, body(v)))
	case !v.ask.short(r.URL.Query()):
		return kit.SeeOther(w, r, v.sorted(v.ask.sort, v.ask.rising))
	case r.URL.Query().Get("format") == "csv" && v.report.Counting: // a file does not say that it is not complete
		return kit.SeeOther(w, r, v.sorted(v.ask.sort, v.ask.rising))
	case r.URL.Query().Get("format") == "csv" && len(v.table.columns) > 0:
		return v.table.send(w, v.ask.file(v.visit, to), v.narrowing())
	}
	return kit.Render(w, r, http.StatusOK, frame(v, body(v)))
}

// count asks for the totals of both sides of the switch, so that the page can say what it makes of them; for none where a part
// of what is asked for makes no sense.
func (p *Pages) count(ctx context.Context, r *http.Request, v *view) (err error) {
	if v.choices, err = p.load(ctx, v.visit); err != nil {
		return err
	}
	v.ask = newAsk(v.visit, r.URL.Query(), v.choices)
	if v.page == eventsPage {
		v.ask.Deleted, v.ask.apart = insights.Exclude, false // nothing else is listed
	}
	if !v.ask.form.Valid() {
		return nil
	}
	v.report, err = p.reports.Report(ctx, v.visit.Actor, v.ask.Query)
	if v.ask.absorb(err, v.visit) {
		return nil
	}
	if err != nil {
		return err
	}
	against := v.ask.Query
	against.Deleted = insights.Only
	if v.ask.Deleted == insights.Only {
		against.Deleted = insights.Include
	}
	other, err := p.reports.Report(ctx, v.visit.Actor, against)
	v.other = other.Totals
	return err
}

// explain says what is counted, and what that leaves out.
func (v *view) explain() string {
	events := func(t insights.Totals) string {
		return plural(t.Closed, "closing") + " and " + plural(t.Created, "creation")
	}
	switch {
	case v.page == removalPage:
		return "Everything that was removed is counted here, whatever is chosen for deleted cases. A restored case does not count as deleted any more."
	case v.ask.Deleted == insights.Include:
		return fmt.Sprintf("Deleted cases are counted: %s of cases that are deleted, or gone for good, are in these numbers.", events(v.other))
	case v.ask.Deleted == insights.Only:
		return fmt.Sprintf("Only cases that are deleted, or gone for good, are counted: %s of %s in all.", events(v.report.Totals), events(v.other))
	case v.other.Closed == 0 && v.other.Created == 0:
		return "Deleted cases are left out. In this period that makes no difference: none of the closings and creations was of one."
	}
	return fmt.Sprintf("Deleted cases are left out: %s of cases that are deleted, or gone for good, are not in these numbers.", events(v.other))
}

func plural(n int64, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return thousands(n) + " " + thing + "s"
}

// upTo says to which moment events are counted, with the day where that is not today.
func (v *view) upTo() string {
	at, now := v.report.CountedTo.In(v.ask.zone), v.visit.Now.In(v.ask.zone)
	switch {
	case v.report.CountedTo.IsZero():
		return "Nothing was counted yet."
	case at.Format(isoDate) == now.Format(isoDate):
		return "Counted up to " + at.Format("15:04") + "."
	}
	return "Counted up to " + at.Format("2 January 2006, 15:04") + "."
}

// nothing reports whether nothing at all happened in the period.
func (v *view) nothing() bool {
	t := v.report.Totals
	if v.page == removalPage {
		return t.Deleted+t.Purged+t.Erased+t.SpamGone == 0
	}
	return t == insights.Totals{}
}

// narrowed reports whether not everything is asked for.
func (v *view) narrowed() bool {
	return v.ask.Queue != 0 || v.ask.Agent != 0 || v.ask.Tag != 0 || v.ask.Deleted == insights.Only
}

func (v *view) here(changes ...string) string { return v.ask.with(v.visit, v.page, changes...) }

// sorted is the address of this page in another order.
func (v *view) sorted(key string, rising bool) string {
	if key == "" {
		return v.here()
	}
	dir := ""
	if rising {
		dir = "up"
	}
	return v.here(sortField, key, dirField, dir)
}

func (v *view) csvHref() string {
	changes := []string{"format", "csv", sortField, v.ask.sort}
	if v.ask.rising {
		changes = append(changes, dirField, "up")
	}
	return v.here(changes...)
}

func (v *view) tabs() (list []ui.Tab) {
	for _, p := range pages() {
		list = append(list, ui.Tab{Label: p.tab, Href: v.ask.with(v.visit, p), Current: p == v.page})
	}
	return list
}

// tagProps says where the tags are that there is no room for in a list.
func (v *view) tagProps() ui.FieldProps {
	p := v.field(tagField, "Tag", positive(v.ask.Tag))
	if n := len(v.choices.tags); n > mostTags {
		p.Hint = fmt.Sprintf("The first %d of %s. The page Tags leads to the others.", mostTags, thousands(int64(n)))
	}
	return p
}

// field fills a field of the form with what is in force, or with what was typed where that is wrong.
func (v *view) field(name, label, value string) ui.FieldProps {
	p := v.ask.form.Field(name, label)
	if p.Error == "" {
		p.Value = value
	}
	return p
}
