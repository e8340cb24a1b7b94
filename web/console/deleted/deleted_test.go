package deleted_test

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/go-chi/chi/v5"

	"caseward/internal/desk/access"
	"caseward/internal/desk/cases"
	"caseward/internal/desk/hold"
	"caseward/internal/desk/retention"
	"caseward/internal/platform/errs"
	"caseward/web/console/deleted"
	"caseward/web/webtest"
)

type fake struct {
	page      cases.Page
	decisions map[cases.ID]retention.Decision
	holds     map[cases.ID][]hold.Standing
	in        cases.PageInput
	restore   func(n cases.Number) (cases.Restored, error)
	restored  []cases.Number
	stop      *retention.Stop
	released  int64
	refusal   error
}

func (f *fake) Stopped(context.Context, access.Actor) (*retention.Stop, error) { return f.stop, nil }

func (f *fake) ReleasePurge(_ context.Context, actor access.Actor, in retention.Agreement) error {
	if err := actor.Require(access.ReleasePurge); err != nil {
		return err
	}
	f.released = in.Stop*1000 + int64(in.Due)
	if f.refusal == nil && !in.At.Equal(f.stop.CountedAt) {
		return errs.New(errs.Conflict, "Counted at another time.")
	}
	return f.refusal
}

func (f *fake) List(_ context.Context, actor access.Actor, _ cases.Filter, in cases.PageInput) (cases.Page, error) {
	f.in = in
	return f.page, actor.Require(access.RestoreCases)
}

func (f *fake) Restore(_ context.Context, actor access.Actor, in cases.RestoreInput) (cases.Restored, error) {
	if err := actor.Require(access.RestoreCases); err != nil {
		return cases.Restored{}, err
	}
	f.restored = append(f.restored, in.Number)
	if f.restore == nil {
		return cases.Restored{}, nil
	}
	return f.restore(in.Number)
}

func (f *fake) Decisions(context.Context, access.Actor, []cases.ID) (map[cases.ID]retention.Decision, error) {
	return f.decisions, nil
}

func (f *fake) OfCases(context.Context, access.Actor, []cases.ID) (map[cases.ID][]hold.Standing, error) {
	return f.holds, nil
}

func site(t *testing.T, f *fake) *webtest.Site {
	t.Helper()
	s := webtest.New(t)
	p := deleted.New(s.Shell, f, f, f, f)
	return s.Console(func(r chi.Router) {
		r.Get("/deleted", p.Handle(p.List))
		r.Post("/deleted/restore", p.Handle(p.Restore))
		r.Get("/deleted/purge", p.Handle(p.ConfirmPurge))
		r.Post("/deleted/purge", p.Handle(p.ReleasePurge))
	}).SignIn()
}

func summary(n cases.Number, change func(*cases.Summary)) cases.Summary {
	at, purge, reason := webtest.Now().Add(-2*time.Hour), webtest.Now().Add(5*24*time.Hour), cases.ReasonDuplicate
	s := cases.Summary{ID: cases.ID(n) + 100, Number: n, Subject: fmt.Sprintf("Subject %d", n), ContactName: "Marta Lindqvist",
		DeletedAt: &at, DeletedByName: "Ana Duarte", DeleteReason: &reason, PurgeAt: &purge, SortAt: at}
	if change != nil {
		change(&s)
	}
	return s
}

func asked(s *cases.Summary) {
	at, left := webtest.Now().Add(-time.Hour), 4*24*time.Hour+time.Hour
	s.PurgeAt, s.PurgeLeft, s.ErasureRequestedAt = nil, &left, &at
}

