package contactpage_test

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/go-chi/chi/v5"

	"caseward/internal/desk/access"
	"caseward/internal/desk/cases"
	"caseward/internal/desk/contact"
	"caseward/internal/desk/field"
	"caseward/internal/desk/followup"
	"caseward/internal/desk/hold"
	"caseward/internal/desk/people"
	"caseward/internal/desk/portal"
	"caseward/internal/desk/removal"
	"caseward/internal/platform/errs"
	"caseward/web/console/contactpage"
	"caseward/web/webtest"
)

// desk has one contact and remembers what it was asked.
type desk struct {
	intoHeld bool
	waiting  *portal.Request
	record   contact.Record
	page     contact.Page
	timeline people.Timeline
	asked    contact.ListInput
	part     people.TimelineInput
	in       people.Input
	version  int
	merged   people.MergeInput
	uploaded string
	imported people.Import
	mapping  []string
	applied  bool

	requested bool
	refusal   string
	arrival   *people.Arrival
	err       error // of every change
	blocking  blocking
	moving    *removal.Move
	kept      string // why
}

func newDesk() *desk {
	return &desk{record: contact.Record{ID: 7, Name: "Mara Lindqvist", Phone: "030 123", Version: 3, CreatedAt: webtest.Now(),
		Emails: []contact.Address{{Email: "mara@customer.test", IsPrimary: true}, {Email: "mara@home.test"}}}}
}

func (d *desk) List(_ context.Context, _ access.Actor, in contact.ListInput) (contact.Page, error) {
	d.asked = in
	return d.page, nil
}

func (d *desk) Counts(context.Context, access.Actor) (contact.Counts, error) {
	return contact.Counts{contact.All: 12, contact.Deleted: 1001}, nil
}

func (d *desk) Get(_ context.Context, _ access.Actor, id contact.ID) (contact.Record, error) {
	if id != d.record.ID {
		return contact.Record{}, errs.New(errs.NotFound, "")
	}
	return d.record, nil
}

func (d *desk) Timeline(_ context.Context, _ access.Actor, _ contact.ID, in people.TimelineInput) (people.Timeline, error) {
	d.part = in
	return d.timeline, nil
}

func (d *desk) Create(_ context.Context, _ access.Actor, in people.Input) (contact.ID, error) {
	d.in = in
	return 9, d.err
}

func (d *desk) Update(_ context.Context, _ access.Actor, _ contact.ID, version int, in people.Input) error {
	d.in, d.version = in, version
	return d.err
}

func (d *desk) PlanMerge(_ context.Context, _ access.Actor, into, from contact.ID) (people.MergePlan, error) {
	p := people.MergePlan{Into: d.record, From: contact.Record{ID: from, Name: "Max", Version: 5, JobTitle: "Captain", Phone: "040", Emails: []contact.Address{{Email: "max@x.test", IsPrimary: true}}},
		Moves: people.Held{Cases: cases.ContactCounts{Live: 3, Deleted: 2}, Messages: 8, Ratings: 1}, Kept: d.record, Refusal: d.refusal,
		Fields: []field.Field{{ID: 2, Object: field.OfContact, Name: "Tier", Kind: field.Text}}, IntoValues: field.Values{2: "Gold"}, FromValues: field.Values{2: "Silver"}}
	p.Kept.JobTitle, p.IntoHeld = "Captain", d.intoHeld
	return p, nil
}

func (d *desk) Merge(_ context.Context, _ access.Actor, in people.MergeInput) error {
	d.merged = in
	return d.err
}

func (d *desk) Arriving(context.Context, access.Actor, contact.ID) (*people.Arrival, error) {
	return d.arrival, nil
}

func (d *desk) Export(_ context.Context, actor access.Actor, in contact.ListInput, write func([]string) error) error {
	if err := actor.Require(access.ManageContacts); err != nil {
		return err
	}
	d.asked = in
	if err := write([]string{"Name", "Email"}); err != nil {
		return err
	}
	if err := write([]string{"Mara, L", "mara@customer.test"}); err != nil {
		return err
	}
	return d.err
}

func (d *desk) StartImport(_ context.Context, _ access.Actor, data []byte) (people.ImportID, error) {
	d.uploaded = string(data)
	return 4, d.err
}

