package staff_test

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
	"caseward/internal/desk/audit"
	"caseward/internal/desk/cases"
	"caseward/internal/desk/retention"
	"caseward/internal/desk/workspace"
	"caseward/internal/platform/errs"
	"caseward/web/staff"
	"caseward/web/webtest"
)

type fake struct {
	pending []retention.PendingRequest
	decided []retention.DecidedRequest
	all     []workspace.Overview
	before  access.WorkspaceID
	fail    error
	calls   []string
}

func (f *fake) call(format string, args ...any) error {
	f.calls = append(f.calls, fmt.Sprintf(format, args...))
	return f.fail
}

func (f *fake) Pending(context.Context, access.Actor, int) ([]retention.PendingRequest, error) {
	return f.pending, nil
}

func (f *fake) Decided(context.Context, access.Actor, int) ([]retention.DecidedRequest, error) {
	return f.decided, nil
}

func (f *fake) Waiting(_ context.Context, _ access.Actor, ws access.WorkspaceID, id retention.RequestID) (retention.PendingRequest, error) {
	for _, r := range f.pending {
		if r.WorkspaceID == ws && r.ID == id && r.State == retention.RequestOpen {
			return r, nil
		}
	}
	return retention.PendingRequest{}, errs.New(errs.Conflict, "This request is no longer waiting.")
}

func (f *fake) Approve(_ context.Context, _ access.Actor, ws access.WorkspaceID, id retention.RequestID) error {
	return f.call("approve %d/%d", ws, id)
}

func (f *fake) Refuse(_ context.Context, _ access.Actor, ws access.WorkspaceID, id retention.RequestID, reason string) error {
	if reason == "" {
		return errs.Field("reason", "Say why.")
	}
	return f.call("refuse %d/%d %s", ws, id, reason)
}

func (f *fake) StaffCertificate(_ context.Context, _ access.Actor, id int64) (retention.Certificate, error) {
	if id != 12 {
		return retention.Certificate{}, errs.New(errs.NotFound, "")
	}
	return retention.Certificate{ID: id, Kind: retention.CaseErased, WorkspaceName: "Acme", CaseNumber: 41, At: webtest.Now(), Counts: []byte("{}"), Verification: []byte("{}")}, nil
}

func (f *fake) Overviews(_ context.Context, _ access.Actor, before access.WorkspaceID, limit int) ([]workspace.Overview, error) {
	f.before = before
	return f.all[:min(limit, len(f.all))], nil
}

func (f *fake) StaffCase(_ context.Context, _ access.Actor, _ access.WorkspaceID, n cases.Number, _ audit.PageInput) (audit.Page, error) {
	if n != 41 {
		return audit.Page{}, errs.New(errs.NotFound, "Nobody asked.")
	}
	return audit.Page{Lines: []audit.Line{{ActorKind: access.Member, ActorName: "Ana", Action: "case.deleted", ObjectKind: "case", ObjectID: new(int64(41)), At: webtest.Now()}}}, nil
}

func TestStaffSeeWhoDidWhat(t *testing.T) {
	t.Parallel()
	s := site(t, &fake{})
	s.Get("/staff/workspaces/1/cases/41").Want(http.StatusOK).Has("History of case 41", "Ana deleted the case", "4 May 2026, 12:00")
	s.Get("/staff/workspaces/1/cases/42").Want(http.StatusNotFound)
	s.Get("/staff/workspaces/1/cases/x").Want(http.StatusNotFound)
}

func (f *fake) Overview(_ context.Context, _ access.Actor, id access.WorkspaceID) (workspace.Overview, error) {
	for _, w := range f.all {
		if w.ID == id {
			return w, nil
		}
	}
	return workspace.Overview{}, errs.New(errs.NotFound, "There is no such workspace.")
}

func (f *fake) SetPlan(_ context.Context, _ access.Actor, id access.WorkspaceID, plan, was access.Plan) error {
	return f.call("plan %d %s to %s", id, was, plan)
}

func site(t *testing.T, f *fake) *webtest.Site {
	t.Helper()
	s := webtest.New(t)
	p := staff.New(s.Shell, f, f, f)
	s.Router.Route("/staff", func(r chi.Router) {
		r.Use(s.Shell.Staff)
		r.Get("/erasures", p.Handle(p.Erasures))
		r.Get("/erasures/{workspace}/{id}/approve", p.Handle(p.ConfirmApprove))
		r.Post("/erasures/{workspace}/{id}/approve", p.Handle(p.Approve))
		r.Get("/erasures/{workspace}/{id}/refuse", p.Handle(p.ConfirmRefuse))
		r.Post("/erasures/{workspace}/{id}/refuse", p.Handle(p.Refuse))
		r.Get("/ledger/{id}", p.Handle(p.Ledger))
		r.Get("/workspaces", p.Handle(p.Workspaces))
		r.Get("/workspaces/{id}/cases/{number}", p.Handle(p.History))
		r.Get("/workspaces/{id}/plan", p.Handle(p.ConfirmPlan))
		r.Post("/workspaces/{id}/plan", p.Handle(p.SetPlan))
	})
	return s.SignIn()
}

