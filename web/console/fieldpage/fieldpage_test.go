package fieldpage_test

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"testing"

	"github.com/go-chi/chi/v5"
	"github.com/google/go-cmp/cmp"

	"caseward/internal/desk/access"
	"caseward/internal/desk/field"
	"caseward/internal/platform/errs"
	"caseward/web/console/fieldpage"
	"caseward/web/webtest"
)

// fake has some fields and remembers what it was told.
type fake struct {
	fields []field.Field
	values int
	held   int
	err    error // of every change
	in     field.Input
	did    []string
}

func (f *fake) call(format string, args ...any) error {
	f.did = append(f.did, fmt.Sprintf(format, args...))
	return f.err
}

func (f *fake) List(context.Context, access.Actor) ([]field.Field, error) { return f.fields, nil }

func (f *fake) Get(_ context.Context, actor access.Actor, id field.ID) (field.Field, error) {
	for _, one := range f.fields {
		if one.ID == id {
			return one, actor.Require(access.ManageSettings)
		}
	}
	return field.Field{}, errs.New(errs.NotFound, "There is no such field.")
}

func (f *fake) Create(_ context.Context, _ access.Actor, in field.Input) (field.ID, error) {
	f.in = in
	return 9, f.call("create")
}

func (f *fake) Update(_ context.Context, _ access.Actor, id field.ID, version int, in field.Input) error {
	f.in = in
	return f.call("update %d at %d", id, version)
}

func (f *fake) Move(_ context.Context, _ access.Actor, id field.ID, up bool) error {
	return f.call("move %d %v", id, up)
}

func (f *fake) Archive(_ context.Context, _ access.Actor, id field.ID) error {
	return f.call("archive %d", id)
}

func (f *fake) Restore(_ context.Context, _ access.Actor, id field.ID) error {
	return f.call("restore %d", id)
}

func (f *fake) Count(context.Context, access.Actor, field.Field) (field.Count, error) {
	return field.Count{Values: f.values, Held: f.held}, nil
}

func (f *fake) Delete(_ context.Context, _ access.Actor, id field.ID, values int) error {
	return f.call("delete %d with %d", id, values)
}

func site(t *testing.T, f *fake) *webtest.Site {
	t.Helper()
	s := webtest.New(t)
	p := fieldpage.New(s.Shell, f)
	return s.As(access.Admin).Console(func(r chi.Router) {
		r.Route("/admin/cases/fields", func(r chi.Router) {
			r.Get("/", p.Handle(p.List))
			r.Post("/", p.Handle(p.Create))
			r.Get("/new", p.Handle(p.New))
			r.Get("/{id}", p.Handle(p.Edit))
			r.Post("/{id}", p.Handle(p.Update))
			r.Post("/{id}/move", p.Handle(p.Move))
			r.Post("/{id}/archive", p.Handle(p.Archive))
			r.Post("/{id}/restore", p.Handle(p.Restore))
			r.Get("/{id}/delete", p.Handle(p.ConfirmDelete))
			r.Post("/{id}/delete", p.Handle(p.Delete))
		})
	}).SignIn()
}

const root = "/w/acme/admin/cases/fields"

func some() *fake {
	gone := webtest.Now()
	return &fake{values: 3, fields: []field.Field{
		{ID: 1, Object: field.OfCase, Key: "region", Name: "Region", Kind: field.Choice, Choices: []string{"North", "South"}, Version: 4},
		{ID: 2, Object: field.OfCase, Key: "amount", Name: "Amount", Kind: field.Number, Version: 1},
		{ID: 3, Object: field.OfCase, Key: "old", Name: "Old one", Kind: field.Text, ArchivedAt: &gone},
	}}
}

func TestTheListOfFields(t *testing.T) {
	t.Parallel()
	f := some()
	s := site(t, f)
	page := s.Get(root).Want(200).Has("Fields of cases", "Choice of 2", "region:", "There are none.", "Switched off", "Old one")
	if page.Buttons("Move up").Eq(0).AttrOr("disabled", "no") == "no" || page.Buttons("Switch on").Length() != 1 {
		t.Error("the first can be moved up, or the one that is off cannot be switched on")
	}
	s.Post(root+"/2/move", url.Values{"to": {"up"}}).WantSeeOther(root)
	s.Post(root+"/2/archive", nil).WantSeeOther(root)
	s.Post(root+"/3/restore", nil).WantSeeOther(root)
	if diff := cmp.Diff([]string{"move 2 true", "archive 2", "restore 3"}, f.did); diff != "" {
		t.Error(diff)
	}
	f.fields = nil
	s.Get(root).Has("There are no custom fields yet")
	s.As(access.Agent).Get(root).Want(http.StatusForbidden)
	s.Get(root + "/new").Want(http.StatusForbidden)
	s.As(access.Agent, access.ManageSettings).Get(root).Want(200)
}