func (d *desk) Imports(context.Context, access.Actor) ([]people.Import, error) {
	return []people.Import{d.imported}, nil
}

func (d *desk) Import(context.Context, access.Actor, people.ImportID) (people.Import, error) {
	return d.imported, nil
}

func (d *desk) MapImport(_ context.Context, _ access.Actor, _ people.ImportID, mapping []string) error {
	d.mapping = mapping
	return d.err
}

func (d *desk) PlanImport(context.Context, access.Actor, people.ImportID) (people.ImportPlan, error) {
	return people.ImportPlan{Import: d.imported, Fields: []field.Field{{ID: 2, Object: field.OfContact, Name: "Tier", Kind: field.Text}}, Rows: rowsOf(150),
		Counts: map[people.Outcome]int{people.RowCreates: 149, people.RowRefused: 1}}, nil
}

func (d *desk) ApplyImport(context.Context, access.Actor, people.ImportID) error {
	d.applied = true
	return d.err
}

func (d *desk) ImportRows(_ context.Context, _ access.Actor, _ people.ImportID, outcome people.Outcome, after, limit int) ([]people.ImportRow, error) {
	return rowsOf(3), nil
}

// rowsOf are so many new rows, but for the second.
func rowsOf(n int) (list []people.ImportRow) {
	for i := range n {
		list = append(list, people.ImportRow{Line: i + 2, Cells: []string{"Eva", "", fmt.Sprintf("eva%d@b.test", i)}, Outcome: people.RowCreates})
	}
	list[1].Outcome, list[1].Reason, list[1].Contact = people.RowRefused, "There is no e-mail address in this row.", 12
	return list
}

func (d *desk) RequestData(context.Context, access.Actor, contact.ID) error {
	d.requested = true
	return d.err
}

func (d *desk) Packages(_ context.Context, _ access.Actor, of contact.ID) ([]people.Package, error) {
	list := []people.Package{{ID: 3, ContactID: 7, ContactName: "Mara Lindqvist", MemberName: "Ana", State: "ready", Size: 3 << 20, ExpiresAt: webtest.Now().Add(time.Hour)},
		{ID: 2, ContactID: 7, State: "waiting"}, {ID: 1, ContactID: 7, State: "failed"}}
	if of == 0 {
		list = nil
	}
	return list, nil
}

func (d *desk) ReadData(_ context.Context, actor access.Actor, _ contact.ID, _ people.PackageID, begin func(int64), write func([]byte) error) error {
	if err := actor.Require(access.ManageContacts); err != nil || d.err != nil {
		return errors.Join(err, d.err)
	}
	begin(4)
	return write([]byte("PK12"))
}

func (d *desk) OpenOfContact(_ context.Context, _ access.Actor, c cases.Case, _ int) ([]followup.FollowUp, error) {
	return []followup.FollowUp{{Note: "Call back", CaseNumber: 5, DueAt: webtest.Now(), AssigneeName: "Ana"}}, nil
}

func (d *desk) OfContact(context.Context, access.Actor, contact.ID) ([]field.Field, field.Values, error) {
	return []field.Field{{ID: 2, Object: field.OfContact, Name: "Tier", Kind: field.Text}}, field.Values{2: "Gold"}, nil
}

func (d *desk) WaitingOf(_ context.Context, a access.Actor, _ contact.ID) (*portal.Request, error) {
	return d.waiting, a.Require(access.RequestErasure)
}

// holds are those of a fake contact.
type holds []hold.Standing

func (d *desk) HeldContacts(_ context.Context, _ access.Actor, ids []contact.ID) (map[contact.ID]string, error) {
	return map[contact.ID]string{ids[0]: d.kept}, nil
}

func (h holds) OfContact(context.Context, access.Actor, contact.ID) ([]hold.Standing, error) {
	return h, nil
}

