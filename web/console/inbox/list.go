package inbox

import (
	"net/http"
	"net/url"
	"strings"

	"caseward/internal/desk/cases"
	"caseward/internal/desk/search"
	"caseward/internal/platform/errs"
	"caseward/web/console/shell"
	"caseward/web/kit"
)

// List is GET /w/{ws}/inbox: a filter, or with q a search of all live cases.
func (p *Pages) List(w http.ResponseWriter, r *http.Request) error {
	v, query := shell.From(r), r.URL.Query()
	if text := strings.TrimSpace(query.Get("q")); text != "" {
		found, err := p.search.Cases(r.Context(), v.Actor, text, shell.PageInput(query))
		if err != nil {
			return err
		}
		return p.render(w, r, newSearchPage(v, text, found, query))
	}
	filter, err := p.filter(r)
	if err != nil {
		return err
	}
	if filter == cases.DeletedView {
		return kit.SeeOther(w, r, v.Path("/deleted"))
	}
	page, err := p.lists.List(r.Context(), v.Actor, filter, shell.PageInput(query))
	if err != nil {
		return err
	}
	return p.render(w, r, newFilterPage(v, filter, page, query))
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
	if kit.IsFragment(r) {
		return kit.Render(w, r, http.StatusOK, list(page))
	}
	frame, err := p.Console(r, shell.Page{Title: page.Title, Current: page.current, Query: page.query, Flush: true})
	if err != nil {
		return err
	}
	return kit.Render(w, r, http.StatusOK, inbox(frame, page))
}

func newFilterPage(v *shell.Visit, filter cases.Filter, page cases.Page, query url.Values) listPage {
	lp := newListPage(v, page, url.Values{"filter": {string(filter)}}, query)
	lp.Title, lp.current = filter.Label(), "/inbox?filter="+string(filter)
	lp.Empty = emptyFilter(v, filter)
	return lp
}

func newSearchPage(v *shell.Visit, text string, found search.Result, query url.Values) listPage {
	lp := newListPage(v, found.Page, url.Values{"q": {text}}, query)
	lp.Title, lp.query, lp.Problems = "Search", text, found.Problems
	lp.Empty = emptySearch(v)
	if n := found.DeletedMatches; n > 0 {
		lp.DeletedText = deletedText(n)
		lp.DeletedHref = v.Path("/inbox?" + url.Values{"q": {text + " status:deleted"}}.Encode())
	}
	return lp
}
