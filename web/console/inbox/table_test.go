package inbox_test

import (
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"
	"github.com/google/go-cmp/cmp"

	"caseward/internal/desk/access"
	"caseward/internal/desk/cases"
	"caseward/internal/desk/filters"
	"caseward/internal/desk/member"
	"caseward/internal/desk/search"
	"caseward/web/webtest"
)

// texts are what the elements of a selector say.
func texts(page *webtest.Page, selector string) []string {
	return page.Doc.Find(selector).Map(func(_ int, s *goquery.Selection) string { return strings.Join(strings.Fields(s.Text()), " ") })
}

func same(t *testing.T, what string, want, got any) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

func TestTheTableHasTheColumnsThatWereChosen(t *testing.T) {
	t.Parallel()
	row := one()
	inbound := webtest.Now().Add(-3 * time.Hour)
	row.CreatedAt, row.Channel, row.LastInboundAt = webtest.Now().Add(-48*time.Hour), cases.ByPortal, &inbound
	s := site(t, &fake{page: cases.Page{Rows: []cases.Summary{row}}}, nil)
	s.Member.Columns = []member.Column{member.TagsColumn, member.SubjectColumn, member.WaitingColumn, member.ChannelColumn, member.CreatedColumn}
	page := s.Get("/w/acme/inbox?filter=open&view=table").Want(200)
	same(t, "heads", []string{"Select", "Tags", "Subject", "Waiting since", "Channel", "Created", "Actions"}, texts(page, ".casetable thead th"))
	same(t, "cells", []string{"abcde", "Unread: Refund for order 7781-B", "3 hours ago", "Portal", "2 days ago"}, texts(page, ".casetable tbody tr > *")[1:6])
	if page.Doc.Find(".casetable tbody th[scope=row]").Length() != 1 {
		t.Error("no cell names the row")
	}
}

func TestCustomFieldsAreColumns(t *testing.T) {
	t.Parallel()
	f := &fake{page: cases.Page{Rows: []cases.Summary{one()}}}
	s := site(t, f, nil)
	s.Member.Columns = []member.Column{member.SubjectColumn, member.FieldColumn(8), member.FieldColumn(9), member.FieldColumn(77)}
	page := s.Get("/w/acme/inbox?filter=open&view=table").Want(200).Lacks("Old one")
	same(t, "heads", []string{"Select", "Subject", "Bought on", "Actions"}, texts(page, ".casetable thead th"))
	same(t, "cells", []string{"1 May 2026"}, texts(page, ".casetable tbody .col-field"))
	same(t, "offered", []string{"Subject", "Bought on", "Number"}, texts(page, ".columns-item label")[:3])
	s.Post("/w/acme/inbox/columns", url.Values{"order": {"field:8", "subject"}, "column": {"field:8"}}).Want(303)
	same(t, "chosen", []member.Column{member.FieldColumn(8), member.SubjectColumn}, f.columns)
	s.Get("/w/acme/search/help").Want(200).Has("bought:2026-05-01", "Bought on.").Lacks("Old one")
}

func TestHeadsSortWhereTheListHasThatOrder(t *testing.T) {
	t.Parallel()
	f := &fake{page: cases.Page{Rows: []cases.Summary{one()}, Older: &cases.Cursor{At: webtest.Now(), ID: 5, Rank: 4}}}
	s := site(t, f, nil)
	s.Member.DefaultView = member.Table
	page := s.Get("/w/acme/inbox?filter=open").Want(200)
	same(t, "sorted", []string{"Last activity"}, texts(page, "th[aria-sort=descending]"))
	same(t, "offered", []string{"Number", "Priority", "Last activity"}, texts(page, "thead a"))

	page = s.Get(page.Links("Priority").AttrOr("href", "")).Want(200)
	same(t, "asked for", cases.Sort{By: cases.ByPriority}, f.in.Sort)
	same(t, "sorted by priority", []string{"Priority"}, texts(page, "th[aria-sort=descending]"))
	s.Get(page.Links("Next").AttrOr("href", "")).Want(200)
	same(t, "the next page", cases.PageInput{After: &cases.Cursor{At: webtest.Now(), ID: 5, Rank: 4}, Size: 50, Sort: cases.Sort{By: cases.ByPriority}}, f.in)
	page = s.Get(page.Links("Priority").AttrOr("href", "")).Want(200)
	same(t, "once more", cases.Sort{By: cases.ByPriority, Asc: true}, f.in.Sort)
	same(t, "sorted upwards", []string{"Priority"}, texts(page, "th[aria-sort=ascending]"))
	if from := page.Links("Refund for order 7781-B").AttrOr("href", ""); !strings.Contains(from, url.QueryEscape("dir=asc&filter=open&sort=priority")) {
		t.Errorf("the case at %s does not lead back to the sorted list", from)
	}

	page = s.Get("/w/acme/inbox?filter=closed&sort=priority").Want(200)
	same(t, "closed cases have no order by priority", cases.Sort{}, f.in.Sort)
	same(t, "closed offers", []string{"Last activity"}, texts(page, "thead a"))
	f.found = search.Result{Page: f.page, Sort: cases.Sort{By: cases.ByMatch}, Sorts: []cases.SortKey{cases.ByMatch, cases.ByActivity}}
	page = s.Get("/w/acme/inbox?q=refund").Want(200)
	same(t, "the best match is in no column", 0, page.Doc.Find("th[aria-sort]").Length())
	f.found = search.Result{Page: f.page}
	page = s.Get("/w/acme/inbox?q=refund&sort=number").Want(200)
	same(t, "a search has one order", cases.Sort{}, f.in.Sort)
	same(t, "a search offers", 0, page.Doc.Find("thead a").Length())
	s.Get("/w/acme/inbox?filter=open&sort=number&view=full").Want(200)
	same(t, "the Full view has no heads to see an order by", cases.PageInput{}, f.in)
}

