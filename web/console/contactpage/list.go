package contactpage

import (
	"net/http"
	"slices"
	"strconv"
	"time"

	"caseward/internal/desk/access"
	"caseward/internal/desk/contact"
	"caseward/web/console/shell"
	"caseward/web/kit"
	"caseward/web/ui"
)

type listView struct {
	console   ui.ConsoleProps
	visit     *shell.Visit
	tab       contact.Tab
	tabs      []ui.Tab
	sort      contact.Sort
	query     string
	page      contact.Page
	pager     ui.PagerProps
	now       time.Time
	loc       *time.Location
	mayManage bool
	mayWork   bool

	suspensions map[contact.ID]contact.Suspension // of the Suspended tab
}

// List is GET /w/{ws}/contacts, with tab, sort (of the tab All), q, after and before.
func (p *Pages) List(w http.ResponseWriter, r *http.Request) error {
	v, query := shell.From(r), r.URL.Query()
	in := contact.ListInput{Tab: contact.Tab(query.Get("tab")), Query: query.Get("q")}
	if !slices.Contains(contact.Tabs(), in.Tab) {
		in.Tab = contact.All
	}
	if in.Tab == contact.All && contact.Sort(query.Get("sort")) == contact.ByName {
		in.Sort = contact.ByName
	}
	if in.Before = cursor(query.Get("before")); in.Before == nil {
		in.After = cursor(query.Get("after"))
	}
	page, err := p.contacts.List(r.Context(), v.Actor, in)
	if err != nil {
		return err
	}
	counts, err := p.contacts.Counts(r.Context(), v.Actor)
	if err != nil {
		return err
	}
	view := listView{visit: v, tab: in.Tab, sort: in.Sort, query: in.Query, page: page, now: v.Now, loc: v.Location, mayManage: v.Actor.Can(access.ManageContacts), mayWork: v.Actor.Can(access.WorkCases)}
	if in.Tab == contact.Suspended {
		if view.suspensions, err = p.suspensionsOf(r.Context(), v.Actor, page.Rows); err != nil {
			return err
		}
	}
	for _, t := range contact.Tabs() {
		view.tabs = append(view.tabs, ui.Tab{Label: t.Label(), Href: listPath(v, "tab", string(t), "sort", string(in.Sort), "q", in.Query), Count: shell.CountText(counts[t]), Current: t == in.Tab})
	}
	view.pager = ui.PagerProps{Newer: view.pagePath("before", page.Newer), Older: view.pagePath("after", page.Older)}
	if in.Sort == contact.ByName {
		view.pager.NewerLabel, view.pager.OlderLabel = "Previous", "Next"
	}
	if view.console, err = p.Console(r, shell.Page{Title: "Contacts", Current: "/contacts"}); err != nil {
		return err
	}
	return kit.Render(w, r, http.StatusOK, listPage(view))
}

// pagePath is "" for a page that there is not.
func (v listView) pagePath(key string, c *contact.Cursor) string {
	if c == nil {
		return ""
	}
	return listPath(v.visit, "tab", string(v.tab), "sort", string(v.sort), "q", v.query, key, cursorText(c))
}

// lead says who is listed and in which order.
func (v listView) lead() string {
	if v.sort == contact.ByName {
		return "The people who write to this workspace, by name."
	}
	return "The people who write to this workspace, the newest first."
}

func (v listView) path(s contact.Summary) string { return contactPath(v.visit, s.ID, "") }

// empty says why there is nobody, and what to do.
func (v listView) empty() ui.EmptyStateProps {
	switch {
	case v.query != "":
		return ui.EmptyStateProps{Icon: ui.IconSearch, Title: "Nobody found",
			Text: "No contact of this list has these words in the name or an address, or such a telephone number. Beginnings of words are enough; the other lists are searched with the tabs above."}
	case v.tab == contact.Deleted:
		return ui.EmptyStateProps{Icon: ui.IconTrash2, Title: "No deleted contacts",
			Text: "A contact that somebody deletes waits here. It can be restored at any time, or deleted forever."}
	case v.tab == contact.Suspended:
		return ui.EmptyStateProps{Icon: ui.IconBan, Title: "No suspended contacts",
			Text: "Mail of suspended contacts is blocked. Marking a case as spam suspends who sent it."}
	}
	return ui.EmptyStateProps{Icon: ui.IconUsers, Title: "No contacts yet",
		Text: "Everybody who writes to this workspace becomes a contact by themselves."}
}

// openText is the number of open cases as the list shows it.
func openText(n int) string {
	if n > contact.CasesCap {
		return strconv.Itoa(contact.CasesCap) + "+"
	}
	return strconv.Itoa(n)
}