func TestAFieldIsMadeAndChanged(t *testing.T) {
	t.Parallel()
	f := some()
	s := site(t, f)
	s.Get(root + "/new").Want(200).Has("One of a list that you write.")
	form := url.Values{"name": {"Area"}, "object": {"case"}, "kind": {"choice"}, "choices": {"A\r\nB"}, "key": {""}, "help": {"Where"}}
	s.Post(root, form).WantSeeOther(root)
	want := field.Input{Object: field.OfCase, Kind: field.Choice, Name: "Area", Help: "Where", Choices: []string{"A", "B"}}
	if diff := cmp.Diff(want, f.in); diff != "" {
		t.Error(diff)
	}
	f.err = errs.Field("key", "Choose another key.")
	page := s.Post(root, form).Want(http.StatusUnprocessableEntity).Has("The field was not saved", "Choose another key.")
	if page.Field("Name").AttrOr("value", "") != "Area" || page.Field("Choices").Text() != "A\nB" {
		t.Error("what was typed is lost")
	}
	f.err = nil
	page = s.Get(root + "/1").Want(200)
	if page.Field("Choices").Text() != "North\nSouth" || page.Doc.Find("main input[name=kind]").Length() != 0 {
		t.Error("the form does not show the choices, or lets the kind be changed")
	}
	form.Set("version", "4")
	s.Post(root+"/1", form).WantSeeOther(root)
	if f.did[len(f.did)-1] != "update 1 at 4" {
		t.Errorf("did %v", f.did)
	}
	f.err = errs.New(errs.Conflict, "Somebody changed this field meanwhile.")
	form.Set("version", "3")
	s.Post(root+"/1", form).Want(http.StatusConflict).Has("Somebody changed this field meanwhile.", "At present it is called “Region”")
	s.Get(root + "/77").Want(http.StatusNotFound)
	s.Get(root + "/x").Want(http.StatusNotFound)
}

func TestDeletingSaysHowManyValuesGo(t *testing.T) {
	t.Parallel()
	f := some()
	s := site(t, f)
	s.Get(root + "/1/delete").Want(200).Has("This field is in use").Lacks("for good?")
	page := s.Get(root+"/3/delete").Want(200).Has("Delete the field “Old one” for good?", "3 values of cases, deleted ones too, are erased with it, for good.")
	form := page.FormOf(page.Buttons("Delete for good"))
	if form.Find("input[name=values]").AttrOr("value", "") != "3" || form.AttrOr("action", "") != root+"/3/delete" {
		t.Error("the form does not say what it was told")
	}
	s.Post(root+"/3/delete", url.Values{"values": {"3"}}).WantSeeOther(root)
	s.Post(root+"/3/delete", nil).WantSeeOther(root)
	if diff := cmp.Diff([]string{"delete 3 with 3", "delete 3 with -1"}, f.did); diff != "" {
		t.Error(diff)
	}
	f.err, f.values = errs.New(errs.Conflict, "The field holds 4 values now."), 4
	s.Post(root+"/3/delete", url.Values{"values": {"3"}}).Want(http.StatusConflict).Has("The field holds 4 values now.", "4 values of cases")
	f.err = errs.New(errs.Forbidden, "")
	s.Post(root+"/3/delete", nil).Want(http.StatusForbidden)
	f.err, f.held = nil, 1
	held := s.Get(root+"/3/delete").Want(200).Has("cannot be deleted now", "1 of its values belongs to a case that a legal hold keeps").Lacks("erased with it")
	if held.Buttons("Delete for good").Length() != 0 {
		t.Error("a button deletes what is on hold")
	}
	f.err, f.held = errs.New(errs.Conflict, "2 of its values belong to cases."), 2
	s.Post(root+"/3/delete", nil).Want(http.StatusConflict).Has("2 of its values belong to cases that legal holds keep").Lacks("erased with it")
}
