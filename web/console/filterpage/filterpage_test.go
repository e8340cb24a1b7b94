package filterpage_test

import (
	"context"
	"net/url"
	"testing"

	"github.com/go-chi/chi/v5"
	"github.com/google/go-cmp/cmp"

	"caseward/internal/desk/access"
	"caseward/internal/desk/filters"
	"caseward/internal/platform/errs"
	"caseward/web/console/filterpage"
	"caseward/web/webtest"
)

// desk remembers what it was told.
type desk struct {
	list    []filters.Filter
	err     error // of every change
	in      filters.Input
	version int
	did     []string
}

func (d *desk) List(context.Context, access.Actor) ([]filters.Filter, error) { return d.list, nil }

func (d *desk) Get(_ context.Context, _ access.Actor, id filters.ID) (filters.Filter, error) {
	for _, f := range d.list {
		if f.ID == id {
			return f, nil
		}
	}
	return filters.Filter{}, errs.New(errs.NotFound, "")
}

func (d *desk) Create(_ context.Context, _ access.Actor, in filters.Input) (filters.ID, error) {
	d.in = in
	return 9, d.err
}

func (d *desk) Update(_ context.Context, _ access.Actor, _ filters.ID, version int, in filters.Input) error {
	d.in, d.version = in, version
	return d.err
}

func (d *desk) Move(_ context.Context, _ access.Actor, _ filters.ID, up bool) error {
	d.did = append(d.did, map[bool]string{true: "up", false: "down"}[up])
	return d.err
}

func (d *desk) Delete(context.Context, access.Actor, filters.ID) error {
	d.did = append(d.did, "delete")
	return d.err
}

func site(t *testing.T, d *desk) *webtest.Site {
	t.Helper()
	s := webtest.New(t)
	p := filterpage.New(s.Shell, d)
	s.Console(func(r chi.Router) {
		r.Get("/filters", s.Shell.Handle(p.List))
		r.Post("/filters", s.Shell.Handle(p.Create))
		r.Get("/filters/new", s.Shell.Handle(p.New))
		r.Get("/filters/{id}", s.Shell.Handle(p.Edit))
		r.Post("/filters/{id}", s.Shell.Handle(p.Update))
		r.Post("/filters/{id}/move", s.Shell.Handle(p.Move))
		r.Get("/filters/{id}/delete", s.Shell.Handle(p.ConfirmDelete))
		r.Post("/filters/{id}/delete", s.Shell.Handle(p.Delete))
	})
	return s.SignIn()
}

// some are two own filters and a shared one.
func some() []filters.Filter {
	ana := access.MemberID(70)
	return []filters.Filter{
		{ID: 1, OwnerID: &ana, Name: "Refunds", Query: "tag:refund", Version: 3},
		{ID: 2, OwnerID: &ana, Name: "Waiting", Query: "status:pending", Version: 1},
		{ID: 3, Name: "Everybody's", Query: "is:unassigned", Version: 1},
	}
}

func TestTheListOffersWhatTheVisitorMayDo(t *testing.T) {
	t.Parallel()
	s := site(t, &desk{list: some()})
	page := s.Get("/w/acme/filters").Want(200).Has("Refunds", "tag:refund", "Waiting", "Everybody's")
	if n := page.Links("Delete").Length(); n != 2 {
		t.Errorf("an agent may delete %d filters, want the own two", n)
	}
	if n := page.Buttons("Move up").Not("[disabled]").Length(); n != 1 {
		t.Errorf("%d filters can move up, want the second one", n)
	}
	if n := s.As(access.Admin).Get("/w/acme/filters").Want(200).Links("Delete").Length(); n != 3 {
		t.Errorf("an admin may delete %d filters, want all three", n)
	}
	site(t, &desk{}).Get("/w/acme/filters").Want(200).Has("No filter was saved yet", "Save as filter")
}

