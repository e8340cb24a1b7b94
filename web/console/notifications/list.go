package notifications

import (
	"net/http"
	"net/url"
	"strconv"
	"time"

	"caseward/internal/desk/cases"
	"caseward/internal/desk/notify"
	"caseward/web/console/shell"
	"caseward/web/kit"
	"caseward/web/ui"
)

// listView is the page.
type listView struct {
	base         string // /w/acme/notifications
	src          string // this page, for its live update
	days         []day
	until        string // of the newest shown, in microseconds: what "Mark all as read" reaches to
	unread       bool
	pager        ui.PagerProps
	now          time.Time
	loc          *time.Location
	settingsHref string
}

// day is what was told on one day of the visitor's.
type day struct {
	name string
	rows []row
}

type row struct {
	notify.Notification
	words
	path string // opens it, by POST
}

func (r row) unread() bool { return r.ReadAt == nil }

// List is GET /w/{ws}/notifications.
func (p *Pages) List(w http.ResponseWriter, r *http.Request) error {
	v := shell.From(r)
	page, err := p.notices.List(r.Context(), v.Actor, pageInput(r))
	if err != nil {
		return err
	}
	view := newListView(v, page, r.URL.RequestURI())
	if kit.IsFragment(r) {
		return kit.Render(w, r, http.StatusOK, list(view))
	}
	console, err := p.Console(r, shell.Page{Title: "Notifications", Current: "/notifications"})
	if err != nil {
		return err
	}
	return kit.Render(w, r, http.StatusOK, listPage(console, view))
}

func pageInput(r *http.Request) notify.PageInput {
	in := shell.PageInput(r.URL.Query())
	return notify.PageInput{After: cursor(in.After), Before: cursor(in.Before)}
}

func cursor(c *cases.Cursor) *notify.Cursor {
	if c == nil {
		return nil
	}
	return &notify.Cursor{At: c.At, ID: int64(c.ID)}
}

func newListView(v *shell.Visit, page notify.Page, src string) listView {
	base := v.Path("/notifications")
	view := listView{
		base: base, src: src, now: v.Now, loc: v.Location, settingsHref: v.Path("/settings#notifications"),
		pager: ui.PagerProps{Newer: pageLink(base, "before", page.Newer), Older: pageLink(base, "after", page.Older)},
	}
	for _, n := range page.Rows {
		r := row{Notification: n, words: wordsOf(n), path: base + "/" + strconv.FormatInt(n.ID, 10) + "/open"}
		if pages[n.Kind] != "" {
			r.path += "?" + url.Values{"about": {string(n.Kind)}}.Encode()
		}
		name := dayName(n.CreatedAt.In(v.Location), v.Now.In(v.Location))
		if len(view.days) == 0 || view.days[len(view.days)-1].name != name {
			view.days = append(view.days, day{name: name})
		}
		last := &view.days[len(view.days)-1]
		last.rows = append(last.rows, r)
		view.unread = view.unread || r.unread()
	}
	if len(page.Rows) > 0 {
		view.until = strconv.FormatInt(page.Rows[0].CreatedAt.UnixMicro(), 10)
	}
	return view
}

// dayName is the heading of what was told on a day.
func dayName(at, now time.Time) string {
	switch {
	case sameDay(at, now):
		return "Today"
	case sameDay(at, now.AddDate(0, 0, -1)):
		return "Yesterday"
	case at.Year() == now.Year():
		return at.Format("Monday, 2 January")
	}
	return at.Format("Monday, 2 January 2006")
}

func sameDay(a, b time.Time) bool {
	y1, m1, d1 := a.Date()
	y2, m2, d2 := b.Date()
	return y1 == y2 && m1 == m2 && d1 == d2
}

func pageLink(base, key string, c *notify.Cursor) string {
	if c == nil {
		return ""
	}
	return base + "?" + key + "=" + shell.CursorText(&cases.Cursor{At: c.At, ID: cases.ID(c.ID)})
}
