package casepage_test

import (
	"context"
	"net/http"
	"net/url"
	"testing"

	"github.com/google/go-cmp/cmp"

	"caseward/internal/desk/access"
	"caseward/internal/desk/cases"
	"caseward/internal/desk/field"
	"caseward/internal/platform/errs"
	"caseward/web/webtest"
)

// fields are none until a test says so.
type fields struct {
	panel   field.Panel
	set     field.SetInput
	contact bool // it was asked for the contact's
	err     error
}

func (f *fields) OfCase(context.Context, access.Actor, cases.Case) (field.Panel, error) {
	return f.panel, nil
}

func (f *fields) Set(_ context.Context, _ access.Actor, _ cases.Number, in field.SetInput) error {
	f.set, f.contact = in, false
	return f.err
}

func (f *fields) SetOfContact(_ context.Context, _ access.Actor, _ cases.Number, in field.SetInput) error {
	f.set, f.contact = in, true
	return f.err
}

// fieldDesk has a field of each kind, and one of the contact.
func fieldDesk() *desk {
	d := newDesk()
	d.fields.panel = field.Panel{
		Case: []field.Field{
			{ID: 1, Object: field.OfCase, Key: "order", Name: "Order", Kind: field.Text, Help: "As on the invoice."},
			{ID: 2, Object: field.OfCase, Key: "amount", Name: "Amount", Kind: field.Number},
			{ID: 3, Object: field.OfCase, Key: "bought", Name: "Bought", Kind: field.Date},
			{ID: 4, Object: field.OfCase, Key: "region", Name: "Region", Kind: field.Choice, Choices: []string{"North", "South"}},
			{ID: 5, Object: field.OfCase, Key: "paid", Name: "Paid", Kind: field.Checkbox},
		},
		Contact:       []field.Field{{ID: 6, Object: field.OfContact, Key: "tier", Name: "Tier", Kind: field.Text}},
		CaseValues:    field.Values{1: "A-1", 3: "2026-05-01", 4: "East", 5: "yes"},
		ContactValues: field.Values{6: "Gold"},
	}
	return d
}

func TestFieldsStandInThePanel(t *testing.T) {
	t.Parallel()
	d := fieldDesk()
	s := site(t, d)
	page := s.Get("/w/acme/cases/12").Want(200).Has("As on the invoice.", "Tier", "Gold").Lacks("Edit contact fields")
	for label, want := range map[string]string{"Order": "A-1", "Amount": "", "Bought": "2026-05-01"} {
		if got := page.Field(label).AttrOr("value", ""); got != want {
			t.Errorf("%s is %q, want %q", label, got, want)
		}
	}
	if got := page.Field("Region").Find("[selected]").Text(); got != "East (no longer offered)" {
		t.Errorf("the region is %q", got)
	}
	if _, checked := page.Field("Paid").Attr("checked"); !checked {
		t.Error("the box is not checked")
	}
	page = s.As(access.Viewer).Get("/w/acme/cases/12").Want(200).Has("1 May 2026", "East", "Yes")
	if page.Buttons("Save fields").Length() != 0 {
		t.Error("viewers are offered to change fields")
	}
	d.delete(webtest.Now())
	page = s.As(access.Owner).Get("/w/acme/cases/12").Want(200).Has("A-1", "Gold").Lacks("Edit contact fields")
	if page.Buttons("Save fields").Length() != 0 {
		t.Error("a deleted case's fields can be changed")
	}
}

func TestFieldsAreSavedWithWhatWasShown(t *testing.T) {
	t.Parallel()
	d := fieldDesk()
	s := site(t, d)
	form := url.Values{"field": {"1", "5"}, "was_field-1": {"A-1"}, "field-1": {"A-2"}, "was_field-5": {"yes"}, "from": {"filter=open"}}
	s.Post("/w/acme/cases/12/fields", form).WantSeeOther("/w/acme/cases/12?from=filter%3Dopen")
	want := field.SetInput{Set: map[field.ID]string{1: "A-2", 5: ""}, Was: field.Values{1: "A-1", 5: "yes"}}
	if diff := cmp.Diff(want, d.fields.set); diff != "" || d.fields.contact {
		t.Error(diff)
	}
	page := s.As(access.Agent, access.ManageContacts).Get("/w/acme/cases/12").Want(200)
	if page.FormOf(page.Buttons("Save contact fields")).AttrOr("action", "") != "/w/acme/cases/12/contact-fields" {
		t.Error("the contact's fields cannot be saved")
	}
	s.Post("/w/acme/cases/12/contact-fields", url.Values{"field": {"6"}, "was_field-6": {"Gold"}, "field-6": {"Silver"}}).Want(http.StatusSeeOther)
	if d.fields.set.Set[6] != "Silver" || !d.fields.contact {
		t.Errorf("asked for %+v", d.fields.set)
	}
	d.fields.err = errs.New(errs.Forbidden, "")
	s.Post("/w/acme/cases/12/contact-fields", url.Values{"field": {"6"}, "field-6": {"x"}}).Want(http.StatusForbidden)
}

func TestWhatIsWrongWithFieldsIsSaid(t *testing.T) {
	t.Parallel()
	d := fieldDesk()
	s := site(t, d)
	form := url.Values{"field": {"1", "2"}, "was_field-1": {"A-0"}, "field-1": {"A-9"}, "was_field-2": {""}, "field-2": {"much"}}
	d.fields.err = errs.Field("field-2", "Amount: Enter a number.")
	page := s.Post("/w/acme/cases/12/fields", form).Want(http.StatusUnprocessableEntity).Has("The fields were not saved", "Amount: Enter a number.")
	if page.Field("Amount").AttrOr("value", "") != "much" || page.Field("Order").AttrOr("value", "") != "A-9" {
		t.Error("what was typed is lost")
	}
	d.fields.err = errs.Wrap(errs.Conflict, "Somebody changed Order meanwhile.", field.ErrChanged)
	page = s.Post("/w/acme/cases/12/fields", form).Want(http.StatusConflict).Has("Somebody changed Order meanwhile.", "At present: A-1.")
	if page.Field("Order").AttrOr("value", "") != "A-9" || page.Doc.Find("input[name=was_field-1]").AttrOr("value", "") != "A-1" {
		t.Error("saved again, it would not take the place of what is there now")
	}
	d.fields.err = errs.New(errs.Conflict, "Case 12 is deleted and cannot be changed. Restore it first.")
	s.Post("/w/acme/cases/12/fields", form).Want(http.StatusConflict).Has("Restore it first.")
}

func TestTheFeedSaysWhichFieldsWereChanged(t *testing.T) {
	t.Parallel()
	d := fieldDesk()
	d.c.Activity = []cases.Activity{{ID: 1, Kind: cases.ActFields, ActorKind: access.Member, ActorName: "Ben Okafor", CreatedAt: webtest.Now(),
		Data: map[string]any{"fields": []any{"region", "gone-by-now"}}}}
	site(t, d).Get("/w/acme/cases/12").Has("changed Region, gone-by-now")
}
