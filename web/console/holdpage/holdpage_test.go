package holdpage_test

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/go-chi/chi/v5"

	"caseward/internal/desk/access"
	"caseward/internal/desk/cases"
	"caseward/internal/desk/contact"
	"caseward/internal/desk/hold"
	"caseward/internal/platform/errs"
	"caseward/web/console/holdpage"
	"caseward/web/webtest"
)

type fake struct {
	list     []hold.Hold
	next     *hold.Place
	after    *hold.Place
	set      hold.SetInput
	released hold.ReleaseInput
	refusal  error
	standing []hold.Standing
}

func (f *fake) OfCase(context.Context, access.Actor, cases.Case) ([]hold.Standing, error) {
	return f.standing, nil
}

func (f *fake) OfContact(context.Context, access.Actor, contact.ID) ([]hold.Standing, error) {
	return f.standing, nil
}

func (f *fake) Set(_ context.Context, actor access.Actor, in hold.SetInput) (hold.ID, error) {
	f.set = in
	if err := actor.Require(access.ManageHolds); err != nil {
		return 0, err
	}
	return 1, f.refusal
}

func (f *fake) Release(_ context.Context, actor access.Actor, in hold.ReleaseInput) error {
	if err := actor.Require(access.ManageHolds); err != nil {
		return err
	}
	f.released = in
	return f.refusal
}

func (f *fake) Get(_ context.Context, actor access.Actor, id hold.ID) (hold.Hold, error) {
	for _, h := range f.list {
		if h.ID == id {
			return h, actor.Require(access.ManageHolds)
		}
	}
	return hold.Hold{}, errs.New(errs.NotFound, "There is no such hold in this workspace.")
}

func (f *fake) List(_ context.Context, actor access.Actor, _ bool, after *hold.Place) ([]hold.Hold, *hold.Place, error) {
	f.after = after
	return f.list, f.next, actor.Require(access.ManageHolds)
}

type desk struct{}

func (desk) Get(_ context.Context, _ access.Actor, n cases.Number) (c cases.Details, err error) {
	if n == 11 {
		c.MergedIntoID, c.MergedIntoNumber = new(cases.ID), new(cases.Number)
		*c.MergedIntoNumber = 12
	} else if n != 12 {
		return c, errs.New(errs.NotFound, "There is no such case.")
	}
	c.Number, c.Subject = n, "Broken lamp"
	return c, nil
}

type people struct{}

func (people) Get(_ context.Context, _ access.Actor, id contact.ID) (contact.Record, error) {
	return contact.Record{ID: id, Name: "Marta Lindqvist"}, nil
}

func (people) List(_ context.Context, _ access.Actor, in contact.ListInput) (page contact.Page, err error) {
	if in.Tab == contact.Deleted && strings.EqualFold(in.Query, "marta@lind.test") {
		page.Rows = []contact.Summary{{ID: 8, Emails: []string{"other@lind.test"}}, {ID: 7, Emails: []string{"marta@lind.test"}}}
	}
	return page, nil
}

func site(t *testing.T, f *fake) *webtest.Site {
	t.Helper()
	s := webtest.New(t)
	p := holdpage.New(s.Shell, f, desk{}, people{})
	return s.Console(func(r chi.Router) {
		r.Get("/cases/{number}/hold", p.Handle(p.AskCase))
		r.Post("/cases/{number}/hold", p.Handle(p.HoldCase))
		r.Get("/contacts/{id}/hold", p.Handle(p.AskContact))
		r.Post("/contacts/{id}/hold", p.Handle(p.HoldContact))
		r.Get("/admin/holds", p.Handle(p.List))
		r.Post("/admin/holds", p.Handle(p.Find))
		r.Get("/admin/holds/{hold}/release", p.Handle(p.ConfirmRelease))
		r.Post("/admin/holds/{hold}/release", p.Handle(p.Release))
	}).SignIn()
}

func onCase(change func(*hold.Hold)) hold.Hold {
	h := hold.Hold{ID: 3, CaseNumber: 12, CaseSubject: "Broken lamp", Reason: "A dispute", ReviewAt: webtest.Now().AddDate(0, 1, 0), SetByName: "Olga Owner", SetAt: webtest.Now()}
	if change != nil {
		change(&h)
	}
	return h
}

