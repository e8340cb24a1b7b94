package insights

import (
	"cmp"
	"context"
	"encoding/csv"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"caseward/internal/desk/access"
	"caseward/internal/desk/insights"
	"caseward/internal/platform/sheet"
	"caseward/web/kit"
	"caseward/web/ui"
)

// table is rows of figures, for a page and for a file.
type table struct {
	caption  string
	head     string // what the rows are
	columns  []column
	rows     []row
	total    *row // below the others
	sortable bool
}

// row is one line. In a file its name may be spelled otherwise: a day as a date.
type row struct {
	name, fileName string
	href           string   // what it leads to; "": nothing
	narrow         []string // fields of an address and values that ask for this row alone; nil: it cannot be asked for
	insights.Totals
}

// days makes the table of a page of the days of the period, one by one; the page itself shows them by buckets.
func days(metrics ...metric) fill {
	return func(_ context.Context, v *view) error {
		v.table = table{caption: v.page.title + " by day", head: "Day", columns: columns(v.ask.apart, metrics...)}
		for _, d := range v.report.Days {
			v.table.rows = append(v.table.rows, row{fileName: iso(d.Date), Totals: d.Totals})
		}
		return nil
	}
}

// groups makes the table of a page of queues, agents or tags.
func (p *Pages) groups(by insights.Dimension, metrics ...metric) fill {
	return func(ctx context.Context, v *view) error {
		list, err := p.reports.Groups(ctx, v.visit.Actor, v.ask.Query, by)
		if err != nil {
			return err
		}
		v.table = table{caption: v.page.title, head: heads[by], columns: columns(v.ask.apart, metrics...), sortable: true}
		list = slices.DeleteFunc(list, func(g insights.Group) bool { return v.table.blank(g.Totals) })
		gone := 0
		for _, g := range list {
			if g.Name == "" && g.ID != insights.None {
				gone++
			}
		}
		for _, g := range list {
			v.table.rows = append(v.table.rows, v.groupRow(by, g, gone > 1))
		}
		v.table.sort(v.ask.sort, v.ask.rising)
		if by == insights.ByQueue || by == insights.ByAgent && v.visit.Actor.Can(access.CompareAgents) {
			v.table.total = &row{name: "All", narrow: []string{}, Totals: v.report.Totals}
		}
		return nil
	}
}

var heads = map[insights.Dimension]string{insights.ByQueue: "Queue", insights.ByAgent: "Agent", insights.ByTag: "Tag"}

// What rows are called that have no name.
var (
	noneNames = map[insights.Dimension]string{insights.ByQueue: "No queue", insights.ByAgent: "Nobody assigned", insights.ByTag: "No tag"}
	goneNames = map[insights.Dimension]string{insights.ByQueue: "Removed queue", insights.ByAgent: "Former member", insights.ByTag: "Removed tag"}
)

// groupRow leads to the overview of a group, where that can be asked for. Several removed ones are told apart by number.
func (v *view) groupRow(by insights.Dimension, g insights.Group, several bool) row {
	r := row{name: g.Name, Totals: g.Totals}
	id := idText(g.ID)
	switch {
	case g.ID == insights.None:
		if r.name = noneNames[by]; by == insights.ByAgent {
			r.narrow = []string{agentField, nobody}
		}
	case g.Name == "":
		if r.name = goneNames[by]; several {
			r.name += " " + id
		}
	default:
		r.narrow = []string{string(by), id}
	}
	if r.narrow != nil {
		r.href = v.ask.with(v.visit, overviewPage, r.narrow...)
	}
	r.fileName = r.name
	return r
}

// sort puts the rows in order: by a column the largest first, by name from A. Rows without a figure come last.
func (t *table) sort(key string, rising bool) {
	if len(t.columns) == 0 {
		return
	}
	byName := func(a, b row) int { return cmp.Compare(strings.ToLower(a.name), strings.ToLower(b.name)) }
	if key == nameKey {
		slices.SortStableFunc(t.rows, func(a, b row) int {
			if rising {
				return byName(b, a)
			}
			return byName(a, b)
		})
		return
	}
	c := t.sortColumn(key)
	slices.SortStableFunc(t.rows, func(a, b row) int {
		x, y := c.figure(a.Totals), c.figure(b.Totals)
		if x.none() || y.none() {
			return cmp.Or(compareBool(x.none(), y.none()), byName(a, b))
		}
		order := cmp.Compare(y.value(), x.value())
		if rising {
			order = -order
		}
		return cmp.Or(order, byName(a, b))
	})
}

