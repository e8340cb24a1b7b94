// Package auditpage shows the audit trail: who did what, on what, when and from where.
package auditpage

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"caseward/internal/desk/access"
	"caseward/internal/desk/audit"
	"caseward/web/console/shell"
	"caseward/web/kit"
	"caseward/web/ui"
)

// Trail is what the page needs of audit.
type Trail interface {
	List(ctx context.Context, actor access.Actor, in audit.PageInput) (audit.Page, error)
}

// Pages are the pages of this package.
type Pages struct {
	*shell.Shell
	trail Trail
}

// New returns the pages.
func New(s *shell.Shell, t Trail) *Pages { return &Pages{s, t} }

type listView struct {
	console ui.ConsoleProps
	lines   []line
	now     time.Time
	loc     *time.Location
	pager   ui.PagerProps
}

// List is GET /w/{ws}/audit. Needs ReadAudit.
func (p *Pages) List(w http.ResponseWriter, r *http.Request) error {
	v := shell.From(r)
	query := r.URL.Query()
	before, _ := strconv.ParseInt(query.Get("before"), 10, 64) // a mangled address shows the first page
	after, _ := strconv.ParseInt(query.Get("after"), 10, 64)
	page, err := p.trail.List(r.Context(), v.Actor, audit.PageInput{Before: before, After: after})
	if err != nil {
		return err
	}
	console, err := p.Console(r, shell.Page{Title: "Audit trail", Current: "/audit"})
	if err != nil {
		return err
	}
	view := listView{console: console, now: v.Now, loc: v.Location}
	for _, l := range page.Lines {
		view.lines = append(view.lines, newLine(v, l))
	}
	view.pager = ui.PagerProps{Newer: link(v, "after", page.Newer), Older: link(v, "before", page.Older)}
	return kit.Render(w, r, http.StatusOK, listPage(view))
}

func link(v *shell.Visit, key string, id int64) string {
	if id == 0 {
		return ""
	}
	return v.Path("/audit?" + key + "=" + strconv.FormatInt(id, 10))
}
