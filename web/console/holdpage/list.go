package holdpage

import (
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"caseward/internal/desk/cases"
	"caseward/internal/desk/contact"
	"caseward/internal/desk/hold"
	"caseward/internal/platform/errs"
	"caseward/web/console/shell"
	"caseward/web/kit"
	"caseward/web/ui"
)

// listView is the page of the holds that stand, or of those that were released.
type listView struct {
	console  ui.ConsoleProps
	visit    *shell.Visit
	tabs     []ui.Tab
	released bool
	rows     []hold.Hold
	pager    ui.PagerProps
	form     *kit.Form
	now      time.Time
	loc      *time.Location
}

// List is GET /w/{ws}/admin/holds, with show=released and after. Needs ManageHolds.
func (p *Pages) List(w http.ResponseWriter, r *http.Request) error {
	return p.list(w, r, http.StatusOK, r.URL.Query(), kit.NewForm(nil))
}

func (p *Pages) list(w http.ResponseWriter, r *http.Request, status int, query url.Values, form *kit.Form) error {
	v := shell.From(r)
	view := listView{visit: v, released: query.Get("show") == "released", form: form, now: v.Now, loc: v.Location}
	var err error
	var next *hold.Place
	if view.rows, next, err = p.holds.List(r.Context(), v.Actor, view.released, place(query.Get("after"))); err != nil {
		return err
	}
	view.tabs = []ui.Tab{
		{Label: "Standing", Href: v.Path(root), Current: !view.released},
		{Label: "Released", Href: v.Path(root + "?show=released"), Current: view.released},
	}
	if next != nil {
		keys := url.Values{"after": {placeText(*next)}}
		if view.released {
			keys.Set("show", "released")
		}
		view.pager.Older = v.Path(root + "?" + keys.Encode())
	}
	if view.console, err = p.Console(r, shell.Page{Title: "Legal holds", Current: "/admin"}); err != nil {
		return err
	}
	return kit.Render(w, r, status, listPage(view))
}

func placeText(p hold.Place) string { return fmt.Sprintf("%d-%d", p.At.UnixMicro(), p.ID) }

// place returns nil for what placeText did not write: a mangled address shows the first page.
func place(text string) *hold.Place {
	var micro, id int64
	if n, err := fmt.Sscanf(text, "%d-%d", &micro, &id); err != nil || n != 2 {
		return nil
	}
	return &hold.Place{At: time.UnixMicro(micro).UTC(), ID: hold.ID(id)}
}

// find is the path of the case or contact that somebody means; "" where there is none.
func (p *Pages) find(r *http.Request, what string) (string, error) {
	v := shell.From(r)
	if n, err := strconv.ParseInt(strings.TrimPrefix(what, "#"), 10, 64); err == nil && n > 0 {
		_, err := p.cases.Get(r.Context(), v.Actor, cases.Number(n))
		if errs.Is(err, errs.NotFound) || errs.Is(err, errs.Gone) {
			return "", nil
		}
		return "/cases/" + text(n), err
	}
	if !strings.Contains(what, "@") {
		return "", nil
	}
	for _, tab := range []contact.Tab{contact.All, contact.Deleted} {
		page, err := p.contacts.List(r.Context(), v.Actor, contact.ListInput{Tab: tab, Query: what})
		if err != nil {
			return "", err
		}
		for _, c := range page.Rows {
			for _, address := range c.Emails {
				if strings.EqualFold(address, what) {
					return "/contacts/" + text(c.ID), nil
				}
			}
		}
	}
	return "", nil
}

func (v listView) path(h hold.Hold) string {
	if h.CaseNumber != 0 {
		return v.visit.Path("/cases/" + text(h.CaseNumber))
	}
	return v.visit.Path("/contacts/" + text(h.ContactID))
}

func (v listView) release(h hold.Hold) string {
	return v.visit.Path(root + "/" + text(h.ID) + "/release")
}

// waits are the lines of a hold that say what waits.
func (v listView) waits(h hold.Hold) []string {
	list := waits(h, v.now, v.loc)
	if text := asked(h); text != "" {
		list = append(list, text)
	}
	return list
}

// heading is what a hold is on, as the row is called.
func heading(h hold.Hold) string {
	if h.CaseNumber != 0 {
		return h.CaseSubject
	}
	return called(h)
}