const nameKey = "name"

func (t *table) sortColumn(key string) column {
	if i := slices.IndexFunc(t.columns, func(c column) bool { return c.key == key }); i >= 0 {
		return t.columns[i]
	}
	return t.columns[0]
}

func compareBool(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return 1
	}
	return -1
}

// blank reports whether none of the columns has anything of these totals, which may be of other events.
func (t *table) blank(of insights.Totals) bool {
	return !slices.ContainsFunc(t.columns, func(c column) bool {
		f := c.figure(of)
		return !f.none() && (f.num != 0 || f.den != 0)
	})
}

// largest is the largest figure of the first column, against which bars are drawn.
func (t *table) largest() (n int64) {
	for _, r := range t.rows {
		n = max(n, t.columns[0].figure(r.Totals).num)
	}
	return n
}

// downloadFor is how long a file may take on its way.
const downloadFor = time.Minute

// send answers with the table as a file (RFC 4180).
func (t *table) send(w http.ResponseWriter, name string, narrowing []stated) error {
	kit.BeginDownload(w, name, "text/csv; charset=utf-8", downloadFor)
	_, _ = w.Write([]byte("\ufeff")) // by which Excel knows that it is UTF-8
	out := csv.NewWriter(w)
	out.UseCRLF = true
	for _, record := range t.records(narrowing) {
		_ = out.Write(record) // the client may have left; there is nobody to tell
	}
	out.Flush()
	return nil
}

// stated is a column of a file with the same value in each row: what its numbers are of, also where files are put together.
type stated struct{ head, value string }

// narrowing is what the numbers are of, beside their days.
func (v *view) narrowing() (list []stated) {
	add := func(head string, options []ui.Option, value string) {
		i := slices.IndexFunc(options, func(o ui.Option) bool { return o.Value == value })
		if i >= 0 && value != "" {
			list = append(list, stated{head, options[i].Label})
		}
	}
	if v.page != removalPage {
		list = append(list, stated{"Deleted cases", map[insights.Deleted]string{insights.Exclude: "Left out", insights.Include: "Counted", insights.Only: "Only these"}[v.ask.Deleted]})
	}
	add("Only queue", v.choices.queueOptions(), positive(v.ask.Queue))
	add("Only agent", v.choices.agentOptions(), agentText(v.ask.Agent))
	add("Only tag", v.choices.tagOptions(v.ask.Tag), positive(v.ask.Tag))
	return append(list, stated{"Time zone", v.ask.Zone})
}

// records are the rows of the file. Durations stand there twice: in seconds, to calculate with, and as people read them.
func (t *table) records(narrowing []stated) [][]string {
	header := []string{t.head}
	for _, c := range t.columns {
		switch c.unit() {
		case average:
			header = append(header, c.name+" (seconds)", c.name)
		case rate:
			header = append(header, c.name+" (%)")
		case count:
			header = append(header, c.name)
		}
	}
	for _, n := range narrowing {
		header = append(header, n.head)
	}
	list := [][]string{header}
	for _, r := range t.rows {
		record := []string{sheet.Guard(r.fileName)}
		for _, c := range t.columns {
			record = append(record, c.figure(r.Totals).cells()...)
		}
		for _, n := range narrowing {
			record = append(record, sheet.Guard(n.value))
		}
		list = append(list, record)
	}
	return list
}

// cells are a figure in a file; what is none is empty there.
func (f figure) cells() []string {
	switch {
	case f.unit == count:
		return []string{strconv.FormatInt(f.num, 10)}
	case f.unit == rate && f.none():
		return []string{""}
	case f.unit == rate:
		return []string{strconv.FormatFloat(f.value(), 'f', 1, 64)}
	case f.none():
		return []string{"", ""}
	}
	return []string{strconv.FormatFloat(f.value(), 'f', 0, 64), f.String()}
}
