package bulkpage_test

import (
	"context"
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/go-chi/chi/v5"
	"github.com/google/go-cmp/cmp"

	"caseward/internal/desk/access"
	"caseward/internal/desk/bulk"
	"caseward/internal/desk/cases"
	"caseward/internal/desk/member"
	"caseward/internal/desk/workspace"
	"caseward/internal/platform/errs"
	"caseward/web/console/bulkpage"
	"caseward/web/webtest"
)

type fake struct {
	action  bulk.Action
	told    []bulk.Told
	started bulk.StartInput
	refuse  error
	undone  bulk.ID
	held    bulk.Held
}

func (f *fake) Start(_ context.Context, _ access.Actor, in bulk.StartInput) (bulk.ID, error) {
	f.started = in
	return 7, f.refuse
}

func (f *fake) Matches(context.Context, access.Actor, bulk.Scope) (int, error) { return 1001, nil }
func (f *fake) Held(context.Context, access.Actor, bulk.StartInput) (bulk.Held, error) {
	return f.held, nil
}
func (f *fake) Get(context.Context, access.Actor, bulk.ID) (bulk.Action, error) {
	return f.action, nil
}
func (f *fake) Told(context.Context, access.Actor, bulk.ID, bulk.ToldInput) ([]bulk.Told, error) {
	return f.told, nil
}
func (f *fake) Recent(context.Context, access.Actor) ([]bulk.Action, error) {
	return []bulk.Action{f.action}, nil
}
func (f *fake) Undo(_ context.Context, _ access.Actor, id bulk.ID) error {
	f.undone = id
	return nil
}
func (f *fake) Stop(context.Context, access.Actor, bulk.ID) error { return nil }

func (f *fake) List(context.Context, access.Actor) ([]member.Member, error) {
	return []member.Member{{ID: 3, Name: "Ben Okafor", Role: access.Agent}, {ID: 4, Name: "Vera Viewer", Role: access.Viewer}}, nil
}

func (f *fake) Queues(context.Context, access.Actor) ([]workspace.Queue, error) {
	return []workspace.Queue{{ID: 9, Name: "Returns"}}, nil
}

func site(t *testing.T, f *fake) *webtest.Site {
	t.Helper()
	s := webtest.New(t)
	p := bulkpage.New(s.Shell, f, f, f)
	return s.Console(func(r chi.Router) {
		r.Get("/bulk", p.Handle(p.List))
		r.Post("/bulk", p.Handle(p.Start))
		r.Get("/bulk/new", p.Handle(p.Ask))
		r.Get("/bulk/{id}", p.Handle(p.Show))
		r.Post("/bulk/{id}/undo", p.Handle(p.Undo))
	}).SignIn()
}

func TestAskNamesTheCasesAndWhatHappens(t *testing.T) {
	t.Parallel()
	s := site(t, &fake{})
	page := s.As(access.Admin).Get("/w/acme/bulk/new?case=4&case=5").Want(http.StatusOK)
	page.Has("Bulk Update: 2 cases", "Ben Okafor", "Returns", "Update 2 cases")
	if page.Doc.Find(`select[name=assignee] option:contains("Vera")`).Length() != 0 {
		t.Error("a viewer is offered as assignee")
	}
	if n := page.Doc.Find(`input[type=hidden][name=case]`).Length(); n != 2 {
		t.Errorf("%d cases go along", n)
	}
	s.As(access.Admin).Get("/w/acme/bulk/new?all=1&filter=open&do=delete").Want(http.StatusOK).
		Has("more than 1,000 cases", "All in the list “All open”", "11 May 2026", "removed for good", "Delete more than 1,000 cases")
	s.As(access.Admin).Get("/w/acme/bulk/new").Want(http.StatusOK).Has("No cases selected")
	s.As(access.Agent).Get("/w/acme/bulk/new?case=4&do=delete").Want(http.StatusForbidden)
	s.As(access.Viewer).Get("/w/acme/bulk/new?case=4").Want(http.StatusForbidden)
}

