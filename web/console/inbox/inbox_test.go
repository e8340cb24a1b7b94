package inbox_test

import (
	"bufio"
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/go-chi/chi/v5"

	"caseward/internal/desk/access"
	"caseward/internal/desk/cases"
	"caseward/internal/desk/field"
	"caseward/internal/desk/filters"
	"caseward/internal/desk/member"
	"caseward/internal/desk/search"
	"caseward/internal/platform/errs"
	"caseward/internal/platform/live"
	"caseward/web/console/inbox"
	"caseward/web/webtest"
)

type fake struct {
	page   cases.Page
	counts cases.Counts
	found  search.Result
	filter cases.Filter
	text   string
	in     cases.PageInput

	saved   filters.Filter
	columns []member.Column

	before string // of what was typed
	offers search.Completion
}

func (f *fake) Get(_ context.Context, _ access.Actor, id filters.ID) (filters.Filter, error) {
	if id != f.saved.ID {
		return filters.Filter{}, errs.New(errs.NotFound, "")
	}
	return f.saved, nil
}

func (f *fake) SetColumns(_ context.Context, _ access.Actor, columns []member.Column) error {
	f.columns = columns
	return nil
}

func (f *fake) List(_ context.Context, _ access.Actor, filter cases.Filter, in cases.PageInput) (cases.Page, error) {
	f.filter, f.in = filter, in
	return f.page, nil
}

func (f *fake) Counts(context.Context, access.Actor) (cases.Counts, error) { return f.counts, nil }

func (f *fake) Cases(_ context.Context, _ access.Actor, text string, in cases.PageInput) (search.Result, error) {
	f.text, f.in = text, in
	return f.found, nil
}

func (f *fake) Complete(_ context.Context, _ access.Actor, before string) (search.Completion, error) {
	f.before = before
	return f.offers, nil
}

// fields are one that is in use and one that is not.
type fields struct{}

func (fields) List(context.Context, access.Actor) ([]field.Field, error) {
	gone := webtest.Now()
	return []field.Field{{ID: 8, Object: field.OfCase, Key: "bought", Name: "Bought on", Kind: field.Date},
		{ID: 9, Object: field.OfCase, Key: "old", Name: "Old one", Kind: field.Text, ArchivedAt: &gone}}, nil
}

func (fields) OfCases(_ context.Context, _ access.Actor, list []cases.ID, ids []field.ID) (map[cases.ID]field.Values, error) {
	return map[cases.ID]field.Values{list[0]: {ids[0]: "2026-05-01"}}, nil
}

func site(t *testing.T, f *fake, hub *live.Hub) *webtest.Site {
	t.Helper()
	s := webtest.New(t)
	p := inbox.New(s.Shell, f, f, f, f, fields{}, hub)
	s.Console(func(r chi.Router) {
		r.Get("/inbox", s.Shell.Handle(p.List))
		r.Post("/inbox/columns", s.Shell.Handle(p.SetColumns))
		r.Get("/search/complete", s.Shell.Handle(p.Complete))
		r.Get("/search/help", s.Shell.Handle(p.Help))
		r.Get("/events", s.Shell.Handle(p.Stream))
	})
	return s.SignIn()
}

func one() cases.Summary {
	return cases.Summary{ID: 5, Number: 12, Subject: "Refund for order 7781-B", Status: cases.OnHold, Priority: cases.Urgent,
		ContactName: "Maria Stone", QueueName: "Support", Tags: []string{"a", "b", "c", "d", "e"}, Excerpt: "The parcel\n\narrived late",
		ExcerptKind: "inbound", LastActivityAt: webtest.Now().Add(-time.Hour), SortAt: webtest.Now().Add(-time.Hour)}
}