func asked(id retention.RequestID, by access.UserID, state retention.RequestState) retention.PendingRequest {
	return retention.PendingRequest{
		WorkspaceID: 1, ID: id, WorkspaceSlug: "acme", WorkspaceName: "Acme", CaseNumber: 40 + 1, State: state,
		RequestedByName: "Olga Brandt", RequestedByUser: by, RequestedAt: webtest.Now().Add(-2 * time.Hour),
		CaseCreatedAt: webtest.Now(), CaseDeletedAt: webtest.Now(), Messages: 4, Notes: 1, Activities: 2,
	}
}

func TestRequestsShowWhatTheReaderMayDo(t *testing.T) {
	t.Parallel()
	page := site(t, &fake{pending: []retention.PendingRequest{
		asked(1, 5, retention.RequestOpen), asked(2, 9, retention.RequestOpen), asked(3, 5, retention.RequestApproved),
	}}).Get("/staff/erasures").Want(http.StatusOK)
	page.Has("Case 41", "Acme (acme)", "Olga Brandt", "2 hours ago", "4 messages, 1 internal note, 2 activity entries")
	for id, want := range map[int]string{1: "[Approve Refuse]", 2: "[Refuse]", 3: "[]"} {
		row := page.Doc.Find(fmt.Sprintf("#request-%d", id))
		buttons := []string{}
		for _, b := range row.Find("button").EachIter() {
			buttons = append(buttons, strings.TrimSpace(b.Text()))
		}
		if fmt.Sprint(buttons) != want {
			t.Errorf("request %d offers %q", id, buttons)
		}
	}
	page.Has("You made this request, so somebody else has to approve it.", "Erasing…")
}

// TestWhatAHoldStopsIsNotUnderWay: before the decision, just after it and as long as it waits; who is held and why is not said.
func TestWhatAHoldStopsIsNotUnderWay(t *testing.T) {
	t.Parallel()
	open, approved := asked(1, 5, retention.RequestOpen), asked(2, 5, retention.RequestApproved)
	open.OnHold, approved.OnHold = true, true
	s := site(t, &fake{pending: []retention.PendingRequest{open, approved}})
	s.Get("/staff/erasures").Want(http.StatusOK).Has("Legal hold", "Stopped", "goes on by itself when the last hold is released").Lacks("Erasing…")
	s.Get("/staff/erasures/1/1/approve").Want(http.StatusOK).Has("A legal hold of its workspace keeps this case.", "Once no legal hold stands any more, this removes")
	s.Post("/staff/erasures/1/1/approve", nil).WantSeeOther("/staff/erasures")
	s.Get("/staff/erasures").Has("The request was approved, and a legal hold stops it.").Lacks("The erasure runs now")
}

// TestARequestSaysThatRepliesCame: their numbers and dates, on the list and before a decision.
func TestARequestSaysThatRepliesCame(t *testing.T) {
	t.Parallel()
	r := asked(1, 5, retention.RequestOpen)
	r.ReplyNumbers, r.ReplyTimes = []cases.Number{57, 44}, []time.Time{webtest.Now(), webtest.Now().Add(-48 * time.Hour)}
	s := site(t, &fake{pending: []retention.PendingRequest{r}})
	for _, path := range []string{"/staff/erasures", "/staff/erasures/1/1/approve", "/staff/erasures/1/1/refuse"} {
		s.Get(path).Want(http.StatusOK).Has("A reply arrived on 4 May 2026: new case #57", "A reply arrived on 2 May 2026: new case #44")
	}
}