func TestTheListSaysWhatWaits(t *testing.T) {
	t.Parallel()
	due, later := webtest.Now().AddDate(0, 0, -2), webtest.Now().AddDate(0, 0, 2)
	f := &fake{next: &hold.Place{At: due, ID: 9}, list: []hold.Hold{
		onCase(nil),
		onCase(func(h *hold.Hold) { h.ID, h.ReviewAt, h.PurgeAt, h.CaseDeletedAt = 4, due, &due, &due }),
		onCase(func(h *hold.Hold) { h.ID, h.PurgeAt, h.CaseDeletedAt, h.Erasures = 5, &later, &due, 1 }),
		onCase(func(h *hold.Hold) {
			h.ID, h.CaseNumber, h.ContactID, h.ContactName, h.PurgesDue, h.Purges, h.Forgets = 6, 0, 7, "Marta Lindqvist", 1, 1000, true
		}),
		onCase(func(h *hold.Hold) { h.ID, h.Asked = 7, true }),
	}}
	s := site(t, f).As(access.Admin)
	s.Get("/w/acme/admin/holds/7/release").Has("The contact asked in the portal for the erasure", "Nothing of that begins by itself").Lacks("Nothing waits for it now")
	page := s.Get("/w/acme/admin/holds").Want(http.StatusOK)
	for id, want := range map[string]string{
		"hold-3": "Nothing", "hold-7": "The erasure that the contact asked for in the portal, to be decided", "hold-4": "Its removal, due since", "hold-5": "The permanent deletion that support staff approved",
		"hold-6": "The removal of 1 deleted case that is dueThe removal of 1,000 or more deleted cases, each on its dateDelete Forever of the contact",
	} {
		if text := strings.Join(strings.Fields(page.Doc.Find("#"+id).Text()), " "); !strings.Contains(text, want) {
			t.Errorf("%s lacks %q: %s", id, want, text)
		}
	}
	if !strings.Contains(page.Doc.Find("#hold-4").Text(), "Overdue") || strings.Contains(page.Doc.Find("#hold-3").Text(), "Overdue") {
		t.Error("what is overdue is not said")
	}
	s.Get(page.Links("Older").AttrOr("href", "")).Want(http.StatusOK)
	if f.after == nil || f.after.ID != 9 || !f.after.At.Equal(due) {
		t.Errorf("went on after %+v", f.after)
	}
	site(t, &fake{}).As(access.Admin).Get("/w/acme/admin/holds").Has("Nothing is on legal hold")
	site(t, &fake{}).As(access.Agent).Get("/w/acme/admin/holds").Want(http.StatusForbidden)
}

func TestHoldsAreSetOnCasesAndContacts(t *testing.T) {
	t.Parallel()
	f := &fake{}
	s := site(t, f).As(access.Admin)
	page := s.Get("/w/acme/cases/12/hold").Want(http.StatusOK).Has("Put case 12 on legal hold?", "Broken lamp")
	if page.Field("Review on").AttrOr("min", "") != "2026-05-05" {
		t.Errorf("the first day is %s", page.Field("Review on").AttrOr("min", ""))
	}
	form := url.Values{"reason": {" A dispute "}, "review": {"2026-07-01"}}
	s.Post("/w/acme/cases/12/hold", form).WantSeeOther("/w/acme/cases/12")
	if f.set.Case != 12 || f.set.Reason != "A dispute" || f.set.ReviewAt.Format(time.DateOnly) != "2026-07-01" {
		t.Errorf("set %+v", f.set)
	}
	page.Has("While it is on legal hold", "It is not closed for inactivity.", "Nothing in it can be redacted", "The case that takes it in is then kept with it.", "A custom field of cases")
	s.Get("/w/acme/contacts/7/hold").Has("Put Marta Lindqvist on legal hold?", "also those still to come", "They themselves cannot be merged into another contact")
	s.Post("/w/acme/contacts/7/hold", form).WantSeeOther("/w/acme/contacts/7")
	if f.set.Contact != 7 || f.set.Case != 0 {
		t.Errorf("set %+v", f.set)
	}
	f.refusal = &errs.Error{Kind: errs.Invalid, Fields: map[string]string{"reason": "Say why.", "review": "Choose a day."}}
	s.Post("/w/acme/cases/12/hold", url.Values{"reason": {"Kept text"}, "review": {"nonsense"}}).Want(http.StatusUnprocessableEntity).Has("Say why.", "Choose a day.", "Kept text")
	if !f.set.ReviewAt.IsZero() {
		t.Error("nonsense is a day")
	}
	site(t, f).As(access.Agent).Get("/w/acme/cases/12/hold").Want(http.StatusForbidden)
	site(t, f).As(access.Agent).Post("/w/acme/cases/12/hold", form).Want(http.StatusForbidden)
}

