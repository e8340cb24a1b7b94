package inbox

import (
	"cmp"
	"net/url"
	"slices"

	"caseward/internal/desk/cases"
	"caseward/internal/desk/field"
	"caseward/internal/desk/member"
	"caseward/web/console/shell"
)

// place is which list an address names, and how it is looked at.
type place struct {
	base   url.Values // filter=, or q= for a search
	usual  member.View
	view   member.View // the usual one unless the address says otherwise
	sort   cases.Sort  // of the Table view
	offers []cases.SortKey
	fields []field.Field // custom ones that the Table view can show
}

// placeOf reads an address. offers are the orders that the list has; what the address says beyond them does not count.
func placeOf(v *shell.Visit, base, query url.Values, offers []cases.SortKey) place {
	p := place{base: base, usual: v.DefaultView, view: v.DefaultView, offers: offers}
	if view := member.View(query.Get("view")); view == member.Full || view == member.Table {
		p.view = view
	}
	if by := cases.SortKey(query.Get("sort")); p.table() && p.has(by) {
		p.sort = cases.Sort{By: by, Asc: query.Get("dir") == "asc"}
	}
	if p.sort == (cases.Sort{By: cases.ByActivity}) {
		p.sort = cases.Sort{}
	}
	return p
}

func (p place) table() bool { return p.view == member.Table }

// tableSize is how many rows a page of the Table view has, which fits twice as many on a screen.
const tableSize = 50

// input is the page that the address asks for.
func (p place) input(query url.Values) cases.PageInput {
	in := shell.PageInput(query)
	in.Sort = p.sort
	if p.table() {
		in.Size = tableSize
	}
	return in
}

// self is the query of the list's first page, as it is looked at.
func (p place) self() url.Values {
	q := copyOf(p.base)
	if p.view != p.usual {
		q.Set("view", string(p.view))
	}
	if p.sort != (cases.Sort{}) {
		q.Set("sort", string(cmp.Or(p.sort.By, cases.ByActivity)))
		if p.sort.Asc {
			q.Set("dir", "asc")
		}
	}
	return q
}

// seen is the place looked at in another view.
func (p place) seen(view member.View) place {
	p.view, p.sort = view, cases.Sort{}
	return p
}

// sorted is the place in the order that a press on a column's head brings: by that column, the newest or highest first;
// where it is in that order already, the other way round.
func (p place) sorted(by cases.SortKey) place {
	p.sort = cases.Sort{By: by, Asc: p.by() == by && !p.sort.Asc}
	if p.sort == (cases.Sort{By: cases.ByActivity}) {
		p.sort = cases.Sort{}
	}
	return p
}

// has reports whether there is a choice of orders and this is one of them.
func (p place) has(by cases.SortKey) bool { return len(p.offers) > 1 && slices.Contains(p.offers, by) }

func (p place) by() cases.SortKey { return cmp.Or(p.sort.By, cases.ByActivity) }

func copyOf(values url.Values) url.Values {
	c := url.Values{}
	for key, list := range values {
		c[key] = list
	}
	return c
}
