package macropage_test

import (
	"context"
	"net/url"
	"testing"

	"github.com/go-chi/chi/v5"

	"caseward/internal/desk/access"
	"caseward/internal/desk/cases"
	"caseward/internal/desk/macro"
	"caseward/internal/desk/member"
	"caseward/internal/desk/workspace"
	"caseward/internal/platform/errs"
	"caseward/web/console/macropage"
	"caseward/web/webtest"
)

// desk has one shared macro and remembers what it was told.
type desk struct {
	err     error // of every change
	in      macro.Input
	version int
	did     string
}

var one = macro.Macro{ID: 4, Version: 3, Content: macro.Content{Name: "Thanks", Body: "Hello {{contact.first_name}}", SetStatus: cases.Pending}}

func (d *desk) List(context.Context, access.Actor) ([]macro.Macro, error) {
	return []macro.Macro{one}, nil
}

func (d *desk) Get(_ context.Context, _ access.Actor, id macro.ID) (macro.Macro, error) {
	if id != one.ID {
		return macro.Macro{}, errs.New(errs.NotFound, "")
	}
	return one, nil
}

func (d *desk) Create(_ context.Context, _ access.Actor, in macro.Input) (macro.ID, error) {
	d.in = in
	return 9, d.err
}

func (d *desk) Update(_ context.Context, _ access.Actor, _ macro.ID, version int, in macro.Input) error {
	d.in, d.version = in, version
	return d.err
}

func (d *desk) Move(_ context.Context, _ access.Actor, _ macro.ID, up bool) error {
	d.did = map[bool]string{true: "up", false: "down"}[up]
	return d.err
}

func (d *desk) Delete(context.Context, access.Actor, macro.ID) error {
	d.did = "deleted"
	return d.err
}

type members struct{}

func (members) List(context.Context, access.Actor) ([]member.Member, error) { return nil, nil }

func (members) Queues(context.Context, access.Actor) ([]workspace.Queue, error) { return nil, nil }

func site(t *testing.T, d *desk) *webtest.Site {
	t.Helper()
	s := webtest.New(t)
	p := macropage.New(s.Shell, d, members{}, members{})
	s.As(access.Admin)
	return s.Console(func(r chi.Router) {
		r.Get("/macros", p.Handle(p.List))
		r.Post("/macros", p.Handle(p.Create))
		r.Get("/macros/new", p.Handle(p.New))
		r.Get("/macros/{id}", p.Handle(p.Edit))
		r.Post("/macros/{id}", p.Handle(p.Update))
		r.Post("/macros/{id}/move", p.Handle(p.Move))
		r.Get("/macros/{id}/delete", p.Handle(p.ConfirmDelete))
		r.Post("/macros/{id}/delete", p.Handle(p.Delete))
	}).SignIn()
}

func TestMacrosAreWrittenAndChanged(t *testing.T) {
	t.Parallel()
	d := &desk{}
	s := site(t, d)
	s.Get("/w/acme/macros").Want(200).Has("Thanks", "Writes a reply, sets the status to Pending")
	s.Get("/w/acme/macros/new").Want(200).Has("{{contact.first_name}}")
	form := url.Values{"name": {"N"}, "body": {"B"}, "status": {"closed"}, "assignee": {"7"}, "priority": {"3"}, "queue": {"2"}, "tags": {"a, b"}, "shared": {"1"}}
	s.Post("/w/acme/macros", form).WantSeeOther("/w/acme/macros")
	if in := d.in; in.Name != "N" || in.SetStatus != cases.Closed || in.Assign != macro.ToMember || *in.AssigneeID != 7 || *in.Priority != 3 || *in.QueueID != 2 ||
		len(in.AddTags) != 2 || !in.Shared {
		t.Errorf("saved %+v", d.in)
	}
	s.Post("/w/acme/macros", url.Values{"body": {"Kept"}, "assignee": {"boss"}}).Want(422).Has("Kept", "Choose one of the list.")
	d.err = errs.Field("body", "There is no such placeholder: {{x}}.")
	s.Post("/w/acme/macros", url.Values{"name": {"Kept"}, "body": {"{{x}}"}}).Want(422).Has("There is no such placeholder: {{x}}.")
	d.err = errs.New(errs.Conflict, "Somebody changed this macro meanwhile.")
	s.Post("/w/acme/macros/4", url.Values{"name": {"Mine"}, "body": {"My words"}, "version": {"2"}}).Want(409).Has("My words", "Hello {{contact.first_name}}")
	d.err = nil
	s.Post("/w/acme/macros/4", url.Values{"name": {"Mine"}, "body": {"B"}, "version": {"3"}}).WantSeeOther("/w/acme/macros")
	if d.version != 3 {
		t.Errorf("version %d", d.version)
	}
	s.Post("/w/acme/macros/4/move", url.Values{"to": {"down"}}).WantSeeOther("/w/acme/macros#macro-4")
	s.Get("/w/acme/macros/4/delete").Want(200).Has("Thanks")
	s.Post("/w/acme/macros/4/delete", nil).WantSeeOther("/w/acme/macros")
	if d.did != "deleted" {
		t.Error("it was not deleted")
	}
	s.Get("/w/acme/macros/5").Want(404)
	s.As(access.Agent).Get("/w/acme/macros/4").Want(403)
	s.As(access.Viewer).Get("/w/acme/macros/new").Want(403)
}