func TestEveryRowSaysWhatTheCaseIsAndLeadsToIt(t *testing.T) {
	t.Parallel()
	for view, want := range map[member.View][]string{
		member.Full:  {"Maria Stone", "Refund for order 7781-B", "#12", "The parcel arrived late", "On hold", "Urgent", "Unassigned", "1 hour ago", "+2"},
		member.Table: {"Maria Stone", "Refund for order 7781-B", "#12", "On hold", "Urgent", "Unassigned", "Support", "1 hour ago"},
	} {
		s := site(t, &fake{page: cases.Page{Rows: []cases.Summary{one()}}}, nil)
		s.Member.DefaultView = view
		page := s.Get("/w/acme/inbox?filter=open").Want(200).Has(want...).Has("All open", "New case")
		if href := page.Links("Refund for order 7781-B").AttrOr("href", ""); href != "/w/acme/cases/12?from=filter%3Dopen" {
			t.Errorf("%s: the case is at %s", view, href)
		}
		if href := page.Links("Delete").AttrOr("href", ""); href != "/w/acme/cases/12/delete?next=%2Fw%2Facme%2Finbox%3Ffilter%3Dopen" {
			t.Errorf("%s: it is deleted at %q", view, href)
		}
	}
}

func TestAssignToMeGoesByThePersonAndNotTheName(t *testing.T) {
	t.Parallel()
	row := one()
	s := site(t, &fake{page: cases.Page{Rows: []cases.Summary{row}}}, nil)
	other := s.Member.Actor.Member + 1
	for id, offered := range map[access.MemberID]bool{other: true, s.Member.Actor.Member: false} {
		row.AssigneeID, row.AssigneeName = &id, s.Member.User.Name
		s := site(t, &fake{page: cases.Page{Rows: []cases.Summary{row}}}, nil)
		if n := s.Get("/w/acme/inbox?filter=open").Want(200).Buttons("Assign to me").Length(); (n > 0) != offered {
			t.Errorf("a case of member %d: offered %d times, want any: %t", id, n, offered)
		}
	}
}

func TestWhoMayNotIsOfferedNothing(t *testing.T) {
	t.Parallel()
	s := site(t, &fake{page: cases.Page{Rows: []cases.Summary{one()}}}, nil)
	page := s.As(access.Agent).Get("/w/acme/inbox?filter=open").Want(200)
	if page.Links("Delete").Length() != 0 || page.Buttons("Close").Length() != 2 { // beside the row, and in its menu
		t.Error("an agent without the right is offered Delete, or no work")
	}
	page = s.As(access.Viewer).Get("/w/acme/inbox?filter=open&view=full").Want(200).Lacks("New case")
	if n := page.Doc.Find("main form").Length(); n != 0 {
		t.Errorf("a viewer is offered %d forms", n)
	}
}

func TestTheFilterIsMineWhereThereIsSomethingToDo(t *testing.T) {
	t.Parallel()
	f := &fake{counts: cases.Counts{cases.Mine: 2}}
	s := site(t, f, nil)
	if s.Get("/w/acme/inbox").Want(200); f.filter != cases.Mine {
		t.Errorf("shows %s", f.filter)
	}
	f.counts = cases.Counts{}
	if s.Get("/w/acme/inbox").Want(200).Has("All caught up"); f.filter != cases.AllOpen {
		t.Errorf("shows %s", f.filter)
	}
	s.Get("/w/acme/inbox?filter=lost").Want(404)
	s.Get("/w/acme/inbox?filter=deleted").WantSeeOther("/w/acme/deleted")
	for _, filter := range cases.Filters() {
		s.Get("/w/acme/inbox?filter=" + string(filter)).Want(200).Has(filter.Label())
	}
}

func TestPagesLinkToTheirNeighbours(t *testing.T) {
	t.Parallel()
	f := &fake{page: cases.Page{Rows: []cases.Summary{one()}, Older: one().Cursor(), Newer: one().Cursor()}}
	s := site(t, f, nil)
	page := s.Get("/w/acme/inbox?filter=open").Want(200)
	s.Get(page.Links("Older").AttrOr("href", "")).Want(200)
	if f.in.After == nil || *f.in.After != *one().Cursor() {
		t.Errorf("the older page begins after %v", f.in.After)
	}
	s.Get(page.Links("Newer").AttrOr("href", "")).Want(200)
	if f.in.Before == nil || f.in.After != nil {
		t.Errorf("the newer page is read by %v", f.in)
	}
	s.Get("/w/acme/inbox?filter=open&after=nonsense").Want(200)
	if f.in.After != nil {
		t.Error("a broken cursor was used")
	}
}