func TestWhoMayRequestErasureSeesThatAContactAskedForIt(t *testing.T) {
	t.Parallel()
	d := newDesk()
	d.waiting = &portal.Request{ID: 3, ContactID: 7, DueAt: webtest.Now()}
	s := site(t, d)
	s.As(access.Admin).Get("/w/acme/contacts/7").Want(200).Has("asked for the erasure", "an answer by "+webtest.Now().Format("2 January 2006"))
	s.As(access.Admin).Get("/w/acme/contacts/7").Has("Delete Forever does it and closes the request.")
	s.As(access.Viewer).Get("/w/acme/contacts/7").Want(200).Lacks("asked for the erasure")
	d.kept = "they are on legal hold"
	s.As(access.Admin).Get("/w/acme/contacts/7").Has("They cannot be deleted forever now: they are on legal hold.", "no mail tells them so").Lacks("Delete Forever does it")
	gone := webtest.Now()
	d.record.DeletedAt = &gone
	if s.As(access.Admin).Get("/w/acme/contacts/7").Links("Delete Forever").Length() != 0 {
		t.Error("Delete Forever is offered under a hold")
	}
	d.kept = ""
	if s.As(access.Admin).Get("/w/acme/contacts/7").Links("Delete Forever").Length() != 1 {
		t.Error("Delete Forever is not offered")
	}
}

func site(t *testing.T, d *desk) *webtest.Site {
	t.Helper()
	s := webtest.New(t)
	p := contactpage.New(s.Shell, contactpage.Services{Contacts: d, People: d, FollowUps: d, Fields: d, Blocking: &d.blocking, Moves: d, Requests: d, Holds: holds(nil), Kept: d})
	return s.Console(func(r chi.Router) {
		r.Get("/contacts", p.Handle(p.List))
		r.Post("/contacts", p.Handle(p.Create))
		r.Get("/contacts/new", p.Handle(p.New))
		r.Post("/contacts/export", p.Handle(p.Export))
		r.Get("/contacts/data", p.Handle(p.OwnData))
		r.Get("/contacts/{id}/data", p.Handle(p.Data))
		r.Post("/contacts/{id}/data", p.Handle(p.RequestData))
		r.Get("/contacts/{id}/data/{package}", p.Handle(p.DownloadData))
		r.Get("/contacts/import", p.Handle(p.Imports))
		r.Post("/contacts/import", p.Handle(p.Upload))
		r.Get("/contacts/import/{import}", p.Handle(p.ShowImport))
		r.Post("/contacts/import/{import}/columns", p.Handle(p.MapImport))
		r.Post("/contacts/import/{import}/apply", p.Handle(p.ApplyImport))
		r.Get("/contacts/{id}", p.Handle(p.Show))
		r.Post("/contacts/{id}", p.Handle(p.Update))
		r.Get("/contacts/{id}/edit", p.Handle(p.Edit))
		r.Get("/contacts/{id}/merge", p.Handle(p.Merge))
		r.Post("/contacts/{id}/merge", p.Handle(p.MergeInto))
		r.Get("/contacts/{id}/suspend", p.Handle(p.ConfirmSuspend))
		r.Post("/contacts/{id}/suspend", p.Handle(p.Suspend))
		r.Post("/contacts/suspended/restore", p.Handle(p.RestoreSuspended))
	}).SignIn()
}

func TestTheListShowsTabsAndPages(t *testing.T) {
	t.Parallel()
	d := newDesk()
	s := site(t, d)
	s.Get("/w/acme/contacts").Want(200).Has("No contacts yet", "1k+")
	if d.asked.Tab != contact.All {
		t.Errorf("asked for %q", d.asked.Tab)
	}
	at := webtest.Now().Add(-time.Hour)
	d.page = contact.Page{Rows: []contact.Summary{{ID: 7, Name: "Mara Lindqvist", Emails: []string{"a@x.test", "b@x.test", "c@x.test"}, OpenCases: 100, LastActivityAt: &at, SuspendedAt: &at}},
		Older: &contact.Cursor{At: at, ID: 7}}
	page := s.Get("/w/acme/contacts?tab=all&q=mara").Want(200).Has("Mara Lindqvist", "a@x.test", "and 2 more", "99+", "Suspended")
	page.Has("1 hour ago")
	older := "/w/acme/contacts?after=1777892400000000-7&q=mara&tab=all"
	if d.asked.Query != "mara" {
		t.Errorf("asked for %q", d.asked.Query)
	}
	s.Get(older).Want(200)
	if d.asked.After == nil || d.asked.After.ID != 7 || !d.asked.After.At.Equal(at) {
		t.Errorf("asked for what follows %v", d.asked.After)
	}
	s.Get("/w/acme/contacts?tab=nonsense&after=x").Want(200)
	if d.asked.Tab != contact.All || d.asked.After != nil {
		t.Errorf("nonsense asked for %+v", d.asked)
	}
	d.page = contact.Page{}
	s.Get("/w/acme/contacts?tab=deleted").Want(200).Has("No deleted contacts")
	s.Get("/w/acme/contacts?tab=suspended").Want(200).Has("No suspended contacts")
	s.Get("/w/acme/contacts?q=x").Want(200).Has("Nobody found")
}