// TestDeletingForeverSaysWhatIsHeld: how many stay in the question, and afterwards how many did.
func TestDeletingForeverSaysWhatIsHeld(t *testing.T) {
	t.Parallel()
	f := &fake{held: bulk.Held{Count: 3}}
	s := site(t, f).As(access.Admin)
	s.Get("/w/acme/bulk/new?all=1&filter=spam&do=erase").Want(http.StatusOK).Has("3 of them are kept by legal holds and stay in Spam.", "on every page, but those that legal holds keep, go for good", "delete them again when the last hold is released", "Delete the others forever")
	f.held = bulk.Held{Count: 1, Numbers: []cases.Number{5}}
	page := s.Get("/w/acme/bulk/new?case=4&case=5&filter=spam&do=erase").Has("1 of them is kept by a legal hold and stays in Spam.", "Case 4 goes for good", "Delete 1 case forever").Lacks("Cases 4 and 5")
	if sent := page.Doc.Find(`input[name=case]`); sent.Length() != 1 || sent.AttrOr("value", "") != "4" || page.Doc.Find("input[name=confirm]").Length() != 0 {
		t.Errorf("%d cases are sent", sent.Length())
	}
	only := s.Get("/w/acme/bulk/new?case=5&filter=spam&do=erase").Has("It is kept by a legal hold and stays in Spam.", "Back to the list").Lacks("for good at once", "It runs in the background")
	if only.Buttons("Delete").Length() != 0 {
		t.Error("a button deletes nothing")
	}
	f.held = bulk.Held{Count: 2, Numbers: []cases.Number{4, 5}}
	s.Get("/w/acme/bulk/new?case=4&case=5&filter=spam&do=erase").Has("All of them are kept by legal holds and stay in Spam.").Lacks("for good at once")
	f.held = bulk.Held{}
	s.Get("/w/acme/bulk/new?all=1&filter=spam&do=erase").Lacks("stay in Spam")
	f.action = bulk.Action{ID: 7, Change: cases.Many{Do: cases.EraseMany}, State: bulk.Done, Total: 9, Held: 2}
	f.action.Changed, f.action.Refused = 6, 3
	s.Get("/w/acme/bulk/7").Has("3, of which 2 kept by legal holds, see below")
	f.action.Held = 3
	s.Get("/w/acme/bulk/7").Has("3, kept by legal holds, see below")
}

// TestDeletingManySaysWhatIsHeld: that they are removed after the time to restore them is not true of those.
func TestDeletingManySaysWhatIsHeld(t *testing.T) {
	t.Parallel()
	f := &fake{held: bulk.Held{Count: 1, Numbers: []cases.Number{5}}}
	s := site(t, f).As(access.Admin)
	s.Get("/w/acme/bulk/new?case=4&case=5&do=delete").Want(http.StatusOK).Has("Then they are removed for good.", "1 of them is kept by a legal hold: it can be deleted, but is not removed for good", "Delete 2 cases")
	s.Get("/w/acme/bulk/new?case=5&do=delete").Has("It is kept by a legal hold: it can be deleted").Lacks("Then they are removed for good")
	f.held = bulk.Held{}
	s.Get("/w/acme/bulk/new?case=5&do=delete").Has("Then they are removed for good.").Lacks("legal hold")
}

func TestStartSendsWhatWasChosen(t *testing.T) {
	t.Parallel()
	f := &fake{}
	s := site(t, f).As(access.Admin)
	form := url.Values{"case": {"4", "5"}, "do": {"update"}, "status": {"on_hold"}, "assignee": {"0"}, "priority": {""}, "queue": {"9"}, "add_tags": {"a,b"}, "next": {"/w/acme/inbox?filter=open"}}
	s.Post("/w/acme/bulk", form).WantSeeOther("/w/acme/bulk/7?next=%2Fw%2Facme%2Finbox%3Ffilter%3Dopen")
	status, nobody, queue := cases.OnHold, access.MemberID(0), int64(9)
	want := bulk.StartInput{Numbers: []cases.Number{4, 5}, Change: cases.Many{Do: cases.UpdateMany, Status: &status, Assignee: &nobody, Queue: &queue, AddTags: []string{"a", "b"}}}
	if diff := cmp.Diff(want, f.started); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	s.Post("/w/acme/bulk", url.Values{"all": {"1"}, "q": {"tag:x"}, "do": {"spam"}})
	if f.started.All == nil || f.started.All.Query != "tag:x" || f.started.Numbers != nil {
		t.Errorf("%+v", f.started)
	}
	f.refuse = errs.Field("tags", "Keep each tag under 50 characters.")
	s.Post("/w/acme/bulk", form).Want(http.StatusUnprocessableEntity).Has("Keep each tag under 50 characters.", "Update 2 cases")
}