func TestListSaysWhatHappensToEachCase(t *testing.T) {
	t.Parallel()
	f := &fake{
		page: cases.Page{Rows: []cases.Summary{
			summary(1, nil), summary(2, asked), summary(3, asked),
			summary(4, func(s *cases.Summary) { s.PurgeAt = nil }), summary(5, nil), summary(6, nil), summary(7, asked),
		}},
		holds: map[cases.ID][]hold.Standing{106: {{ID: 1, ReviewAt: webtest.Now().AddDate(0, 0, 9)}}, 107: {{ID: 2, ReviewAt: webtest.Now()}}},
		decisions: map[cases.ID]retention.Decision{
			102: {State: retention.RequestOpen, RequestedByName: "Olga Owner"}, 103: {State: retention.RequestApproved, RequestedByName: "Olga Owner"},
			107: {State: retention.RequestApproved, RequestedByName: "Olga Owner"},
			105: {State: retention.RequestRefused, RefusalReason: "A court asks for it."},
		},
	}
	page := site(t, f).As(access.Admin).Get("/w/acme/deleted").Want(http.StatusOK)
	page.Has("Deleted cases are kept for 7 days", "#1 · Marta Lindqvist", "Ana Duarte", "2 hours ago · duplicate")
	for n, want := range map[int]struct {
		text    string
		buttons []string
	}{
		1: {"in 5 days 9 May 2026, 12:00", []string{"Restore", "Request permanent deletion"}},
		2: {"Permanent deletion requested by Olga Owner 1 hour ago; 4 days left", []string{"Withdraw request", "Withdraw and restore"}},
		3: {"Permanent deletion requested by Olga Owner 1 hour ago, approved by support staff and under way", nil},
		4: {"Kept until its permanent deletion is requested", []string{"Restore", "Request permanent deletion"}},
		5: {"Request refused: A court asks for it.", []string{"Restore", "Request permanent deletion"}},
		6: {"On legal hold until it is released; review on 13 May 2026 Without it on 9 May 2026, 12:00", []string{"Restore", "Request permanent deletion"}},
		7: {"approved by support staff. A legal hold stops it: it goes on by itself when the last hold is released", nil},
	} {
		row := page.Doc.Find(fmt.Sprintf("tr#case-%d", n))
		text := strings.Join(strings.Fields(row.Text()), " ")
		if !strings.Contains(text, want.text) {
			t.Errorf("row %d lacks %q: %s", n, want.text, text)
		}
		var buttons []string
		for _, b := range row.Find("button").EachIter() {
			buttons = append(buttons, strings.TrimSpace(b.Text()))
		}
		if fmt.Sprint(buttons) != fmt.Sprint(want.buttons) {
			t.Errorf("row %d offers %q", n, buttons)
		}
	}
	restore := page.FormOf(page.Buttons("Restore").First())
	if restore.AttrOr("action", "") != "/w/acme/cases/1/restore" || restore.Find(`input[name="next"]`).AttrOr("value", "") != "/w/acme/deleted" {
		t.Error("Restore goes elsewhere")
	}
}

func TestAgentsWithTheRightRestoreButDoNotRequest(t *testing.T) {
	t.Parallel()
	page := site(t, &fake{page: cases.Page{Rows: []cases.Summary{summary(1, nil), summary(2, asked)}}}).Get("/w/acme/deleted").Want(http.StatusOK)
	if page.Buttons("Restore").Length() != 1 || page.Buttons("Request permanent deletion").Length()+page.Buttons("Withdraw request").Length() != 0 {
		t.Error("an agent sees the wrong buttons")
	}
}

func TestOthersSeeNothing(t *testing.T) {
	t.Parallel()
	f := &fake{}
	s := site(t, f).As(access.Agent)
	s.Get("/w/acme/deleted").Want(http.StatusForbidden)
	s.Post("/w/acme/deleted/restore", url.Values{"case": {"1"}}).Want(http.StatusForbidden)
	if len(f.restored) != 0 {
		t.Error("restored")
	}
}

func TestPagerKeepsItsPlace(t *testing.T) {
	t.Parallel()
	last := summary(1, nil)
	f := &fake{page: cases.Page{Rows: []cases.Summary{last}, Older: last.Cursor(), Newer: last.Cursor()}}
	s := site(t, f)
	page := s.Get("/w/acme/deleted").Want(http.StatusOK)
	if all := page.Links("Restore all deleted cases").AttrOr("href", ""); !strings.HasPrefix(all, "/w/acme/bulk/new?all=1&do=restore&filter=deleted&") {
		t.Errorf("all are restored at %q", all)
	}
	s.Get(page.Links("Older").AttrOr("href", "")).Want(http.StatusOK)
	if f.in.After == nil || !f.in.After.At.Equal(last.SortAt) || f.in.After.ID != last.ID {
		t.Errorf("went on after %+v", f.in.After)
	}
	s.Get(page.Links("Newer").AttrOr("href", "")).Want(http.StatusOK)
	if f.in.Before == nil || f.in.Before.ID != last.ID {
		t.Errorf("went back before %+v", f.in.Before)
	}
	s.Get("/w/acme/deleted?after=nonsense").Want(http.StatusOK)
	if f.in.After != nil {
		t.Error("nonsense is a place")
	}
}

func TestEmptyList(t *testing.T) {
	t.Parallel()
	s := site(t, &fake{})
	s.Member.Workspace.RetentionDays = nil
	s.Get("/w/acme/deleted").Want(http.StatusOK).Has("No deleted cases", "kept until their permanent deletion is requested")
}