func TestTheContactIsShown(t *testing.T) {
	t.Parallel()
	d := newDesk()
	at := webtest.Now().Add(-time.Hour)
	d.timeline = people.Timeline{Moments: []people.Moment{{At: at, Kind: 1, ID: 9, CaseNumber: 41, CaseSubject: "Two wheels", CaseStatus: cases.Open},
		{At: at, Kind: 0, ID: 3, CaseNumber: 40, CaseSubject: "Bell", Score: "bad", Comment: "Too late"}}, Older: &people.Place{At: at, Kind: 0, ID: 3}}
	s := site(t, d)
	s.Get("/w/acme/contacts/7").Want(200).Has("Mara Lindqvist", "mara@home.test", "Primary", "Gold", "Two wheels", "Rated “Bell” as Bad", "Too late", "Call back")
	s.Get("/w/acme/contacts/7?after=1777892400000000-0-3").Want(200)
	if d.part.After == nil || d.part.After.ID != 3 || !d.part.After.At.Equal(at) {
		t.Errorf("asked for %+v", d.part.After)
	}
	d.timeline.Newer = &people.Place{}
	s.Get("/w/acme/contacts/7?after=1777892400000000-0-3").Want(200).Lacks("Call back")
	d.record.DeletedAt, d.record.SuspendedAt = &at, &at
	s.Get("/w/acme/contacts/7").Want(200).Has("This contact was deleted", "has been suspended")
	into := contact.ID(12)
	d.record.MergedIntoID = &into
	s.Get("/w/acme/contacts/7").WantSeeOther("/w/acme/contacts/12")
	s.Get("/w/acme/contacts/8").Want(404)
	s.Get("/w/acme/contacts/x").Want(404)
}

func TestTheRecordIsChanged(t *testing.T) {
	t.Parallel()
	d := newDesk()
	s := site(t, d)
	s.Get("/w/acme/contacts/7").Want(200).Lacks("Change")
	s.Get("/w/acme/contacts/7/edit").Want(403)
	s.Get("/w/acme/contacts/new").Want(403)
	s.As(access.Agent, access.ManageContacts)
	page := s.Get("/w/acme/contacts/7/edit").Want(200).Has("Address 3", "Tier")
	if first, _ := page.Doc.Find("form[action='/w/acme/contacts/7'] button[type=submit]").First().Attr("name"); first != "" {
		t.Errorf("Enter presses %q instead of saving", first)
	}
	form := url.Values{"name": {"Mara L"}, "phone": {"1"}, "job_title": {"2"}, "address": {"3"}, "email-0": {""}, "email-1": {"b@x.test"}, "email-2": {"c@x.test"},
		"primary": {"2"}, "version": {"3"}, "field": {"2"}, "field-2": {"Silver"}, "was_field-2": {"Gold"}}
	s.Post("/w/acme/contacts/7", form).WantSeeOther("/w/acme/contacts/7")
	if in := d.in; d.version != 3 || in.Name != "Mara L" || len(in.Emails) != 3 || in.Emails[1].Email != "b@x.test" || !in.Emails[2].IsPrimary || in.Emails[1].IsPrimary || in.Fields.Set[2] != "Silver" {
		t.Errorf("saved %d, %+v", d.version, d.in)
	}
	form.Set("add", "1")
	s.Post("/w/acme/contacts/7", form).Want(200).Has("Address 4")
	form.Del("add")
	d.err = errs.Wrap(errs.Invalid, "This address belongs to Olaf.", &people.TakenError{Email: "b@x.test", By: 12, Name: "Olaf"})
	s.Post("/w/acme/contacts/7", form).Want(422).Has("Olaf has the address b@x.test", "Merge the two contacts")
	s.Post("/w/acme/contacts", form).Want(422).Has("Olaf has the address b@x.test").Lacks("Merge the two contacts")
	d.err = errs.New(errs.Conflict, "Somebody changed this contact meanwhile.")
	form.Set("version", "2")
	s.Post("/w/acme/contacts/7", form).Want(409).Has("Somebody changed this contact meanwhile.", "At present: Mara Lindqvist.")
	d.err = nil
	s.Post("/w/acme/contacts", form).WantSeeOther("/w/acme/contacts/9")
	at := webtest.Now()
	d.record.DeletedAt = &at
	s.Get("/w/acme/contacts/7/edit").Want(409)
	d.err = errs.New(errs.Conflict, "")
	s.Post("/w/acme/contacts/7", form).Want(409).Has("This contact is deleted")
}

