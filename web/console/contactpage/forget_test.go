package contactpage_test

import (
	"context"
	"net/url"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"
	"github.com/go-chi/chi/v5"

	"caseward/internal/desk/access"
	"caseward/internal/desk/cases"
	"caseward/internal/desk/contact"
	"caseward/internal/desk/message"
	"caseward/internal/desk/removal"
	"caseward/internal/desk/retention"
	"caseward/internal/platform/errs"
	"caseward/web/console/contactpage"
	"caseward/web/webtest"
)

// life has one contact's deletion and erasure, and remembers what it was asked.
type life struct {
	*desk
	preview   removal.Preview
	restored  removal.RestoreInput
	plans     []retention.ForgetPlan
	forgotten retention.ForgetInput
	erasure   retention.Forgetting
	mentions  []retention.Mention
	deleted   bool
	fails     error
}

func (d *desk) Moving(context.Context, access.Actor, contact.ID) (*removal.Move, error) {
	return d.moving, nil
}

func (l *life) Preview(context.Context, access.Actor, contact.ID) (removal.Preview, error) {
	return l.preview, nil
}

func (l *life) Get(_ context.Context, _ access.Actor, id contact.ID) (contact.Record, error) {
	if l.erasure.GoneAt != nil {
		return contact.Record{}, errs.New(errs.Gone, "")
	}
	return l.record, nil
}

func (l *life) Delete(context.Context, access.Actor, contact.ID) error {
	l.deleted = true
	return l.fails
}

func (l *life) Restore(_ context.Context, _ access.Actor, in removal.RestoreInput) error {
	l.restored = in
	if !in.WithoutTaken {
		return l.fails
	}
	return nil
}

func (l *life) PlanForget(_ context.Context, actor access.Actor, _ []contact.ID) ([]retention.ForgetPlan, error) {
	return l.plans, actor.Require(access.EraseContacts)
}

func (l *life) Forget(_ context.Context, actor access.Actor, in retention.ForgetInput) (retention.ErasureID, error) {
	l.forgotten = in
	if l.fails != nil {
		return 0, l.fails
	}
	return 3, actor.Require(access.EraseContacts)
}

func (l *life) Forgettings(context.Context, access.Actor, retention.ErasureID) ([]retention.Forgetting, error) {
	return []retention.Forgetting{l.erasure}, nil
}

func (l *life) ForgettingOf(context.Context, access.Actor, contact.ID) (retention.Forgetting, error) {
	return l.erasure, nil
}

func (l *life) ContactCertificate(context.Context, access.Actor, contact.ID) (retention.Certificate, error) {
	id := contact.ID(7)
	at := webtest.Now()
	return retention.Certificate{Telling: retention.TellingDone, ToldAt: &at, Kind: retention.ContactErased, ContactID: &id, WorkspaceName: "Acme", Seq: 12, At: webtest.Now(),
		Counts: []byte(`{"cases": 3}`), Verification: []byte(`{"columns": 90, "traces": 4, "mentions": 2, "notice": true, "residues": [{"table": "messages", "column": "body_text", "rows": 2}]}`)}, nil
}

func (l *life) Mentions(context.Context, access.Actor, contact.ID, int64) ([]retention.Mention, bool, error) {
	return l.mentions, true, nil
}

func lifeSite(t *testing.T, l *life) *webtest.Site {
	t.Helper()
	s := webtest.New(t)
	p := contactpage.New(s.Shell, contactpage.Services{Contacts: l, People: l, FollowUps: l, Fields: l, Blocking: &l.blocking, Moves: l, Removal: l, Erasures: l, Requests: l, Holds: holds{{ID: 5, ReviewAt: webtest.Now(), SetByName: "Olga Owner"}}, Kept: l})
	return s.Console(func(r chi.Router) {
		r.Get("/contacts", p.Handle(p.List))
		r.Get("/contacts/{id}", p.Handle(p.Show))
		r.Get("/contacts/{id}/delete", p.Handle(p.ConfirmDelete))
		r.Post("/contacts/{id}/delete", p.Handle(p.Delete))
		r.Get("/contacts/{id}/restore", p.Handle(p.ConfirmRestore))
		r.Post("/contacts/{id}/restore", p.Handle(p.Restore))
		r.Get("/contacts/forget", p.Handle(p.ConfirmForget))
		r.Post("/contacts/forget", p.Handle(p.Forget))
		r.Get("/contacts/erasures/{erasure}", p.Handle(p.Progress))
		r.Get("/contacts/{id}/erasure", p.Handle(p.Erasure))
		r.Get("/contacts/{id}/certificate", p.Handle(p.Certificate))
		r.Get("/contacts/{id}/mentions", p.Handle(p.Mentions))
	}).SignIn()
}

