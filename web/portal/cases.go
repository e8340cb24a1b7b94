package portal

import (
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"caseward/internal/desk/cases"
	"caseward/web/kit"
	"caseward/web/ui"
)

type casesView struct {
	public ui.PublicProps
	visit  *visit
	closed bool
	page   cases.OwnPage
}

// List is GET /help/{ws}/cases, with status=closed the closed ones.
func (p *Pages) List(w http.ResponseWriter, r *http.Request) error {
	query := r.URL.Query()
	in := cases.PageInput{After: cursor(query.Get("after"))}
	if before := cursor(query.Get("before")); before != nil {
		in = cases.PageInput{Before: before}
	}
	closed := query.Get("status") == "closed"
	page, err := p.cases.Cases(r.Context(), actor(r), closed, in)
	if err != nil {
		return err
	}
	return kit.Render(w, r, http.StatusOK, casesPage(casesView{public: p.public(r, "Your cases", "/cases"), visit: from(r), closed: closed, page: page}))
}

// cursorText writes a place in the list as addresses have it.
func cursorText(c *cases.Cursor) string { return fmt.Sprintf("%d-%d", c.At.UnixMicro(), c.ID) }

// cursor returns nil for what cursorText did not write: a mangled address shows the first page.
func cursor(text string) *cases.Cursor {
	at, id, _ := strings.Cut(text, "-")
	micros, err := strconv.ParseInt(at, 10, 64)
	if err != nil {
		return nil
	}
	n, err := strconv.ParseInt(id, 10, 64)
	if err != nil {
		return nil
	}
	return &cases.Cursor{At: time.UnixMicro(micros).UTC(), ID: cases.ID(n)}
}

func (v casesView) tabs() []ui.Tab {
	return []ui.Tab{
		{Label: "Open", Href: v.visit.path("/cases"), Current: !v.closed},
		{Label: "Closed", Href: v.visit.path("/cases?status=closed"), Current: v.closed},
	}
}

func (v casesView) pager() ui.PagerProps {
	to := func(way string, c *cases.Cursor) string {
		if c == nil {
			return ""
		}
		query := url.Values{way: {cursorText(c)}}
		if v.closed {
			query.Set("status", "closed")
		}
		return v.visit.path("/cases?" + query.Encode())
	}
	return ui.PagerProps{Newer: to("before", v.page.Newer), Older: to("after", v.page.Older)}
}

func (v casesView) heading() string {
	if v.closed {
		return "No closed cases"
	}
	return "No open cases"
}

func (v casesView) empty() string {
	if v.closed {
		return "What is solved is kept here, for you to look up."
	}
	return "Nothing of yours is waiting for an answer."
}

// state is how far a case is, in the words of who asked.
func state(s cases.Status) (label string, tone ui.Tone) {
	switch s {
	case cases.Pending:
		return "Waiting for your answer", ui.Warning
	case cases.OnHold:
		return "On hold", ui.Neutral
	case cases.Closed:
		return "Closed", ui.Neutral
	case cases.Open:
		return "We are working on it", ui.Info
	}
	return "We are working on it", ui.Info
}