func TestTwoContactsAreMerged(t *testing.T) {
	t.Parallel()
	d := newDesk()
	s := site(t, d)
	s.Get("/w/acme/contacts/7/merge").Want(403)
	s.As(access.Agent, access.ManageContacts)
	d.page = contact.Page{Rows: []contact.Summary{{ID: 7, Name: "Mara Lindqvist"}, {ID: 12, Name: "Max", Emails: []string{"max@x.test"}}}}
	s.Get("/w/acme/contacts/7/merge").Want(200).Lacks("max@x.test")
	if n := s.Get("/w/acme/contacts/7/merge?q=m").Want(200).Has("max@x.test").Links("Mara Lindqvist").Length(); n != 1 { // the crumb
		t.Errorf("the contact is offered itself, %d links", n)
	}
	page := s.Get("/w/acme/contacts/7/merge?with=12").Want(200).Has("5 cases, 8 messages, 1 rating and 1 e-mail address", "2 deleted", "Captain", "Silver", "Does not stay", "Keep Max instead")
	form := url.Values{"with": {"12"}, "version": {"3"}, "with_version": {"5"}}
	for name := range form {
		if got, _ := page.Doc.Find("form.confirm input[name=" + name + "]").Attr("value"); got != form.Get(name) {
			t.Errorf("the form's %s is %q", name, got)
		}
	}
	s.Post("/w/acme/contacts/7/merge", form).WantSeeOther("/w/acme/contacts/7")
	if want := (people.MergeInput{Into: 7, From: 12, IntoVersion: 3, FromVersion: 5}); d.merged != want {
		t.Errorf("merged %+v", d.merged)
	}
	d.err = errs.New(errs.Conflict, "One of the two contacts was changed meanwhile.")
	s.Post("/w/acme/contacts/7/merge", form).Want(409).Has("One of the two contacts was changed meanwhile.", "Merge Max into Mara Lindqvist?")
	d.refusal = "Max is suspended."
	s.Get("/w/acme/contacts/7/merge?with=12").Want(200).Has("Max is suspended.").Lacks("Does not stay")
	d.refusal, d.intoHeld = "", true
	s.Get("/w/acme/contacts/7/merge?with=12").Want(200).Has("What comes from Max is kept with them")
	d.arrival = &people.Arrival{Done: 3, Total: 10}
	s.Get("/w/acme/contacts/7").Want(200).Has("3 of 10")
}

func TestTheListIsExported(t *testing.T) {
	t.Parallel()
	d := newDesk()
	s := site(t, d)
	s.Post("/w/acme/contacts/export", nil).Want(403)
	s.As(access.Agent, access.ManageContacts)
	page := s.Post("/w/acme/contacts/export", url.Values{"tab": {"all"}, "q": {"mara"}}).Want(200)
	if want := `Name,Email "Mara, L",mara@customer.test`; !strings.HasSuffix(page.Text(), want) || page.Header.Get("Content-Disposition") != "attachment; filename=contacts.csv" {
		t.Errorf("the file is %q, %v", page.Text(), page.Header)
	}
	if d.asked.Query != "mara" || d.asked.Tab != contact.All {
		t.Errorf("asked for %+v", d.asked)
	}
}

