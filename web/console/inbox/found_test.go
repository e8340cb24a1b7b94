package inbox_test

import (
	"net/url"
	"strings"
	"testing"

	"caseward/internal/desk/access"
	"caseward/internal/desk/cases"
	"caseward/internal/desk/member"
	"caseward/internal/desk/search"
	"caseward/internal/platform/words"
)

func TestASearchSaysWhatItLeftOutAndWhere(t *testing.T) {
	t.Parallel()
	f := &fake{found: search.Result{Query: "refund <x>:y", Problems: []search.Problem{{Text: "“x:” is not something to search by.", Start: 7, End: 12}}, Deleted: search.Deleted{Count: 3}}}
	page := site(t, f, nil).Get("/w/acme/inbox?filter=mine&q=refund+<x>:y").Want(200).
		Has("No case matches", "“x:” is not something to search by.", "3 deleted cases match.", "Search help")
	if f.text != "refund <x>:y" {
		t.Errorf("searched for %q", f.text)
	}
	same(t, "the piece", []string{"<x>:y"}, texts(page, ".notice-quote mark"))
	same(t, "the query", []string{"refund <x>:y"}, texts(page, ".notice-quote code"))
	if href := page.Links("Search deleted cases").AttrOr("href", ""); href != "/w/acme/inbox?q=refund+%3Cx%3E%3Ay+status%3Adeleted" {
		t.Errorf("deleted cases are searched at %s", href)
	}
	if v := page.Doc.Find("input[type=search]").AttrOr("value", ""); v != "refund <x>:y" {
		t.Errorf("the search field says %q", v)
	}
}

func TestASearchOfWhichNothingMadeSenseSaysSo(t *testing.T) {
	t.Parallel()
	f := &fake{found: search.Result{Query: "status:lost", Problems: []search.Problem{{Text: "Choose.", Start: 7, End: 11}}, Nothing: true}}
	site(t, f, nil).Get("/w/acme/inbox?q=status:lost").Want(200).Has("Nothing was searched", "Choose.").Lacks("No case matches", "All words have to occur")
}

func TestALongQueryIsQuotedAroundThePiece(t *testing.T) {
	t.Parallel()
	text := strings.Repeat("größe ", 40) + "is:late" + strings.Repeat(" größe", 40)
	start := strings.Index(text, "late")
	f := &fake{found: search.Result{Query: text, Problems: []search.Problem{{Text: "Choose.", Start: start, End: start + 4}, {Text: "Too long.", Start: len(text), End: len(text)}}}}
	page := site(t, f, nil).Get("/w/acme/inbox?q=x").Want(200)
	quoted := texts(page, ".notice-quote code")
	if len(quoted) != 1 || len(quoted[0]) > 160 || !strings.HasPrefix(quoted[0], "…") || !strings.HasSuffix(quoted[0], "…") || strings.Contains(quoted[0], "\uFFFD") {
		t.Errorf("quoted: %q", quoted)
	}
}

func TestDeletedMatchesAreCountedHonestly(t *testing.T) {
	t.Parallel()
	for want, deleted := range map[string]search.Deleted{
		"1 deleted case matches.":                       {Count: 1},
		"3 deleted cases match.":                        {Count: 3},
		"More than 1000 deleted cases match.":           {Count: 1000, More: true},
		"Of the newest 200 deleted cases, 2 match.":     {Count: 2, Of: 200},
		"None of the newest 200 deleted cases matches.": {Of: 200},
	} {
		site(t, &fake{found: search.Result{Deleted: deleted}}, nil).Get("/w/acme/inbox?q=x").Want(200).Has(want, "Search deleted cases")
	}
	site(t, &fake{}, nil).Get("/w/acme/inbox?q=x").Want(200).Lacks("deleted case", "Search deleted cases", "Search spam")
	for want, spam := range map[string]search.Spam{"1 case in Spam matches.": {Count: 1}, "2 cases in Spam match.": {Count: 2}, "Cases in Spam may match, too.": {Uncounted: true}} {
		page := site(t, &fake{found: search.Result{Spam: spam}}, nil).Get("/w/acme/inbox?q=is:held").Want(200).Has(want)
		if at := page.Links("Search spam").AttrOr("href", ""); at != "/w/acme/inbox?q=is%3Aheld+status%3Aspam" {
			t.Errorf("the link leads to %s", at)
		}
	}
}