// TestTheQuestionSaysWhatStands: a second hold is allowed, and of a merged case the one that it is part of is asked about.
func TestTheQuestionSaysWhatStands(t *testing.T) {
	t.Parallel()
	f := &fake{}
	s := site(t, f).As(access.Admin)
	s.Get("/w/acme/cases/12/hold").Lacks("already")
	f.standing = []hold.Standing{{ID: 1, Reason: "A dispute.", ReviewAt: webtest.Now(), SetByName: "Olga Owner"}, {ID: 2, OnContact: true, Reason: "A court asked.", ReviewAt: webtest.Now(), SetByName: "Adam Admin"}}
	s.Get("/w/acme/cases/12/hold").Has("2 legal holds keep it already.", "set by Olga Owner", "A dispute.", "Its contact is on legal hold, set by Adam Admin", "only for another reason")
	f.standing = f.standing[1:]
	s.Get("/w/acme/contacts/7/hold").Has("A legal hold keeps them already.", "On legal hold, set by Adam Admin")
	s.Get("/w/acme/cases/11/hold").WantSeeOther("/w/acme/cases/12/hold")
	s.Get("/w/acme/cases/12/hold").Has("Case 11 was merged into case 12", "keeps both")
}

func TestTheListFindsWhatIsMeant(t *testing.T) {
	t.Parallel()
	s := site(t, &fake{}).As(access.Admin)
	for what, below := range map[string]string{"12": "/cases/12/hold", "#12": "/cases/12/hold", "Marta@lind.test": "/contacts/7/hold"} {
		s.Post("/w/acme/admin/holds", url.Values{"what": {what}}).WantSeeOther("/w/acme" + below)
	}
	for _, what := range []string{"", "13", "Marta", "nobody@lind.test"} {
		s.Post("/w/acme/admin/holds", url.Values{"what": {what}}).Want(http.StatusUnprocessableEntity).Has("There is no such case")
	}
}

func TestAReleaseSaysWhatGoesOn(t *testing.T) {
	t.Parallel()
	due := webtest.Now().AddDate(0, 0, -2)
	f := &fake{list: []hold.Hold{
		onCase(func(h *hold.Hold) { h.PurgeAt = &due }), onCase(func(h *hold.Hold) { h.ID, h.Others, h.PurgeAt = 4, 1, &due }), onCase(func(h *hold.Hold) { h.ID = 5 }),
		onCase(func(h *hold.Hold) { h.ID, h.ReleasedAt, h.ReleasedByName = 6, &due, "Adam Admin" }),
	}}
	s := site(t, f).As(access.Admin)
	s.Get("/w/acme/admin/holds/3/release").Has("Release the hold on case 12?", "goes on at once", "Its removal, due since 2 May 2026")
	s.Get("/w/acme/admin/holds/4/release").Has("Another hold stands on it").Lacks("due since")
	s.Get("/w/acme/admin/holds/5/release").Has("Nothing waits for it now")
	s.Get("/w/acme/admin/holds/6/release").WantSeeOther("/w/acme/admin/holds?show=released")
	s.Get("/w/acme/admin/holds/99/release").Want(http.StatusNotFound)
	s.Post("/w/acme/admin/holds/3/release", url.Values{"reason": {"Settled"}}).WantSeeOther("/w/acme/admin/holds")
	if f.released.ID != 3 || f.released.Reason != "Settled" {
		t.Errorf("released %+v", f.released)
	}
	f.refusal = errs.Field("reason", "Say why it is no longer needed.")
	s.Post("/w/acme/admin/holds/3/release", nil).Want(http.StatusUnprocessableEntity).Has("Say why it is no longer needed.")
}
