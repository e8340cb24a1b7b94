package insights

import (
	"errors"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"caseward/internal/desk/access"
	"caseward/internal/desk/insights"
	"caseward/internal/platform/errs"
	"caseward/web/console/shell"
	"caseward/web/kit"
)

// The fields of an address.
const (
	periodField  = "period"
	fromField    = "from"
	toField      = "to"
	zoneField    = "zone"
	queueField   = "queue"
	agentField   = "agent"
	tagField     = "tag"
	deletedField = "deleted"
	autoField    = "auto"
	sortField    = "sort"
	dirField     = "dir"
)

const nobody = "none" // in the field of the agent

// ask is what a page is asked for: a query, and how to show the answer. What makes no sense in an address is an error of
// its field; no numbers are shown then.
type ask struct {
	insights.Query
	form   *kit.Form
	preset string // "": own dates
	zone   *time.Location
	home   string // the zone that is meant where none is named
	apart  bool   // cases closed automatically are told apart
	sort   string // key of a column; "" is the usual order
	of     string // of a list of events: key of what is listed
	rising bool
}

func (a ask) period() period { return period{a.From, a.To} }

// newAsk reads an address.
func newAsk(v *shell.Visit, query url.Values, c choices) ask {
	a := ask{form: kit.NewForm(query), home: v.Location.String()}
	a.Deleted = insights.Deleted(a.oneOf(deletedField, string(insights.Exclude), string(insights.Include), string(insights.Only)))
	a.apart = a.oneOf(autoField, "together", "apart") == "apart"
	a.sort, a.rising = a.form.Text(sortField), a.form.Text(dirField) == "up"
	a.readZone(v)
	a.readPeriod(dateOf(v.Now.In(a.zone)))
	a.Queue = a.readID(queueField, "This queue is not one of this workspace. Choose another.", c.hasQueue)
	a.Tag = a.readID(tagField, "This tag is not one of this workspace, or was removed. Choose another.", c.hasTag)
	if a.form.Text(agentField) == nobody {
		a.Agent = access.MemberID(insights.None)
	} else {
		a.Agent = access.MemberID(a.readID(agentField, "Nobody of this workspace is that agent. Choose somebody else.", c.hasAgent))
	}
	return a
}

// oneOf is a field with few values, of which the first is meant where there is none.
func (a ask) oneOf(field string, values ...string) string {
	text := a.form.Text(field)
	if text == "" {
		return values[0]
	}
	if !slices.Contains(values, text) {
		a.form.Fail(field, "Choose one of the list.")
		return values[0]
	}
	return text
}

func (a ask) readID(field, problem string, known func(int64) bool) int64 {
	text := a.form.Text(field)
	if text == "" {
		return 0
	}
	id, err := strconv.ParseInt(text, 10, 64)
	if err != nil || !known(id) {
		a.form.Fail(field, problem)
		return 0
	}
	return id
}

func (a *ask) readZone(v *shell.Visit) {
	a.zone = v.Location
	if name := a.form.Text(zoneField); name != "" {
		zone, err := time.LoadLocation(name)
		if err != nil || name == "Local" {
			a.form.Fail(zoneField, "“"+name+"” is not a time zone. Choose one of the list.")
		} else {
			a.zone = zone
		}
	}
	a.Zone = a.zone.String()
}

// readPeriod takes own dates where there are any: those of the form beside a preset are own ones when they were changed.
func (a *ask) readPeriod(today insights.Date) {
	a.preset = a.form.Text(periodField)
	p, ok := presetPeriod(a.preset, today)
	if !ok {
		if a.preset != "" {
			a.form.Fail(fromField, "There is no such period. Choose one above, or two days.")
		}
		a.preset = usual
		p, _ = presetPeriod(usual, today)
	}
	a.From, a.To = p.from, p.to
	if !a.form.Has(fromField) && !a.form.Has(toField) {
		return
	}
	from, to := a.date(fromField, p.from), a.date(toField, p.to)
	own := period{from, to}
	switch {
	case a.form.Error(fromField) != "" || a.form.Error(toField) != "" || own == p:
	case noon(to).Before(noon(from)):
		a.form.Fail(fromField, "The first day is after the last. Choose an earlier one.")
	case own.days() > maxDays:
		a.form.Fail(fromField, "At most 366 days can be counted at once. Choose "+noon(plus(to, 1-maxDays)).Format("2 January 2006")+" or later.")
	default:
		a.preset, a.From, a.To = "", from, to
	}
}

