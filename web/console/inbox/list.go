package inbox

import (
	"net/http"
	"net/url"
	"strings"

	"caseward/internal/desk/access"
	"caseward/internal/desk/cases"
	"caseward/internal/desk/filters"
	"caseward/internal/platform/errs"
	"caseward/web/console/shell"
	"caseward/web/kit"
)

// List is GET /w/{ws}/inbox: a filter, a saved one, or with q a search of all live cases. view looks at it in the other
// view; sort and dir put a built-in filter in another order.
func (p *Pages) List(w http.ResponseWriter, r *http.Request) error {
	v, query := shell.From(r), r.URL.Query()
	if text := strings.TrimSpace(query.Get("q")); text != "" {
		at, err := p.place(r, url.Values{"q": {text}}, nil)
		if err != nil {
			return err
		}
		in := at.input(query)
		in.Sort = searchSort(query)
		found, err := p.search.Cases(r.Context(), v.Actor, text, in)
		if err != nil {
			return err
		}
		return p.render(w, r, newSearchPage(v, at, text, found, query))
	}
	if id, ok := shell.SavedFilterID(query.Get("filter")); ok {
		return p.saved(w, r, id)
	}
	filter, err := p.filter(r)
	if err != nil {
		return err
	}
	if filter == cases.DeletedView {
		return kit.SeeOther(w, r, v.Path("/deleted"))
	}
	at, err := p.place(r, url.Values{"filter": {string(filter)}}, filter.Sorts())
	if err != nil {
		return err
	}
	page, err := p.lists.List(r.Context(), v.Actor, filter, at.input(query))
	if err != nil {
		return err
	}
	return p.render(w, r, newFilterPage(v, at, filter, page, query))
}

// saved shows what a saved filter finds.
func (p *Pages) saved(w http.ResponseWriter, r *http.Request, id filters.ID) error {
	v, query := shell.From(r), r.URL.Query()
	f, err := p.filters.Get(r.Context(), v.Actor, id)
	if errs.Is(err, errs.NotFound) {
		return errs.New(errs.NotFound, "There is no such filter. It may have been deleted; choose another at the left.")
	}
	if err != nil {
		return err
	}
	at, err := p.place(r, url.Values{"filter": {shell.SavedFilter(id)}}, nil)
	if err != nil {
		return err
	}
	in := at.input(query)
	in.Sort = cases.Sort{By: cases.ByActivity} // it is a list like the others, whatever its words
	found, err := p.search.Cases(r.Context(), v.Actor, f.Query, in)
	if err != nil {
		return err
	}
	return p.render(w, r, newSavedPage(v, at, f, found, query))
}

// filter is the one asked for. Who asks for none gets their own cases, or all open ones when they have none.
func (p *Pages) filter(r *http.Request) (cases.Filter, error) {
	filter := cases.Filter(r.URL.Query().Get("filter"))
	switch {
	case filter.Valid():
		return filter, nil
	case filter != "":
		return "", errs.New(errs.NotFound, "There is no such list. Choose one at the left.")
	}
	counts, err := p.lists.Counts(r.Context(), shell.From(r).Actor)
	if err != nil {
		return "", err
	}
	if counts[cases.Mine] > 0 {
		return cases.Mine, nil
	}
	return cases.AllOpen, nil
}

// render shows the page. A live update asks only for the list, and gets it without the frame and its counts.
func (p *Pages) render(w http.ResponseWriter, r *http.Request, page listPage) error {
	if err := p.fill(r, page); err != nil {
		return err
	}
	if kit.IsFragment(r) {
		return kit.Render(w, r, http.StatusOK, list(page))
	}
	frame, err := p.Console(r, shell.Page{Title: page.Title, Current: page.current, Query: page.query, Flush: true})
	if err != nil {
		return err
	}
	return kit.Render(w, r, http.StatusOK, inbox(frame, page))
}

func newFilterPage(v *shell.Visit, at place, filter cases.Filter, page cases.Page, query url.Values) listPage {
	lp := newListPage(v, at, page, query)
	lp.Title, lp.current = filter.Label(), "/inbox?filter="+string(filter)
	lp.Empty = emptyFilter(v, filter)
	if filter == cases.SpamView && v.Actor.Can(access.WorkCases) {
		lp.BlockedHref, lp.mayErase = v.Path("/blocked"), v.Actor.Can(access.EraseSpam)
	}
	return lp
}
