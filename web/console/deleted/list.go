package deleted

import (
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"caseward/internal/desk/access"
	"caseward/internal/desk/cases"
	"caseward/internal/desk/hold"
	"caseward/internal/desk/retention"
	"caseward/internal/platform/errs"
	"caseward/web/console/shell"
	"caseward/web/kit"
	"caseward/web/ui"
)

// listView is the page; each row knows what may be done with its case.
type listView struct {
	console        ui.ConsoleProps
	base           string // /w/acme/deleted
	keptText       string
	searchHref     string
	restoreAllHref string          // the bulk update of all
	settingsHref   string          // "" for those who may not change it
	allHref        string          // this page with every case selected, or none: works without JavaScript
	all            bool            // every case is selected
	stopped        *ui.NoticeProps // the removal is; nil: it goes on
	now            time.Time
	loc            *time.Location
	rows           []row
	pager          ui.PagerProps
}

type row struct {
	cases.Summary
	path      string // of the case
	back      string // this page of the list
	decision  retention.Decision
	holds     []hold.Standing // the next to be reviewed first
	left      string          // of a stopped countdown, "5 days"; "" when the case has none
	mayAsk    bool
	canReturn bool // no request stands in the way of a restore
	selected  bool
}

// erasing says that staff have approved the request: nothing can be done any more.
func (r row) erasing() bool {
	return r.ErasureRequestedAt != nil && r.decision.State == retention.RequestApproved
}

// waiting says that the request can still be withdrawn.
func (r row) waiting() bool { return r.ErasureRequestedAt != nil && !r.erasing() }

func (r row) refused() bool {
	return r.ErasureRequestedAt == nil && r.decision.State == retention.RequestRefused
}

// until says how the case is on hold, which its mark does not.
func (r row) until() string {
	if r.holds[0].Itself() {
		return "until it is released"
	}
	return r.holds[0].Sentence()
}

func (r row) number() string { return strconv.FormatInt(int64(r.Number), 10) }

func (r row) reason() string {
	switch {
	case r.DeleteReason == nil:
		return r.DeleteReasonText
	case *r.DeleteReason == cases.ReasonOther && r.DeleteReasonText != "":
		return r.DeleteReasonText
	case r.DeleteReasonText != "":
		return string(*r.DeleteReason) + ": " + r.DeleteReasonText
	}
	return string(*r.DeleteReason)
}

func (r row) contact() string {
	if r.ContactName != "" {
		return r.ContactName
	}
	return r.ContactEmail
}

// List is GET /w/{ws}/deleted. Needs RestoreCases.
func (p *Pages) List(w http.ResponseWriter, r *http.Request) error {
	v := shell.From(r)
	page, err := p.cases.List(r.Context(), v.Actor, cases.DeletedView, shell.PageInput(r.URL.Query()))
	if err != nil {
		return err
	}
	ids := make([]cases.ID, len(page.Rows))
	for i, c := range page.Rows {
		ids[i] = c.ID
	}
	decisions, err := p.requests.Decisions(r.Context(), v.Actor, ids)
	if err != nil && !errs.Is(err, errs.Forbidden) { // the right to restore is enough for the page
		return err
	}
	holds, err := p.holds.OfCases(r.Context(), v.Actor, ids)
	if err != nil {
		return err
	}
	stop, err := p.purge.Stopped(r.Context(), v.Actor)
	if err != nil {
		return err
	}
	console, err := p.Console(r, shell.Page{Title: "Deleted cases", Current: "/deleted"})
	if err != nil {
		return err
	}
	view := newListView(v, console, page, decisions)
	view.stopped = StoppedNotice(v, stop)
	for i, row := range view.rows {
		view.rows[i].holds = holds[row.ID]
	}
	view.offerAll(r.URL.Query())
	return kit.Render(w, r, http.StatusOK, listPage(view))
}

// offerAll lets who has no JavaScript select every case of the page: by its address.
func (v *listView) offerAll(query url.Values) {
	v.all = query.Get("select") == "all"
	for i := range v.rows {
		v.rows[i].selected = v.all && v.rows[i].canReturn
	}
	query.Del("select")
	if !v.all {
		query.Set("select", "all")
	}
	v.allHref = v.base + "?" + query.Encode()
}

// selectable counts the cases that can be selected.
func (v listView) selectable() (n int) {
	for _, r := range v.rows {
		if r.canReturn {
			n++
		}
	}
	return n
}

func newListView(v *shell.Visit, console ui.ConsoleProps, page cases.Page, decisions map[cases.ID]retention.Decision) listView {
	view := listView{
		console: console, base: v.Path("/deleted"), keptText: keptText(v.Workspace.RetentionDays),
		restoreAllHref: v.Path("/bulk/new?" + url.Values{"all": {"1"}, "filter": {string(cases.DeletedView)}, "do": {string(cases.RestoreMany)}, "next": {v.Path("/deleted")}}.Encode()),
		searchHref:     v.Path("/inbox?q=" + url.QueryEscape("status:deleted")),
		now:            v.Now, loc: v.Location,
	}
	if v.Actor.Can(access.ManageSettings) {
		view.settingsHref = v.Path("/admin/cases/retention")
	}
	view.pager = ui.PagerProps{Newer: pageLink(view.base, "before", page.Newer), Older: pageLink(view.base, "after", page.Older)}
	for _, c := range page.Rows {
		r := row{
			Summary: c, path: v.Path("/cases/" + strconv.FormatInt(int64(c.Number), 10)), back: console.Path,
			decision: decisions[c.ID], mayAsk: v.Actor.Can(access.RequestErasure), canReturn: c.ErasureRequestedAt == nil,
		}
		if c.PurgeLeft != nil {
			r.left = ui.Span(*c.PurgeLeft)
		}
		view.rows = append(view.rows, r)
	}
	return view
}

// keptText explains the workspace's retention; a case that was deleted under another setting says so in its row.
func keptText(days *int) string {
	switch {
	case days == nil:
		return "Deleted cases are kept until their permanent deletion is requested. Until then, restoring one brings it back exactly as it was."
	case *days == 1:
		return "Deleted cases are kept for 1 day, then removed for good. Until then, restoring one brings it back exactly as it was."
	}
	return fmt.Sprintf("Deleted cases are kept for %d days, then removed for good. Until then, restoring one brings it back exactly as it was.", *days)
}

func pageLink(base, key string, c *cases.Cursor) string {
	if c == nil {
		return ""
	}
	return base + "?" + key + "=" + shell.CursorText(c)
}