// date reads a day; an empty field is the usual one.
func (a ask) date(field string, usual insights.Date) insights.Date {
	text := a.form.Text(field)
	if text == "" {
		return usual
	}
	t, err := time.Parse(isoDate, text)
	switch {
	case err != nil:
		a.form.Fail(field, "Enter a date such as 2026-05-31.")
	case t.Year() < 2000:
		a.form.Fail(field, "Days are counted from 1 January 2000 on. Choose that one or a later one.")
	case t.Year() > 2100:
		a.form.Fail(field, "Days are counted up to 31 December 2100. Choose that one or an earlier one.")
	default:
		return dateOf(t)
	}
	return usual
}

// values is the shortest address that asks for the same, of whatever page.
func (a ask) values() url.Values {
	list := url.Values{}
	set := func(field, value, usual string) {
		if value != usual {
			list.Set(field, value)
		}
	}
	if a.preset == "" {
		list.Set(fromField, iso(a.From))
		list.Set(toField, iso(a.To))
	} else {
		set(periodField, a.preset, usual)
	}
	set(zoneField, a.Zone, a.home)
	set(queueField, strconv.FormatInt(a.Queue, 10), "0")
	set(tagField, strconv.FormatInt(a.Tag, 10), "0")
	set(agentField, agentText(a.Agent), "")
	set(deletedField, string(a.Deleted), string(insights.Exclude))
	if a.apart {
		list.Set(autoField, "apart")
	}
	set(ofField, a.of, "")
	return list
}

func agentText(id access.MemberID) string {
	switch id {
	case 0:
		return ""
	case access.MemberID(insights.None):
		return nobody
	}
	return strconv.FormatInt(int64(id), 10)
}

// short reports whether an address has only what matters; what a form sends beside that is better not kept.
func (a ask) short(query url.Values) bool {
	return !a.form.Valid() || !query.Has(periodField) || !query.Has(fromField)
}

// with is the address of a page with some fields changed; "" leaves one out.
func (a ask) with(v *shell.Visit, to page, changes ...string) string {
	list := a.values()
	for i := 0; i+1 < len(changes); i += 2 {
		list.Del(changes[i])
		if changes[i+1] != "" {
			list.Set(changes[i], changes[i+1])
		}
		if changes[i] == periodField {
			list.Del(fromField)
			list.Del(toField)
		}
	}
	if to != eventsPage {
		list.Del(ofField)
	}
	if len(list) == 0 {
		return v.Path(to.path)
	}
	return v.Path(to.path) + "?" + list.Encode()
}

// absorb makes an error of the field of what the service finds wrong with a zone: there may be no room for another one. Then it
// reports true, and links lead to the workspace's own, for which there is always room.
func (a *ask) absorb(err error, v *shell.Visit) bool {
	invalid, ok := errors.AsType[*errs.Error](err)
	if !ok || invalid.Kind != errs.Invalid || invalid.Fields[zoneField] == "" || a.Zone == v.Workspace.TimeZone {
		return false
	}
	zone, err := time.LoadLocation(v.Workspace.TimeZone)
	if err != nil {
		return false
	}
	a.form.Fail(zoneField, invalid.Fields[zoneField])
	a.zone, a.Zone = zone, v.Workspace.TimeZone
	return true
}

// file names a download: "acme-agents-2026-05-01-to-2026-05-31.csv".
func (a ask) file(v *shell.Visit, p page) string {
	return strings.Join([]string{v.Workspace.Slug, strings.ToLower(p.tab), iso(a.From), "to", iso(a.To)}, "-") + ".csv"
}
