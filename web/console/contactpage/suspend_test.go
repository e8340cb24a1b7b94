package contactpage_test

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"testing"
	"time"

	"caseward/internal/desk/access"
	"caseward/internal/desk/contact"
	"caseward/internal/platform/errs"
	"caseward/web/webtest"
)

// blocking knows what suspends contacts and remembers what it was asked.
type blocking struct {
	standing contact.Standing
	did      []string
	err      error
}

func (b *blocking) Suspend(_ context.Context, a access.Actor, id contact.ID) error {
	b.did = append(b.did, fmt.Sprint("suspend ", id))
	if err := a.Require(access.ManageContacts); err != nil {
		return err
	}
	return b.err
}

func (b *blocking) Restore(_ context.Context, a access.Actor, ids []contact.ID) (int, error) {
	b.did = append(b.did, fmt.Sprint("restore ", ids))
	return len(ids), a.Require(access.ManageContacts)
}

func (b *blocking) Standing(context.Context, access.Actor, contact.ID) (contact.Standing, error) {
	return b.standing, nil
}

func (b *blocking) OfMany(_ context.Context, _ access.Actor, ids []contact.ID) (map[contact.ID]contact.Suspension, error) {
	found := map[contact.ID]contact.Suspension{}
	for _, id := range ids {
		found[id] = *b.standing.Suspension
	}
	return found, nil
}

func TestSuspendOnTheContact(t *testing.T) {
	t.Parallel()
	d := newDesk()
	s := site(t, d)
	manager := func() *webtest.Site { return s.As(access.Agent, access.ManageContacts) }
	if manager().Get("/w/acme/contacts/7").Want(200).Links("Suspend").Length() != 1 || s.As(access.Agent).Get("/w/acme/contacts/7").Links("Suspend").Length() != 0 {
		t.Error("Suspend is offered to the wrong people")
	}
	manager().Get("/w/acme/contacts/7/suspend").Want(200).Has("Suspend Mara Lindqvist?", "14 days")
	s.As(access.Agent).Get("/w/acme/contacts/7/suspend").Want(403)
	manager().Post("/w/acme/contacts/7/suspend", nil).WantSeeOther("/w/acme/contacts/7")
	s.As(access.Agent).Post("/w/acme/contacts/7/suspend", nil).Want(403)
	d.blocking.err = errs.New(errs.Conflict, "This contact cannot be suspended.")
	manager().Post("/w/acme/contacts/7/suspend", nil).Want(409)
	d.blocking.standing.Protection = contact.Protection{Kind: contact.MemberAddress}
	if manager().Get("/w/acme/contacts/7").Want(200).Has("cannot be suspended, because they write from the address of a member").Links("Suspend").Length() != 0 {
		t.Error("a member can be suspended")
	}

	at, number := webtest.Now(), int64(41)
	d.record.SuspendedAt = &at
	d.blocking.standing = contact.Standing{Suspension: &contact.Suspension{SuspendedByName: "Ben Okafor", SuspendedAt: at, Cause: contact.SpamCause, CaseNumber: &number, Blocked: 3}}
	page := manager().Get("/w/acme/contacts/7").Want(200).Has("Ben Okafor marked case #41 as spam", "3 mails since then")
	if page.Buttons("Restore").Length() != 1 || s.As(access.Agent).Get("/w/acme/contacts/7").Buttons("Restore").Length() != 0 {
		t.Error("Restore is offered to the wrong people")
	}
	manager().Get("/w/acme/contacts/7/suspend").WantSeeOther("/w/acme/contacts/7")
	manager().Post("/w/acme/contacts/suspended/restore", url.Values{"contact": {"7"}, "next": {"/w/acme/contacts/7"}}).WantSeeOther("/w/acme/contacts/7")
	want := []string{"suspend 7", "suspend 7", "suspend 7", "restore [7]"}
	if !slices.Equal(d.blocking.did, want) {
		t.Errorf("did %q, want %q", d.blocking.did, want)
	}
}

func TestTheSuspendedTab(t *testing.T) {
	t.Parallel()
	d := newDesk()
	at := webtest.Now().Add(-time.Hour)
	d.page = contact.Page{Rows: []contact.Summary{{ID: 7, Name: "Sam Spammer", Emails: []string{"sam@spam.test"}, SuspendedAt: &at, SortAt: at}, {ID: 8, SortAt: at}}}
	d.blocking.standing.Suspension = &contact.Suspension{SuspendedByName: "Ben Okafor", Cause: contact.ByHandCause, Blocked: 12}
	s := site(t, d)
	page := s.As(access.Agent, access.ManageContacts).Get("/w/acme/contacts?tab=suspended").Want(200).Has("Sam Spammer", "sam@spam.test", "Ben Okafor", "by hand", "12")
	if page.Buttons("Restore").Length() != 2 || page.Doc.Find("input[type=checkbox][name=contact]").Length() != 2 || page.Links("Blocked mail").Length() != 1 {
		t.Error("a button or a checkbox is missing")
	}
	page = s.As(access.Viewer).Get("/w/acme/contacts?tab=suspended").Want(200)
	if page.Buttons("Restore").Length() != 0 || page.Links("Blocked mail").Length() != 0 || page.Doc.Find("main input[type=checkbox]").Length() != 0 {
		t.Error("a viewer is offered to change something")
	}
	list := "/w/acme/contacts?tab=suspended"
	s.As(access.Agent, access.ManageContacts).Post("/w/acme/contacts/suspended/restore", url.Values{"contact": {"7", "8"}}).WantSeeOther(list)
	s.As(access.Agent, access.ManageContacts).Post("/w/acme/contacts/suspended/restore", nil).WantSeeOther(list)
	s.As(access.Agent, access.ManageContacts).Post("/w/acme/contacts/suspended/restore", url.Values{"contact": {"x"}}).Want(422)
	s.As(access.Agent).Post("/w/acme/contacts/suspended/restore", url.Values{"contact": {"7"}}).Want(403)
}