func TestASearchBecomesAFilter(t *testing.T) {
	t.Parallel()
	d := &desk{}
	s := site(t, d)
	page := s.Get("/w/acme/filters/new?q=tag%3Arefund").Want(200).Lacks("Share with everybody")
	if v := page.Field("Search").AttrOr("value", ""); v != "tag:refund" {
		t.Errorf("the form says %q", v)
	}
	s.Post("/w/acme/filters", url.Values{"name": {"Refunds"}, "query": {"tag:refund"}}).WantSeeOther("/w/acme/inbox?filter=saved-9")
	if diff := cmp.Diff(filters.Input{Name: "Refunds", Query: "tag:refund"}, d.in); diff != "" {
		t.Error(diff)
	}
	s.As(access.Admin).Get("/w/acme/filters/new").Want(200).Has("Share with everybody")
	s.Post("/w/acme/filters", url.Values{"name": {"R"}, "query": {"x"}, "shared": {"1"}}).Want(303)
	if !d.in.Shared {
		t.Error("the filter is not shared")
	}
}

func TestMistakesKeepWhatWasTyped(t *testing.T) {
	t.Parallel()
	d := &desk{list: some(), err: errs.Field("name", "There is a filter of this name already.")}
	s := site(t, d)
	typed := url.Values{"name": {"Money back"}, "query": {"tag:money"}, "version": {"2"}}
	for _, path := range []string{"/w/acme/filters", "/w/acme/filters/1"} {
		page := s.Post(path, typed).Want(422).Has("There is a filter of this name already.")
		if page.Field("Name").AttrOr("value", "") != "Money back" || page.Field("Search").AttrOr("value", "") != "tag:money" {
			t.Errorf("%s: what was typed is gone", path)
		}
	}
	d.err = errs.New(errs.Conflict, "Somebody changed this filter meanwhile.")
	page := s.Post("/w/acme/filters/1", typed).Want(409).Has("Somebody changed this filter meanwhile.", "At present it is called “Refunds”")
	if v := page.Doc.Find("input[name=version]").AttrOr("value", ""); v != "3" || page.Field("Name").AttrOr("value", "") != "Money back" {
		t.Errorf("saving again would be of version %s", v)
	}
	if d.version != 2 {
		t.Errorf("version %d was changed", d.version)
	}
	d.err = errs.New(errs.Conflict, "You have 50 filters already.")
	s.Post("/w/acme/filters", typed).Want(409).Has("You have 50 filters already.")
	d.err = errs.New(errs.Forbidden, "No.")
	s.Post("/w/acme/filters/1", typed).Want(403)
}

func TestChangingMovingDeleting(t *testing.T) {
	t.Parallel()
	d := &desk{list: some()}
	s := site(t, d)
	page := s.Get("/w/acme/filters/1").Want(200)
	if page.Field("Name").AttrOr("value", "") != "Refunds" || page.Doc.Find("input[name=version]").AttrOr("value", "") != "3" {
		t.Error("the form does not say what is there")
	}
	s.Post("/w/acme/filters/1", url.Values{"name": {"A"}, "query": {"b"}, "version": {"3"}}).WantSeeOther("/w/acme/inbox?filter=saved-1")
	s.Post("/w/acme/filters/2/move", url.Values{"to": {"up"}}).WantSeeOther("/w/acme/filters#filter-2")
	s.Post("/w/acme/filters/1/move", url.Values{"to": {"down"}}).WantSeeOther("/w/acme/filters#filter-1")
	s.Post("/w/acme/filters/1/move", url.Values{"to": {"sideways"}}).Want(422)
	s.Get("/w/acme/filters/1/delete").Want(200).Has("Delete the filter “Refunds”?", "The cases in it are not touched")
	s.Post("/w/acme/filters/1/delete", nil).WantSeeOther("/w/acme/filters")
	if diff := cmp.Diff([]string{"up", "down", "delete"}, d.did); diff != "" {
		t.Error(diff)
	}
	for _, path := range []string{"/w/acme/filters/3", "/w/acme/filters/3/delete"} {
		s.Get(path).Want(403)
	}
	for _, path := range []string{"/w/acme/filters/8", "/w/acme/filters/x", "/w/acme/filters/8/delete"} {
		s.Get(path).Want(404)
	}
	s.As(access.Admin).Get("/w/acme/filters/3/delete").Want(200).Has("the sidebar of everybody")
}