func TestEventsComeAsTopics(t *testing.T) {
	t.Parallel()
	hub := live.NewHub()
	s := site(t, &fake{}, hub)
	ctx, cancel := context.WithCancel(t.Context())
	answer := s.Open(ctx, "/w/acme/events")
	lines := bufio.NewScanner(answer)
	for lines.Scan() && !strings.HasPrefix(lines.Text(), ": open") {
	}
	hub.Publish(live.Event{Workspace: 2, Case: 8})
	hub.Publish(live.Event{Workspace: 1, Case: 7})
	hub.Publish(live.Event{Workspace: 1, Member: 71}) // somebody else has read something
	hub.Publish(live.Event{Workspace: 1, Member: 70})
	hub.Publish(live.Event{Workspace: 1})
	var got []string
	for len(got) < 3 && lines.Scan() {
		if topic, ok := strings.CutPrefix(lines.Text(), "data: "); ok {
			got = append(got, topic)
		}
	}
	cancel()
	if strings.Join(got, " ") != "case:7 notifications all" {
		t.Errorf("heard %v", got)
	}
}

// TestWhatChangedBeforeTheStreamBeganComesFirst: between the reading of a page and its stream nothing is lost.
func TestWhatChangedBeforeTheStreamBeganComesFirst(t *testing.T) {
	t.Parallel()
	hub := live.NewHub()
	s := site(t, &fake{}, hub)
	mark := hub.Mark(1)
	hub.Publish(live.Event{Workspace: 1, Case: 7})
	lines := bufio.NewScanner(s.Open(t.Context(), "/w/acme/events?since="+mark))
	for lines.Scan() {
		if topic, ok := strings.CutPrefix(lines.Text(), "data: "); ok {
			if topic != "all" {
				t.Errorf("heard %s", topic)
			}
			return
		}
	}
	t.Error("the stream says nothing of what came before it")
}

func TestOneUserHoldsOnlySoManyStreams(t *testing.T) {
	t.Parallel()
	s := site(t, &fake{}, live.NewHub())
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	for range 20 {
		s.Open(ctx, "/w/acme/events")
	}
	if got := s.Get("/w/acme/events").Status; got != http.StatusTooManyRequests {
		t.Errorf("one more stream answers %d", got)
	}
}

// TestOnlyThePageOfACaseHearsWhoIsOnIt: the others would only throw it away.
func TestOnlyThePageOfACaseHearsWhoIsOnIt(t *testing.T) {
	t.Parallel()
	hub := live.NewHub()
	s := site(t, &fake{}, hub)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	list, page := bufio.NewReader(s.Open(ctx, "/w/acme/events")), bufio.NewReader(s.Open(ctx, "/w/acme/events?case=12"))
	next := func(r *bufio.Reader) string {
		for {
			line, err := r.ReadString('\n')
			if err != nil {
				t.Fatal(err)
			}
			if topic, ok := strings.CutPrefix(line, "data: "); ok {
				return strings.TrimSpace(topic)
			}
		}
	}
	hub.Publish(live.Event{Workspace: 1, Case: 13, Member: 71, Presence: true})
	hub.Publish(live.Event{Workspace: 1, Case: 12, Member: 70, Presence: true}) // the visitor's own
	hub.Publish(live.Event{Workspace: 1, Case: 12, Member: 71, Presence: true})
	hub.Publish(live.Event{Workspace: 1, Case: 13})
	if got := next(list); got != "case:13" {
		t.Errorf("the list hears %s", got)
	}
	if first, second := next(page), next(page); first != "presence:12" || second != "case:13" {
		t.Errorf("the case's page hears %s, %s", first, second)
	}
}