func TestTheOtherViewIsForThisOnce(t *testing.T) {
	t.Parallel()
	s := site(t, &fake{page: cases.Page{Rows: []cases.Summary{one()}, Older: one().Cursor()}}, nil)
	page := s.Get("/w/acme/inbox?filter=open").Want(200)
	if page.Doc.Find(".casetable").Length() != 0 || page.Doc.Find(".case-rows").Length() != 1 {
		t.Error("the default view is not shown")
	}
	page = s.Get(page.Links("Table view").AttrOr("href", "")).Want(200)
	if page.Doc.Find(".casetable").Length() != 1 {
		t.Error("the other view is not shown")
	}
	if older := page.Links("Older").AttrOr("href", ""); !strings.Contains(older, "view=table") {
		t.Errorf("the next page is at %s, in the wrong view", older)
	}
	if href := page.Links("Full view").AttrOr("href", ""); href != "/w/acme/inbox?filter=open" {
		t.Errorf("the way back is %s", href)
	}
	if s.Get("/w/acme/inbox?filter=open&view=sideways").Want(200).Doc.Find(".case-rows").Length() != 1 {
		t.Error("an unknown view is not the default one")
	}
}

func TestColumnsAreChosenWithoutJavaScript(t *testing.T) {
	t.Parallel()
	f := &fake{page: cases.Page{Rows: []cases.Summary{one()}}}
	s := site(t, f, nil)
	list := "/w/acme/inbox?filter=open&view=table"
	page := s.As(access.Viewer).Get(list).Want(200)
	if n := page.Doc.Find("form.columns-form input[name=order]").Length(); n != len(member.Columns())+1 { // and a custom field
		t.Errorf("%d columns are offered", n)
	}
	post := func(form url.Values) {
		t.Helper()
		form["order"] = []string{"number", "subject", "contact", "status", "tags"}
		form.Set("next", list)
		want := list
		if form.Has("up") || form.Has("down") {
			want = "/w/acme/inbox?columns=open&filter=open&view=table"
		}
		s.Post("/w/acme/inbox/columns", form).WantSeeOther(want)
	}
	post(url.Values{"column": {"number", "tags"}})
	same(t, "chosen", []member.Column{"number", "subject", "tags"}, f.columns)
	post(url.Values{"column": {"number", "tags"}, "up": {"tags"}})
	same(t, "moved up", []member.Column{"number", "tags", "subject"}, f.columns)
	post(url.Values{"column": {"number", "tags"}, "down": {"tags"}})
	same(t, "moved down from the end", []member.Column{"number", "subject", "tags"}, f.columns)
	post(url.Values{"column": {"number"}, "up": {"tags"}})
	same(t, "what is not shown does not move", []member.Column{"number", "subject"}, f.columns)
	post(url.Values{"reset": {"1"}, "column": {"number"}})
	same(t, "reset", []member.Column(nil), f.columns)
	page = s.Get("/w/acme/inbox?columns=open&filter=open&view=table").Want(200)
	if page.Doc.Find("details.columns[open]").Length() != 1 {
		t.Error("the menu is closed after a column was moved")
	}
	s.Post("/w/acme/inbox/columns", url.Values{"next": {"//evil.test"}}).WantSeeOther("/w/acme/inbox")
}

func TestASavedFilterIsAListOfItsOwn(t *testing.T) {
	t.Parallel()
	mine := access.MemberID(70)
	f := &fake{found: search.Result{Page: cases.Page{Rows: []cases.Summary{one()}, Older: one().Cursor()}},
		saved: filters.Filter{ID: 4, OwnerID: &mine, Name: "Refunds", Query: "tag:refund"}}
	s := site(t, f, nil)
	s.Saved = []filters.Counted{{Filter: f.saved, Count: 1001, Known: true}, {Filter: filters.Filter{ID: 5, Name: "Slow"}, Count: 9}}
	page := s.Get("/w/acme/inbox?filter=saved-4").Want(200).Has("Refunds", "tag:refund", "Change filter")
	if f.text != "tag:refund" {
		t.Errorf("searched for %q", f.text)
	}
	sidebar := texts(page, ".nav-item")
	for _, want := range []string{"Refunds 1k+", "Slow"} {
		if !slices.Contains(sidebar, want) {
			t.Errorf("%q is not in the sidebar: %q", want, sidebar)
		}
	}
	same(t, "current", []string{"Refunds 1k+"}, texts(page, ".nav-item[aria-current]"))
	if older := page.Links("Older").AttrOr("href", ""); !strings.HasPrefix(older, "/w/acme/inbox?after=") || !strings.HasSuffix(older, "filter=saved-4") {
		t.Errorf("the next page is at %s", older)
	}
	f.saved.OwnerID = nil
	s.Get("/w/acme/inbox?filter=saved-4").Want(200).Lacks("Change filter")
	s.As(access.Admin).Get("/w/acme/inbox?filter=saved-4").Want(200).Has("Change filter")
	for _, lost := range []string{"saved-5", "saved-", "saved-x", "saved--4"} {
		s.Get("/w/acme/inbox?filter=" + lost).Want(404)
	}
	f.found = search.Result{}
	s.Get("/w/acme/inbox?filter=saved-4").Want(200).Has("No case is in this filter")
	if href := s.Get("/w/acme/inbox?q=tag%3Arefund+a").Want(200).Links("Save as filter").AttrOr("href", ""); href != "/w/acme/filters/new?q=tag%3Arefund+a" {
		t.Errorf("a search is saved at %s", href)
	}
}