// leads checks where a link of the page leads; "": there is none.
func leads(t *testing.T, p *webtest.Page, label, href string) {
	t.Helper()
	if got := p.Links(label).AttrOr("href", ""); got != href {
		t.Errorf("%q leads to %q, not to %q", label, got, href)
	}
}

func newLife() *life {
	return &life{desk: newDesk(), preview: removal.Preview{Contact: contact.Contact{ID: 7, Name: "Mara Lindqvist"}, Cases: cases.ContactCounts{Live: 3, InSpam: 1}}}
}

func TestAContactIsDeletedAndRestored(t *testing.T) {
	t.Parallel()
	l := newLife()
	s := lifeSite(t, l)
	s.As(access.Agent)
	leads(t, s.Get("/w/acme/contacts/7").Want(200), "Delete", "")
	s.Get("/w/acme/contacts/7/delete").Want(403)
	s.As(access.Agent, access.ManageContacts)
	leads(t, s.Get("/w/acme/contacts/7").Want(200), "Delete", "/w/acme/contacts/7/delete")
	s.Get("/w/acme/contacts/7/delete").Want(200).Has("Delete Mara Lindqvist?", "Their 3 live cases move to Spam", "1 in Spam and 0 deleted stay")
	s.Post("/w/acme/contacts/7/delete", nil).WantSeeOther("/w/acme/contacts/7")
	if !l.deleted {
		t.Error("not deleted")
	}
	at := webtest.Now()
	l.record.DeletedAt, l.preview.Contact.DeletedAt, l.preview.Hidden = &at, &at, 3
	leads(t, s.Get("/w/acme/contacts/7").Want(200).Lacks("Delete Forever"), "Restore", "/w/acme/contacts/7/restore")
	l.moving = &removal.Move{Kind: removal.Deleting, Total: 12, Done: 5}
	s.Get("/w/acme/contacts/7").Want(200).Has("on their way to Spam: 5 of 12 so far")
	s.Get("/w/acme/contacts/7/restore").Want(200).Has("The 3 cases that the deletion hid come back")
	s.Post("/w/acme/contacts/7/restore", nil).WantSeeOther("/w/acme/contacts/7")
	l.preview.Taken = []contact.Taken{{Email: "mara@customer.test", By: 9, Name: "Another Mara"}}
	l.fails = errs.New(errs.Conflict, "")
	s.Post("/w/acme/contacts/7/restore", nil).Want(409).Has("belongs to another contact now: Another Mara", "Restore without the address")
	s.Post("/w/acme/contacts/7/restore", url.Values{"without": {"1"}}).WantSeeOther("/w/acme/contacts/7")
	if !l.restored.WithoutTaken {
		t.Error("with the address")
	}
}