func TestShowTellsWhatBecameOfTheCases(t *testing.T) {
	t.Parallel()
	finished := webtest.Now().Add(-time.Minute)
	status := cases.Closed
	f := &fake{
		action: bulk.Action{ID: 7, MemberName: "Ana Duarte", Change: cases.Many{Do: cases.UpdateMany, Status: &status}, State: bulk.Done,
			Total: 10, Tally: bulk.Tally{Changed: 7, Unchanged: 1, Refused: 1}, CreatedAt: finished, FinishedAt: &finished},
		told: []bulk.Told{{ID: 1, Number: 44, State: cases.ManyRefused, Reason: "Case 44 is deleted."}},
	}
	s := site(t, f).As(access.Admin)
	s.Get("/w/acme/bulk/7").Want(http.StatusOK).Has("Change status to closed", "Done.", "Ana Duarte", "Were so already", "Left out", "Not reached", "Case 44 is deleted.", "Undo")
	s.Get("/w/acme/bulk").Want(http.StatusOK).Has("Change status to closed", "Ana Duarte")
	s.Get("/w/acme/bulk/7").Has("possible for 30 days")
	gone := webtest.Now().Add(7 * 24 * time.Hour)
	f.action.Deletion.Until = &gone
	s.Get("/w/acme/bulk/7").Has("until the cases are removed for good, from 11 May 2026, ").Lacks("30 days")
	f.action.Deletion = bulk.Deletion{Over: true}
	if s.Get("/w/acme/bulk/7").Buttons("Undo").Length() != 0 {
		t.Error("an undo is offered that has nothing left to undo")
	}
	f.action.Deletion = bulk.Deletion{}
	f.action.Stopped, f.action.Problem = true, "The cases could not be found in time."
	s.Get("/w/acme/bulk/7").Want(http.StatusOK).Has("The cases could not be found in time.")
	f.action.Stopped, f.action.Problem = false, ""
	s.Post("/w/acme/bulk/7/undo", nil).WantSeeOther("/w/acme/bulk/7?next=")
	if f.undone != 7 {
		t.Errorf("undone: %d", f.undone)
	}
	f.action.State, f.action.FinishedAt = bulk.Working, nil
	page := s.Get("/w/acme/bulk/7").Want(http.StatusOK)
	page.Has("At work", "9 of 10", "Stop")
	if page.Doc.Find("#bulk-report[hx-trigger]").Length() != 1 {
		t.Error("the report is not fetched again while the job works")
	}
	s.Get("/w/acme/bulk/x").Want(http.StatusNotFound)
}

// TestDeletingForeverNamesTheCasesAndAsksForAWord: one case needs none.
func TestDeletingForeverNamesTheCasesAndAsksForAWord(t *testing.T) {
	t.Parallel()
	f := &fake{}
	s := site(t, f).As(access.Owner)
	page := s.Get("/w/acme/bulk/new?case=4&case=5&case=9&filter=spam&do=erase").Want(http.StatusOK).
		Has("Cases 4, 5 and 9 go for good", "cannot be undone", "Delete 3 cases forever").Lacks("you can undo it")
	until := page.Doc.Find("input[name=until]").AttrOr("value", "")
	many := url.Values{"case": {"4", "5", "9"}, "filter": {"spam"}, "do": {"erase"}, "until": {until}}
	s.Post("/w/acme/bulk", many).Want(http.StatusUnprocessableEntity).Has("Type the word delete", "Cases 4, 5 and 9")
	many.Set("confirm", " Delete ")
	s.Post("/w/acme/bulk", many).WantSeeOther("/w/acme/bulk/7?next=")
	if c := f.started.Change; c.Do != cases.EraseMany || c.Until == nil || !c.Until.Equal(webtest.Now()) {
		t.Errorf("started %+v", c)
	}
	if s.Get("/w/acme/bulk/new?case=4&filter=spam&do=erase").Want(http.StatusOK).Has("Case 4 goes for good", "in which it can be restored").Doc.Find("input[name=confirm]").Length() != 0 {
		t.Error("one case asks for a word")
	}
	s.Post("/w/acme/bulk", url.Values{"case": {"4"}, "do": {"erase"}}).WantSeeOther("/w/acme/bulk/7?next=")
	s.Post("/w/acme/bulk", url.Values{"all": {"1"}, "filter": {"spam"}, "do": {"erase"}}).Want(http.StatusUnprocessableEntity)
	if s.Get("/w/acme/bulk/new?case=4&filter=open").Links("Delete Forever").Length() != 0 {
		t.Error("live cases can be deleted forever")
	}
	s.As(access.Agent, access.DeleteCases).Get("/w/acme/bulk/new?case=4&filter=spam&do=erase").Want(http.StatusForbidden)
	finished := webtest.Now()
	f.action = bulk.Action{ID: 7, Change: cases.Many{Do: cases.EraseMany}, State: bulk.Done, Total: 3, Tally: bulk.Tally{Changed: 3}, FinishedAt: &finished}
	if s.As(access.Owner).Get("/w/acme/bulk/7").Want(http.StatusOK).Has("Deleted forever").Buttons("Undo").Length() != 0 {
		t.Error("an undo is offered")
	}
}