func TestAListIsImported(t *testing.T) {
	t.Parallel()
	d := newDesk()
	d.imported = people.Import{ID: 4, MemberName: "Ana", State: people.ImportDraft, Header: []string{"Who", "Tier", "Mail"}, Mapping: []string{"name", "", "email"}, Total: 150}
	s := site(t, d)
	s.Get("/w/acme/contacts/import").Want(403)
	s.Get("/w/acme/contacts/import/4").Want(403)
	s.As(access.Agent, access.ManageContacts)
	s.Get("/w/acme/contacts/import").Want(200).Has("Not imported yet")
	s.Upload("/w/acme/contacts/import", nil).Want(422).Has("Choose one file.")
	s.Upload("/w/acme/contacts/import", nil, [2]string{"list.csv", "Mail\na@b.test"}).WantSeeOther("/w/acme/contacts/import/4")
	d.err = errs.Field("files", "The file is empty.")
	s.Upload("/w/acme/contacts/import", nil, [2]string{"list.csv", ""}).Want(422).Has("The file is empty.")
	d.err = nil
	s.Get("/w/acme/contacts/import/4").Want(200).Has("Nothing has been changed yet.", "149 new contacts", "eva0@b.test", "eva99@b.test", "There is no e-mail address in this row.", "More rows").Lacks("eva100@b.test")
	s.Get("/w/acme/contacts/import/4?after=101").Want(200).Has("eva100@b.test", "eva149@b.test").Lacks("eva99@b.test", "More rows")
	s.Get("/w/acme/contacts/import/4?show=refused").Want(200).Has("There is no e-mail address in this row.").Lacks("eva0@b.test")
	form := url.Values{"column-0": {"name"}, "column-1": {"field-2"}, "column-2": {"email"}}
	s.Post("/w/acme/contacts/import/4/columns", form).WantSeeOther("/w/acme/contacts/import/4")
	if len(d.mapping) != 3 || d.mapping[1] != "field-2" {
		t.Errorf("mapped %v", d.mapping)
	}
	d.err = errs.Field("column-0", "Say which column has the e-mail address.")
	s.Post("/w/acme/contacts/import/4/columns", form).Want(422).Has("Say which column has the e-mail address.")
	d.err = nil
	if s.Post("/w/acme/contacts/import/4/apply", nil).WantSeeOther("/w/acme/contacts/import/4"); !d.applied {
		t.Error("nothing was imported")
	}
	d.imported.State, d.imported.Created = people.ImportWorking, 40
	s.Get("/w/acme/contacts/import/4").Want(200).Has("40 of 150", "eva0@b.test")
	at := webtest.Now()
	d.imported.State, d.imported.EmptiedAt = people.ImportDone, &at
	s.Get("/w/acme/contacts/import/4").Want(200).Has("removed after a day").Lacks("eva0@b.test")
	s.Get("/w/acme/contacts/import/x").Want(404)
}

func TestWhatIsHeldIsDownloaded(t *testing.T) {
	t.Parallel()
	d := newDesk()
	s := site(t, d)
	s.Get("/w/acme/contacts/7/data").Want(403)
	s.Get("/w/acme/contacts/data").Want(403)
	s.Get("/w/acme/contacts/7/data/3").Want(403)
	s.As(access.Agent, access.ManageContacts) // the file has deleted cases too
	s.Get("/w/acme/contacts/7/data").Want(403)
	s.Get("/w/acme/contacts/7").Want(200).Lacks("Export data")
	s.As(access.Admin)
	s.Get("/w/acme/contacts/7").Want(200).Has("Export data")
	page := s.Get("/w/acme/contacts/7/data").Want(200).Has("Not in it: internal notes", "Download, 3.1 MB", "Being put together", "Failed")
	if href, _ := page.Links("Download, 3.1 MB").Attr("href"); href != "/w/acme/contacts/7/data/3" {
		t.Errorf("the file is at %s", href)
	}
	if s.Post("/w/acme/contacts/7/data", nil).WantSeeOther("/w/acme/contacts/7/data"); !d.requested {
		t.Error("nothing was asked for")
	}
	s.Get("/w/acme/contacts/data").Want(200).Has("No files")
	file := s.Get("/w/acme/contacts/7/data/3").Want(200)
	if file.Text() != "PK12" || file.Header.Get("Content-Length") != "4" || file.Header.Get("Cache-Control") != "private, no-store" {
		t.Errorf("the file is %q, %v", file.Text(), file.Header)
	}
	d.err = errs.New(errs.Gone, "This file has been removed.")
	s.Get("/w/acme/contacts/7/data/3").Want(410)
	s.Get("/w/acme/contacts/7/data/x").Want(404)
}