func TestApprovingAsksFirst(t *testing.T) {
	t.Parallel()
	f := &fake{pending: []retention.PendingRequest{asked(1, 5, retention.RequestOpen), asked(2, 9, retention.RequestOpen)}}
	s := site(t, f)
	list := s.Get("/staff/erasures")
	page := s.Get(list.FormOf(list.Buttons("Approve")).AttrOr("action", "")).Want(http.StatusOK)
	page.Has("Permanently delete case 41 of Acme?", "4 messages", "It cannot be undone")
	if len(f.calls) != 0 {
		t.Fatal("asking has approved")
	}
	s.Post(page.FormOf(page.Buttons("Approve permanent deletion")).AttrOr("action", ""), nil).WantSeeOther("/staff/erasures")
	if f.calls[0] != "approve 1/1" {
		t.Errorf("asked for %q", f.calls)
	}
	s.Get("/staff/erasures/1/2/approve").Want(http.StatusForbidden)
	s.Get("/staff/erasures/1/99/approve").Want(http.StatusConflict)
	f.fail = errs.New(errs.Forbidden, "You made this request, so somebody else has to approve it.")
	s.Post("/staff/erasures/1/2/approve", nil).Want(http.StatusForbidden)
}

func TestRefusingNeedsAReason(t *testing.T) {
	t.Parallel()
	f := &fake{pending: []retention.PendingRequest{asked(1, 5, retention.RequestOpen)}}
	s := site(t, f)
	s.Get("/staff/erasures/1/1/refuse").Want(http.StatusOK)
	page := s.Post("/staff/erasures/1/1/refuse", nil).Want(http.StatusUnprocessableEntity)
	if page.Field("Reason").AttrOr("aria-invalid", "") != "true" {
		t.Error("the reason is not asked for")
	}
	s.Post("/staff/erasures/1/1/refuse", url.Values{"reason": {"A court asks for it."}}).WantSeeOther("/staff/erasures")
	if fmt.Sprint(f.calls) != "[refuse 1/1 A court asks for it.]" {
		t.Errorf("asked for %q", f.calls)
	}
}

func TestDecisionsLinkTheirCertificates(t *testing.T) {
	t.Parallel()
	ledger := int64(12)
	s := site(t, &fake{decided: []retention.DecidedRequest{
		{WorkspaceName: "Acme", CaseNumber: 41, State: retention.RequestDone, DecidedByName: "Sam", DecidedAt: webtest.Now(), LedgerID: &ledger},
		{WorkspaceName: "Acme", CaseNumber: 42, State: retention.RequestRefused, DecidedByName: "Sam", DecidedAt: webtest.Now(), RefusalReason: "Too early."},
	}})
	page := s.Get("/staff/erasures").Has("Nothing waits", "Erased", "Refused", "Too early.")
	s.Get(page.Links("Certificate").AttrOr("href", "")).Want(http.StatusOK).Has("Erasure certificate", "Case 41")
	s.Get("/staff/ledger/13").Want(http.StatusNotFound)
	s.Get("/staff/ledger/x").Want(http.StatusNotFound)
}

func TestWorkspacesAndPlans(t *testing.T) {
	t.Parallel()
	f := &fake{}
	for id := 60; id > 0; id-- {
		f.all = append(f.all, workspace.Overview{ID: access.WorkspaceID(id), Name: fmt.Sprintf("W%d", id), Plan: access.Standard, Members: 3, Cases: 1001})
	}
	s := site(t, f)
	page := s.Get("/staff/workspaces").Has("W60", "1k+", "W11").Lacks("W10")
	if page.Field("Plan of W60").Find("[selected]").AttrOr("value", "") != "standard" {
		t.Error("the plan shown is not the workspace's")
	}
	s.Get(page.Links("Older").AttrOr("href", "")).Want(http.StatusOK)
	if f.before != 11 {
		t.Errorf("went on before %d", f.before)
	}
	s.Get("/staff/workspaces/60/plan?plan=advanced").Want(http.StatusOK).Has("Put W60 on the Advanced plan?", "Case Auto Close", "The owners are told").Lacks("It stops")
	s.Get("/staff/workspaces/60/plan?plan=starter").Want(http.StatusOK).Has("It stops", "Cases deleted before can still be restored", "Nothing is lost")
	s.Get("/staff/workspaces/60/plan?plan=gold").Want(http.StatusUnprocessableEntity)
	s.Get("/staff/workspaces/999/plan?plan=starter").Want(http.StatusNotFound)
	s.Post("/staff/workspaces/60/plan", url.Values{"plan": {"advanced"}, "was": {"standard"}}).WantSeeOther("/staff/workspaces")
	s.Get("/staff/workspaces").Has("The plan was set to Advanced.")
	if fmt.Sprint(f.calls) != "[plan 60 standard to advanced]" {
		t.Errorf("asked for %q", f.calls)
	}
}

func TestOthersDoNotFindTheConsole(t *testing.T) {
	t.Parallel()
	s := site(t, &fake{})
	s.Staff.User.IsStaff = false
	s.Get("/staff/erasures").Want(http.StatusNotFound)
	s.Post("/staff/erasures/1/1/approve", nil).Want(http.StatusNotFound)
}
