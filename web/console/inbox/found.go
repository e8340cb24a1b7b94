package inbox

import (
	"cmp"
	"net/url"
	"slices"
	"strconv"
	"unicode/utf8"

	"caseward/internal/desk/access"
	"caseward/internal/desk/cases"
	"caseward/internal/desk/filters"
	"caseward/internal/desk/search"
	"caseward/internal/platform/words"
	"caseward/web/console/shell"
	"caseward/web/ui"
)

// searchSort is the order that an address asks for; none when nobody chose.
func searchSort(query url.Values) cases.Sort {
	by := cases.SortKey(query.Get("sort"))
	if by != cases.ByMatch && by != cases.ByActivity {
		return cases.Sort{}
	}
	return cases.Sort{By: by}
}

func newSearchPage(v *shell.Visit, at place, text string, found search.Result, query url.Values) listPage {
	if len(found.Sorts) > 1 {
		// The next pages have to be in the order of this one, even if nobody chose it.
		at.base = copyOf(at.base)
		at.base.Set("sort", string(found.Sort.By))
		at.sort = found.Sort // so that no head of the table says otherwise
	}
	lp := newFoundPage(v, at, text, found, query)
	lp.Title, lp.query = "Search", text
	lp.SaveHref = v.Path("/filters/new?" + url.Values{"q": {text}}.Encode())
	lp.Orders = orders(v, at, found)
	lp.Empty = emptySearch(v, found)
	if found.Capped {
		lp.Notes = append(lp.Notes, "More than 1,000 cases match. The best of the newest 1,000 are shown.")
	}
	return lp
}

// orders lead to what was found in either order, from the first page.
func orders(v *shell.Visit, at place, found search.Result) (links []orderLink) {
	if len(found.Sorts) < 2 || len(found.Rows) == 0 {
		return nil
	}
	labels := map[cases.SortKey]string{cases.ByMatch: "Best match", cases.ByActivity: "Newest"}
	for _, by := range found.Sorts {
		here := at.self()
		here.Set("sort", string(by))
		links = append(links, orderLink{labels[by], v.Path("/inbox?" + here.Encode()), by == found.Sort.By})
	}
	return links
}

func newSavedPage(v *shell.Visit, at place, f filters.Filter, found search.Result, query url.Values) listPage {
	lp := newFoundPage(v, at, f.Query, found, query)
	lp.bulkFields = bulkFields(lp.Back, url.Values{"q": {f.Query}})
	lp.Title, lp.Searched, lp.current = f.Name, f.Query, "/inbox?filter="+shell.SavedFilter(f.ID)
	if !f.Shared() || v.Actor.Can(access.ManageSettings) {
		lp.ChangeHref = v.Path("/filters/" + strconv.FormatInt(int64(f.ID), 10))
	}
	if lp.Empty = emptySaved(v); found.Nothing {
		lp.Empty = emptySearch(v, found)
	}
	return lp
}

// newFoundPage is what pages of a search and of a saved one share.
func newFoundPage(v *shell.Visit, at place, text string, found search.Result, query url.Values) listPage {
	lp := newListPage(v, at, found.Page, query)
	for i, r := range lp.Rows {
		if hit, ok := found.Hits[r.ID]; ok {
			lp.Rows[i].hit = hit
			lp.Rows[i].ExcerptKind = cmp.Or(hit.Kind, r.ExcerptKind)
		}
	}
	for _, note := range found.Notes {
		lp.Problems = append(lp.Problems, ui.NoticeProps{Tone: ui.Info, Text: note.Text, Quote: quote(found.Query, note.Start, note.End), Permanent: true})
	}
	for _, problem := range found.Problems {
		lp.Problems = append(lp.Problems, ui.NoticeProps{Tone: ui.Warning, Text: problem.Text, Quote: quote(found.Query, problem.Start, problem.End), Permanent: true})
	}
	if found.Deleted.Count > 0 || found.Deleted.Of > 0 {
		lp.DeletedText = deletedText(found.Deleted)
		lp.DeletedHref = v.Path("/inbox?" + url.Values{"q": {text + " status:deleted"}}.Encode())
	}
	if lp.SpamText = spamText(found.Spam); lp.SpamText != "" {
		lp.SpamHref = v.Path("/inbox?" + url.Values{"q": {text + " status:spam"}}.Encode())
	}
	return lp
}

// quoteContext is how much of the query is shown on either side of a piece, in bytes.
const quoteContext = 60

// quote is the query with the piece marked that a problem is about.
func quote(query string, start, end int) []words.Piece {
	if start >= end || end > len(query) {
		return nil
	}
	before, after := query[:start], query[end:]
	if cut := len(before) - quoteContext; cut > 0 {
		for !utf8.RuneStart(before[cut]) {
			cut++
		}
		before = "…" + before[cut:]
	}
	if cut := quoteContext; cut < len(after) {
		for !utf8.RuneStart(after[cut]) {
			cut--
		}
		after = after[:cut] + "…"
	}
	return slices.DeleteFunc([]words.Piece{{Text: before}, {Text: query[start:end], Hit: true}, {Text: after}}, func(p words.Piece) bool { return p.Text == "" })
}

func deletedText(d search.Deleted) string {
	matches := strconv.Itoa(d.Count) + " deleted cases match."
	switch {
	case d.More:
		return "More than " + matches
	case d.Of > 0 && d.Count == 0:
		return "None of the newest " + strconv.Itoa(d.Of) + " deleted cases matches."
	case d.Of > 0:
		return "Of the newest " + strconv.Itoa(d.Of) + " deleted cases, " + strconv.Itoa(d.Count) + " match."
	case d.Count == 1:
		return "1 deleted case matches."
	}
	return matches
}

func spamText(s search.Spam) string {
	switch {
	case s.Uncounted:
		return "Cases in Spam may match, too."
	case s.More:
		return "More than " + strconv.Itoa(s.Count) + " cases in Spam match."
	case s.Count == 0:
		return ""
	case s.Count == 1:
		return "1 case in Spam matches."
	}
	return strconv.Itoa(s.Count) + " cases in Spam match."
}

// subject, contact and excerpt are the row's texts, with what was searched for.
func (r row) subject() []words.Piece { return marked(r.hit.Subject, r.Subject) }
func (r row) contact() []words.Piece { return marked(r.hit.Contact, r.ContactName) }
func (r row) excerpt() []words.Piece { return marked(r.hit.Excerpt, r.Excerpt) }

func marked(hit []words.Piece, text string) []words.Piece {
	if hit == nil {
		return []words.Piece{{Text: text}}
	}
	return hit
}