func TestContactsAreDeletedForever(t *testing.T) {
	t.Parallel()
	l := newLife()
	s := lifeSite(t, l)
	at := webtest.Now()
	l.record.DeletedAt = &at
	l.page = contact.Page{Rows: []contact.Summary{{ID: 7, Name: "Mara Lindqvist", DeletedAt: &at}}}
	s.As(access.Agent, access.Grantable()...)
	s.Get("/w/acme/contacts?tab=deleted").Want(200).Lacks("Delete Forever")
	s.Get("/w/acme/contacts/forget?contact=7").Want(403)
	s.Post("/w/acme/contacts/forget", url.Values{"contact": {"7"}, "word": {"forever"}}).Want(403)
	s.As(access.Admin)
	s.Get("/w/acme/contacts?tab=deleted").Want(200).Has("Delete Forever", "Select Mara Lindqvist")
	leads(t, s.Get("/w/acme/contacts/7").Want(200), "Delete Forever", "/w/acme/contacts/forget?contact=7")
	s.Get("/w/acme/contacts/forget").WantSeeOther("/w/acme/contacts?tab=deleted")
	l.plans = []retention.ForgetPlan{{Contact: contact.Contact{ID: 7, Name: "Mara Lindqvist"}, Counts: retention.PersonCounts{Cases: 12, Messages: 40, Replies: 2, OtherCases: 1},
		Newer: []retention.Newer{{Taken: contact.Taken{Email: "mara@customer.test", By: 9, Name: "Another Mara"}, Counts: retention.PersonCounts{Cases: 1}}}, Mentions: 4}}
	s.Get("/w/acme/contacts/forget?contact=7").Want(200).Has("the 12 cases that they requested", "40 messages and notes", "2 replies on 1 case", "Also erase the newer contact Another Mara",
		"About 4 cases of other people")
	form := url.Values{"contact": {"7"}, "newer": {"9"}, "seen-7": {`{"cases":12,"messages":40}`}, "seen-9": {`nonsense`}, "word": {"forever"}}
	s.Post("/w/acme/contacts/forget", form).WantSeeOther("/w/acme/contacts/erasures/3")
	if in := l.forgotten; in.Seen[7].Cases != 12 || in.Seen[9].Cases != 0 || len(in.Newer) != 1 || in.Word != "forever" {
		t.Errorf("%+v", in)
	}
	asked := webtest.Now()
	l.plans[0].Tell.Why = "this workspace has no e-mail address to send from"
	s.Get("/w/acme/contacts/forget?contact=7").Has("cannot be told by mail when it is done: this workspace has no").Lacks("Tell them by mail")
	l.plans[0].Tell = retention.Tellable{Email: "mara@customer.test"}
	told := func(p *webtest.Page) bool { return p.Doc.Find(`input[name="tell"][value="7"][checked]`).Length() == 1 }
	if told(s.Get("/w/acme/contacts/forget?contact=7").Has("Tell them by mail when it is done", "At mara@customer.test")) {
		t.Error("who has asked for nothing is told, unless somebody chooses so")
	}
	l.plans[0].AskedAt = &asked
	if !told(s.Get("/w/acme/contacts/forget?contact=7").Has("have a right to know")) {
		t.Error("who has asked for it is not told")
	}
	l.plans[0].Tell.Newer = "Another Mara"
	if told(s.Get("/w/acme/contacts/forget?contact=7").Has("Only together with the newer contact Another Mara")) {
		t.Error("ticked, though somebody else has the address")
	}
	form.Set("tell", "7")
	s.Post("/w/acme/contacts/forget", form).WantSeeOther("/w/acme/contacts/erasures/3")
	if len(l.forgotten.Tell) != 1 || l.forgotten.Tell[0] != 7 {
		t.Errorf("%v are told", l.forgotten.Tell)
	}
	form.Del("tell")
	l.fails = errs.New(errs.Conflict, "")
	if told(s.Post("/w/acme/contacts/forget", form).Want(409)) {
		t.Error("what was chosen is forgotten")
	}
	l.fails = errs.New(errs.Conflict, "13 cases instead of 12")
	s.Post("/w/acme/contacts/forget", form).Want(409).Has("13 cases instead of 12", "Below is what would be erased now")
	l.fails = errs.Field("word", "Type the word")
	s.Post("/w/acme/contacts/forget", form).Want(422).Has("Type the word", "Nothing was deleted")
}