func TestRowsShowWhatWasFound(t *testing.T) {
	t.Parallel()
	hit := search.Hit{
		Subject: []words.Piece{{Text: "Refund", Hit: true}, {Text: " for order 7781-B"}},
		Contact: []words.Piece{{Text: "Maria Stone"}},
		Excerpt: []words.Piece{{Text: "…please <b>"}, {Text: "refund", Hit: true}, {Text: "</b> it"}},
		Kind:    "note",
	}
	f := &fake{found: search.Result{Page: cases.Page{Rows: []cases.Summary{one()}}, Hits: map[cases.ID]search.Hit{5: hit}}}
	s := site(t, f, nil)
	page := s.Get("/w/acme/inbox?q=refund").Want(200).Has("…please <b>refund</b> it", "Note:").Lacks("The parcel arrived late")
	same(t, "marks", []string{"Refund", "refund"}, texts(page, "mark"))
	if page.Links("Refund for order 7781-B").Length() != 1 {
		t.Error("the subject is no link")
	}
	s.Member.DefaultView = member.Table
	same(t, "marks of the table", []string{"Refund"}, texts(s.Get("/w/acme/inbox?q=refund").Want(200), "mark"))
	f.found.Hits = nil
	if s.Get("/w/acme/inbox?q=%237").Want(200).Has("Refund for order 7781-B").Doc.Find("mark").Length() != 0 {
		t.Error("a search without words has marks")
	}
}

func TestOrdersOfASearch(t *testing.T) {
	t.Parallel()
	f := &fake{found: search.Result{Page: cases.Page{Rows: []cases.Summary{one()}, Older: &cases.Cursor{At: one().SortAt, ID: 5, Rank: 9}},
		Sort: cases.Sort{By: cases.ByMatch}, Sorts: []cases.SortKey{cases.ByMatch, cases.ByActivity}, Capped: true}}
	s := site(t, f, nil)
	page := s.Get("/w/acme/inbox?q=late").Want(200).Has("The best of the newest 1,000 are shown.")
	if f.in.Sort.By == cases.ByMatch || f.in.Sort.By == cases.ByActivity {
		t.Errorf("nobody chose an order, and it is %q", f.in.Sort.By)
	}
	same(t, "the order", []string{"Best match"}, texts(page, ".order-switch [aria-current]"))
	next := page.Links("Next").AttrOr("href", "")
	if u, err := url.Parse(next); err != nil || u.Query().Get("sort") != "match" || !strings.HasSuffix(u.Query().Get("after"), "-5-9") {
		t.Errorf("the next page is at %s", next)
	}
	if s.Get(next).Want(200); f.in.Sort.By != cases.ByMatch || f.in.After == nil || f.in.After.Rank != 9 {
		t.Errorf("the next page is read by %v", f.in)
	}
	if s.Get(page.Links("Newest").AttrOr("href", "")).Want(200); f.in.Sort.By != cases.ByActivity || f.in.After != nil {
		t.Errorf("the newest are read by %v", f.in)
	}
	f.found.Sorts = []cases.SortKey{cases.ByActivity}
	s.Get("/w/acme/inbox?q=status:open").Want(200).Lacks("Best match")
}

func TestCompletion(t *testing.T) {
	t.Parallel()
	f := &fake{offers: search.Completion{Replace: "sta", Options: []search.Option{{Insert: "status:", Label: "status:", Detail: "Status"}}}}
	page := site(t, f, nil).Get("/w/acme/search/complete?before=refund+sta").Want(200)
	if f.before != "refund sta" {
		t.Errorf("asked for %q", f.before)
	}
	option := page.Doc.Find("[role=listbox][data-replace=sta] [role=option]")
	if option.Length() != 1 || option.AttrOr("data-insert", "") != "status:" || page.Doc.Find("html nav").Length() != 0 {
		t.Error(page.Text())
	}
}

func TestTheHelpExplainsTheLanguage(t *testing.T) {
	t.Parallel()
	s := site(t, &fake{}, nil)
	page := s.As(access.Owner).Get("/w/acme/search/help").Want(200).Has("status:deleted", "spam, deleted", "Words that begin so")
	for _, k := range search.Keys() {
		if href := page.Links(k.Example).AttrOr("href", ""); href != "/w/acme/inbox?q="+url.QueryEscape(k.Example) {
			t.Errorf("%s is at %q", k.Example, href)
		}
	}
	if page.Doc.Find("[data-dialog-content]").Length() != 1 {
		t.Error("the help cannot be shown as a dialog")
	}
	s.As(access.Viewer).Get("/w/acme/search/help").Want(200).Lacks("status:deleted", "spam, deleted")
}
