package newcase_test

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/go-chi/chi/v5"
	"github.com/google/go-cmp/cmp"

	"caseward/internal/desk/access"
	"caseward/internal/desk/cases"
	"caseward/internal/desk/field"
	"caseward/internal/desk/member"
	"caseward/internal/desk/message"
	"caseward/internal/desk/workspace"
	"caseward/internal/platform/errs"
	"caseward/web/console/newcase"
	"caseward/web/webtest"
)

type desk struct {
	in  message.OpenInput
	err error
}

func (d *desk) Open(_ context.Context, _ access.Actor, in message.OpenInput) (cases.Case, error) {
	d.in = in
	return cases.Case{Number: 46}, d.err
}

func (d *desk) List(context.Context, access.Actor) ([]member.Member, error) {
	return []member.Member{{ID: 70, Name: "Ana Duarte", Role: access.Agent}, {ID: 72, Name: "Vera Viewer", Role: access.Viewer}}, nil
}

func (d *desk) Queues(context.Context, access.Actor) ([]workspace.Queue, error) {
	gone := webtest.Now()
	return []workspace.Queue{{ID: 4, Name: "Billing"}, {ID: 3, Name: "Support", IsDefault: true}, {ID: 5, Name: "Old", ArchivedAt: &gone}}, nil
}

// fields are one of cases, one that is switched off, and one of contacts.
type fields struct{}

func (fields) List(context.Context, access.Actor) ([]field.Field, error) {
	gone := webtest.Now()
	return []field.Field{{ID: 8, Object: field.OfCase, Name: "Amount", Kind: field.Number, Help: "In euros."},
		{ID: 9, Object: field.OfCase, Name: "Old one", Kind: field.Text, ArchivedAt: &gone}, {ID: 10, Object: field.OfContact, Name: "Tier", Kind: field.Text}}, nil
}

func TestANewCaseHasCustomFields(t *testing.T) {
	t.Parallel()
	d := &desk{}
	s := site(t, d)
	page := s.Get("/w/acme/cases/new").Want(200).Has("In euros.").Lacks("Old one", "Tier")
	if name := page.Field("Amount").AttrOr("name", ""); name != "field-8" {
		t.Errorf("its control is called %q", name)
	}
	form := url.Values{"contact_email": {"maria@shop.test"}, "subject": {"S"}, "body": {"B"}, "field": {"8"}, "field-8": {"12.5"}}
	s.Post("/w/acme/cases/new", form).Want(http.StatusSeeOther)
	if d.in.Fields[8] != "12.5" || len(d.in.Fields) != 1 {
		t.Errorf("asked for %v", d.in.Fields)
	}
	d.err = errs.Field("field-8", "Amount: Enter a number.")
	form.Set("field-8", "much")
	page = s.Post("/w/acme/cases/new", form).Want(http.StatusUnprocessableEntity).Has("Amount: Enter a number.")
	if page.Field("Amount").AttrOr("value", "") != "much" {
		t.Error("what was typed is lost")
	}
}

func site(t *testing.T, d *desk) *webtest.Site {
	t.Helper()
	s := webtest.New(t)
	p := newcase.New(s.Shell, d, d, d, fields{})
	return s.Console(func(r chi.Router) {
		r.Get("/cases/new", s.Shell.Handle(p.Show))
		r.Post("/cases/new", s.Shell.Handle(p.Create))
	}).SignIn()
}

func TestACaseIsMadeForAContact(t *testing.T) {
	t.Parallel()
	d := &desk{}
	s := site(t, d)
	page := s.Get("/w/acme/cases/new?email=maria@shop.test").Want(200)
	if page.Doc.Find("input[name=submission]").AttrOr("value", "") == "" {
		t.Error("the form sent twice would be two cases")
	}
	if page.Field("Contact email").AttrOr("value", "") != "maria@shop.test" || page.Field("Priority").Find("[selected]").Text() != "Normal" {
		t.Error("the form does not begin with what is known")
	}
	if got := page.Field("Queue").Find("option").Text(); got != "SupportBilling" {
		t.Errorf("the queues are %s", got)
	}
	if got := page.Field("Assignee").Find("option").Text(); got != "NobodyAna Duarte" {
		t.Errorf("the assignees are %s", got)
	}
	s.Post("/w/acme/cases/new", url.Values{"contact_email": {"maria@shop.test"}, "subject": {"Call"}, "body": {"She *called*."}, "send": {"1"},
		"queue": {"4"}, "priority": {"3"}, "assignee": {"70"}, "submission": {"KEY"}}).WantSeeOther("/w/acme/cases/46")
	want := message.OpenInput{ContactEmail: "maria@shop.test", Subject: "Call", Body: "She *called*.", Send: true, Queue: 4, Priority: cases.High, Assignee: 70, Fields: map[field.ID]string{}, Submission: "KEY"}
	if diff := cmp.Diff(want, d.in); diff != "" {
		t.Error(diff)
	}
}

func TestAMistakeLosesNothing(t *testing.T) {
	t.Parallel()
	d := &desk{err: errs.Field("contact_email", "Enter one e-mail address, such as maria@example.com.")}
	page := site(t, d).Post("/w/acme/cases/new", url.Values{"contact_email": {"maria"}, "subject": {"Call"}, "body": {"Long words"}, "send": {""}, "submission": {"KEY"}}).
		Want(422).Has("The case was not created", "Enter one e-mail address")
	if page.Field("Message").Text() != "Long words" || page.Field("Subject").AttrOr("value", "") != "Call" {
		t.Error("what was typed is gone")
	}
	if d.in.Send {
		t.Error("a note would have been sent")
	}
}

func TestFilesComeWithANewCase(t *testing.T) {
	t.Parallel()
	d := &desk{}
	s := site(t, d)
	form := url.Values{"contact_email": {"maria@shop.test"}, "subject": {"Call"}, "body": {"She called."}}
	s.Upload("/w/acme/cases/new", form, [2]string{"a.txt", "words"}).WantSeeOther("/w/acme/cases/46")
	if len(d.in.Files) != 1 || string(d.in.Files[0].Data) != "words" || d.in.Subject != "Call" {
		t.Errorf("opened %+v", d.in)
	}
	d.in = message.OpenInput{}
	page := s.Upload("/w/acme/cases/new", form, [2]string{"a.txt", strings.Repeat("x", message.MaxFiles+1)}).Want(413).Has("The case was not created", "The files are too large")
	if page.Field("Message").Text() != "She called." || d.in.Subject != "" {
		t.Error("what was typed is gone, or the case was made")
	}
}

func TestAViewerMakesNoCases(t *testing.T) {
	t.Parallel()
	s := site(t, &desk{}).As(access.Viewer)
	s.Get("/w/acme/cases/new").Want(403)
}