func TestRestoreOfSeveralReportsEach(t *testing.T) {
	t.Parallel()
	f := &fake{
		page: cases.Page{Rows: []cases.Summary{summary(1, nil)}},
		restore: func(n cases.Number) (cases.Restored, error) {
			switch n {
			case 2:
				return cases.Restored{}, errs.New(errs.Conflict, "Permanent deletion of case 2 was requested.")
			case 3:
				return cases.Restored{Missing: []string{"its assignee"}}, nil
			case 4:
				return cases.Restored{}, errs.New(errs.Gone, "Case 4 was permanently deleted.")
			}
			return cases.Restored{}, nil
		},
	}
	s := site(t, f)
	s.Post("/w/acme/deleted/restore", url.Values{"case": {"1", "2", "3", "4"}}).WantSeeOther("/w/acme/deleted")
	page := s.Get("/w/acme/deleted")
	page.Has("2 cases were restored.", "Case 3 came back without its assignee.", "2 cases could not be restored.",
		"Permanent deletion of case 2 was requested. Case 4 was permanently deleted.")
	if form := page.FormOf(page.Buttons("Restore selected")); form.AttrOr("action", "") != "/w/acme/deleted/restore" {
		t.Error("the selection goes elsewhere")
	}
	if box := page.Field("Select case 1"); box.AttrOr("form", "") != page.FormOf(page.Buttons("Restore selected")).AttrOr("id", "-") {
		t.Error("the checkbox belongs to another form")
	}
	s.Post("/w/acme/deleted/restore", nil).WantSeeOther("/w/acme/deleted")
	s.Get("/w/acme/deleted").Has("No case was selected.")
	s.Post("/w/acme/deleted/restore", url.Values{"case": {"x"}}).Want(http.StatusUnprocessableEntity)
}

func TestTheStarterPlanShowsAndRestoresWhatThePurgeWouldTake(t *testing.T) {
	t.Parallel()
	s := site(t, &fake{page: cases.Page{Rows: []cases.Summary{summary(1, nil)}}}).As(access.Admin)
	s.Member.Actor.Plan, s.Member.Workspace.Plan = access.Starter, access.Starter
	page := s.Get("/w/acme/deleted").Want(http.StatusOK)
	if page.Buttons("Restore").Length() != 1 || page.Doc.Find(`a[href="/w/acme/deleted"]`).Length() == 0 {
		t.Error("the case cannot be restored, or the sidebar does not lead here")
	}
}

func TestAllCanBeSelectedWithoutJavaScript(t *testing.T) {
	t.Parallel()
	s := site(t, &fake{page: cases.Page{Rows: []cases.Summary{summary(1, nil), summary(2, asked), summary(3, nil)}}})
	page := s.Get("/w/acme/deleted?after=1-1")
	if page.Doc.Find("tbody input[checked]").Length() != 0 {
		t.Error("something is selected at first")
	}
	href := page.Links("Select all on this page").AttrOr("href", "")
	page = s.Get(href).Want(http.StatusOK)
	if page.Doc.Find("tbody input[checked]").Length() != 2 {
		t.Error("not all that can be restored are selected")
	}
	if page.Links("Select none").AttrOr("href", "") != "/w/acme/deleted?after=1-1" {
		t.Errorf("%q does not lead back to this page of the list", page.Links("Select none").AttrOr("href", ""))
	}
}

// TestAStoppedRemovalSaysWhyAndAsksBeforeItGoesOn.
func TestAStoppedRemovalSaysWhyAndAsksBeforeItGoesOn(t *testing.T) {
	t.Parallel()
	f := &fake{stop: &retention.Stop{ID: 2, Usual: 3.4, CountedAt: webtest.Now(), Surge: retention.Surge{Due: 612, Others: 2, Causes: []retention.Cause{
		{Name: "Ana Duarte", Bulk: new(int64(4)), Cases: 400}, {Name: "Ana Duarte", Bulk: new(int64(5)), Cases: 200}, {Name: "Ben Okafor", Cases: 10}}}}}
	const says = "The removal of deleted cases is stopped: 612 cases are due, and usually it is about 3 a day."
	if site(t, f).Get("/w/acme/deleted").Has(says, "Ana Duarte deleted 400 of them in bulk update 4, 200 in bulk update 5, Ben Okafor 10, others 2.").Links("Look and decide").Length() != 0 {
		t.Error("an agent is offered what only owners and admins may")
	}
	s := site(t, f).As(access.Admin)
	page := s.Get(s.Get("/w/acme/deleted").Links("Look and decide").AttrOr("href", "")).Want(http.StatusOK).Has("Remove 612 cases for good?")
	for label, href := range map[string]string{"bulk update 4": "/w/acme/bulk/4", "bulk update 5": "/w/acme/bulk/5"} {
		if page.Links(label).AttrOr("href", "") != href {
			t.Errorf("it does not lead to %s", label)
		}
	}
	at := page.Doc.Find("input[name=at]").AttrOr("value", "")
	s.Post("/w/acme/deleted/purge", url.Values{"stop": {"2"}, "due": {"612"}, "at": {at}}).WantSeeOther("/w/acme/deleted")
	if f.released != 2612 {
		t.Errorf("released %d", f.released)
	}
	f.refusal = errs.New(errs.Conflict, "Meanwhile 700 cases are due.")
	s.Post("/w/acme/deleted/purge", url.Values{"stop": {"2"}, "due": {"612"}}).Want(http.StatusConflict).Has("Meanwhile 700 cases are due.")
	site(t, f).Get("/w/acme/deleted/purge").Want(http.StatusForbidden)
	site(t, f).Post("/w/acme/deleted/purge", nil).Want(http.StatusForbidden)
	site(t, &fake{}).As(access.Admin).Get("/w/acme/deleted/purge").WantSeeOther("/w/acme/deleted")
}