func TestWhatIsLeftOfAContact(t *testing.T) {
	t.Parallel()
	l := newLife()
	s := lifeSite(t, l)
	s.As(access.Admin)
	l.erasure = retention.Forgetting{ID: 3, ContactID: 7, ContactName: "Mara Lindqvist", RequestedByName: "Olga", Step: "cases", Planned: retention.PersonCounts{Cases: 12}, Erased: 5, RequestedAt: webtest.Now()}
	polls := func(p *webtest.Page) int {
		return p.Doc.Find("[hx-get]").FilterFunction(func(_ int, s *goquery.Selection) bool { return s.AttrOr("id", "") == "erasure-progress" }).Length()
	}
	l.erasure.Untold = true
	if polls(s.Get("/w/acme/contacts/erasures/3").Want(200).Has("0 of 1 contact done", "5 of 12", "Nobody is told by mail.")) != 1 {
		t.Error("it does not go on by itself")
	}
	s.Get("/w/acme/contacts/7/erasure").WantSeeOther("/w/acme/contacts/erasures/3")
	at := webtest.Now().Add(-time.Hour)
	l.erasure.ContactName, l.erasure.GoneAt, l.erasure.Step = "", &at, "search"
	s.Get("/w/acme/contacts/7").Want(410).Has("This contact was permanently deleted", "by Olga", "the certificate follows").Lacks("Mara")
	l.erasure.FinishedAt, l.erasure.Step, l.erasure.Mentions = &at, "done", 2
	if polls(s.Get("/w/acme/contacts/erasures/3").Want(200).Has("The contact was permanently deleted", "2 places in other people", "Nobody was told by mail.", "Show the certificate")) != 0 {
		t.Error("it goes on after the end")
	}
	l.erasure.Untold, l.erasure.Telling, l.erasure.ToldAt = false, retention.TellingDone, &at
	s.Get("/w/acme/contacts/erasures/3").Want(200).Has("They were told by mail on")
	l.erasure.Telling = retention.TellingFiled
	s.Get("/w/acme/contacts/erasures/3").Want(200).Has("put into the outbox folder on").Lacks("They were told")
	gone := s.Get("/w/acme/contacts/7").Want(410)
	leads(t, gone, "Show the certificate", "/w/acme/contacts/7/certificate")
	leads(t, gone, "Look at likely mentions", "/w/acme/contacts/7/mentions")
	s.Get("/w/acme/contacts/7/certificate").Want(200).Has("Erasure certificate", "Contact 7", "90 columns", "2 places in other people", "pg_wal", "7-12",
		"erasure_notices.email", "The mail was handed over on")
	id := message.ID(5)
	l.mentions = []retention.Mention{{ID: 4, Place: "messages.body_text", CaseNumber: 41, Subject: "Stairs", MessageID: &id, At: &at}, {ID: 9, Place: "saved_filters.query"}}
	page := s.Get("/w/acme/contacts/7/mentions").Want(200).Has("Text of a message or note", "A saved filter")
	leads(t, page, "Erase…", "/w/acme/cases/41/messages/5/erase")
	leads(t, page, "More of them", "/w/acme/contacts/7/mentions?after=9")
}

// TestWhoIsHeldIsLeftOut of Delete Forever, and the page says why; the others go on.
func TestWhoIsHeldIsLeftOut(t *testing.T) {
	t.Parallel()
	l := newLife()
	free := retention.ForgetPlan{Contact: contact.Contact{ID: 7, Name: "Free Contact"}}
	kept := retention.ForgetPlan{Contact: contact.Contact{ID: 9, Name: "Held Contact"}, Held: "they are on legal hold"}
	l.plans = []retention.ForgetPlan{free, kept}
	page := lifeSite(t, l).As(access.Admin).Get("/w/acme/contacts/forget?contact=7&contact=9").Want(200)
	page.Has("Delete Free Contact forever?", "Held Contact cannot be deleted forever now: they are on legal hold.")
	if n := page.Doc.Find(`input[name="contact"]`).Length(); n != 1 {
		t.Errorf("%d contacts would be deleted", n)
	}
	if v := page.Doc.Find(`input[name="held"]`).AttrOr("value", ""); v != "1" {
		t.Errorf("%q are left out", v)
	}
	l.plans = []retention.ForgetPlan{kept}
	s := lifeSite(t, l).As(access.Admin)
	s.Get("/w/acme/contacts/forget?contact=9").WantSeeOther("/w/acme/contacts/9")
	s.Get("/w/acme/contacts/7").Has("Held Contact cannot be deleted forever now", "On legal hold: neither they nor any of their cases can be removed.")
	s.Get("/w/acme/contacts/7/delete").Has("They are on legal hold: they and their cases are kept until it is released.")
}
