package admin_test

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"testing"
	"time"

	"caseward/internal/desk/access"
	"caseward/internal/desk/cases"
	"caseward/internal/desk/inactivity"
	"caseward/internal/platform/errs"
	"caseward/web/webtest"
)

// idle answers for Auto Close, as fake does for the rest.
type idle struct {
	settings inactivity.Settings
	preview  inactivity.Preview
	fail     error
	calls    []string
}

func (f *idle) Get(_ context.Context, a access.Actor) (inactivity.Settings, error) {
	return f.settings, a.Require(access.ManageSettings)
}

func (f *idle) SetAutoClose(_ context.Context, a access.Actor, in inactivity.AutoCloseInput) error {
	f.calls = append(f.calls, fmt.Sprintf("%+v", in))
	if err := a.Require(access.AutoClose); err != nil {
		return err
	}
	return f.fail
}

func (f *idle) SetReopen(_ context.Context, _ access.Actor, in inactivity.ReopenInput) error {
	hours := "never"
	if in.Hours != nil {
		hours = fmt.Sprint(*in.Hours)
	}
	f.calls = append(f.calls, fmt.Sprintf("reopen %s courtesy %t version %d", hours, in.KeepsCourtesy, in.Version))
	return f.fail
}

func (f *idle) Preview(_ context.Context, _ access.Actor, in inactivity.AutoCloseInput) (inactivity.Preview, error) {
	f.calls = append(f.calls, fmt.Sprintf("preview %d", in.Hours))
	return f.preview, f.fail
}

func asleep() *idle {
	reopen := 96
	return &idle{settings: inactivity.Settings{ThresholdHours: 72, Statuses: []cases.Status{cases.Pending}, ReopenHours: &reopen, Version: 4}}
}

const inactivityPath = "/w/acme/admin/cases/inactivity"

// typed is a form as the browser sends it.
func typed(change url.Values) url.Values {
	values := url.Values{"version": {"4"}, "on": {"1"}, "threshold": {"36"}, "threshold_unit": {"hours"}, "statuses": {"open", "pending"}, "message": {"Bye now"}}
	for k, v := range change {
		values[k] = v
	}
	return values
}

func TestInactivityShowsWhatHolds(t *testing.T) {
	t.Parallel()
	f := acme()
	s := site(t, f)
	page := s.Get(inactivityPath).Want(http.StatusOK)
	if _, on := page.Field("Close inactive cases").Attr("checked"); on {
		t.Error("it looks switched on")
	}
	if got := page.Field("Close after, number").AttrOr("value", ""); got != "3" {
		t.Errorf("72 hours are shown as %q days", got)
	}
	if got := page.Field("Open for, number").AttrOr("value", ""); got != "4" {
		t.Errorf("the window is shown as %q days", got)
	}
	if page.Group("Of these statuses").Find("input[checked]").Length() != 1 {
		t.Error("not just pending is checked")
	}
	page.Has("From 1 hour to 21 days.", "always begins a new case that is linked to the closed one")
}

func TestInactivityIsSaved(t *testing.T) {
	t.Parallel()
	f := acme()
	s := site(t, f)
	s.Post(inactivityPath, typed(nil)).WantSeeOther(inactivityPath)
	s.Get(inactivityPath).Has("Case Auto Close is on and was saved.")
	s.Post(inactivityPath, typed(url.Values{"threshold": {"2"}, "threshold_unit": {"days"}, "on": nil})).WantSeeOther(inactivityPath)
	s.Post(inactivityPath+"/reopen", url.Values{"version": {"4"}, "reopens": {"1"}, "reopen": {"2"}, "reopen_unit": {"days"}}).WantSeeOther(inactivityPath)
	s.Post(inactivityPath+"/reopen", url.Values{"version": {"4"}, "courtesy": {"1"}}).WantSeeOther(inactivityPath)
	want := []string{
		"{On:true Hours:36 Statuses:[open pending] Survey:false SendsMessage:false Message:Bye now Version:4}",
		"{On:false Hours:48 Statuses:[open pending] Survey:false SendsMessage:false Message:Bye now Version:4}",
		"reopen 48 courtesy false version 4", "reopen never courtesy true version 4",
	}
	for i, w := range want {
		if f.idle.calls[i] != w {
			t.Errorf("asked for %q, want %q", f.idle.calls[i], w)
		}
	}
}

// TestNothingTypedIsLost: a time that cannot be is said to be, and the rest stands.
func TestNothingTypedIsLost(t *testing.T) {
	t.Parallel()
	f := acme()
	f.idle.fail = errs.Field("threshold", "Choose a time from 1 hour to 21 days.")
	s := site(t, f)
	for _, below := range []string{"", "/preview"} {
		page := s.Post(inactivityPath+below, typed(url.Values{"threshold": {"900"}})).Want(http.StatusUnprocessableEntity)
		page.Has("Choose a time from 1 hour to 21 days.", "Bye now")
		if got := page.Field("Close after, number").AttrOr("value", ""); got != "900" {
			t.Errorf("%q: the number is %q", below, got)
		}
		if page.Group("Of these statuses").Find("input[checked]").Length() != 2 {
			t.Errorf("%q: the statuses are lost", below)
		}
		if got := page.Field("Open for, number").AttrOr("value", ""); got != "4" {
			t.Errorf("%q: the other form shows %q", below, got)
		}
	}
	for _, nonsense := range []string{"", "x", "-3", "99999999999999999999"} {
		f.idle.calls = nil
		s.Post(inactivityPath+"/preview", typed(url.Values{"threshold": {nonsense}}))
		if f.idle.calls[0] != "preview 0" {
			t.Errorf("%q is %s hours", nonsense, f.idle.calls[0])
		}
	}
}

// TestTwoAdminsAtOnce: the second sees what is there now, beside what they typed.
func TestTwoAdminsAtOnce(t *testing.T) {
	t.Parallel()
	f := acme()
	f.idle.fail = errs.New(errs.Conflict, "Somebody changed these settings meanwhile.")
	since := webtest.Now()
	f.idle.settings.OnSince, f.idle.settings.Version = &since, 5
	s := site(t, f)
	page := s.Post(inactivityPath, typed(nil)).Want(http.StatusConflict)
	page.Has("Somebody changed these settings meanwhile.", "At present Auto Close is on: 3 days, pending. Answers open a closed case for 4 days.", "Bye now")
	if got := page.Field("Close after, number").AttrOr("value", ""); got != "36" {
		t.Errorf("what was typed is %q", got)
	}
	if got := page.Doc.Find("input[name=version]").First().AttrOr("value", ""); got != "5" {
		t.Errorf("saving again would be for version %s", got)
	}
}

func TestInactivityPreview(t *testing.T) {
	t.Parallel()
	f := acme()
	at := webtest.Now().Add(-100 * time.Hour)
	row := func(n cases.Number, subject string) inactivity.Row {
		return inactivity.Row{Number: n, Subject: subject, Status: cases.Open, AssigneeName: "Ana Duarte", LastActivityAt: at}
	}
	f.idle.preview = inactivity.Preview{
		Closes:  inactivity.Group{Count: 41, Cases: []inactivity.Row{row(7, "The tap drips")}},
		Skipped: []inactivity.Group{{Reason: inactivity.Snoozed, Count: 6, Cases: []inactivity.Row{row(9, "Later please")}}},
	}
	s := site(t, f)
	page := s.Post(inactivityPath+"/preview", typed(nil)).Want(http.StatusOK)
	page.Has("41 cases would be closed now. 6 are skipped. Nothing was saved.", "6 cases skipped: snoozed", "The tap drips", "Later please", "Bye now")
	if page.Links("The tap drips").AttrOr("href", "") != "/w/acme/cases/7" {
		t.Error("the case cannot be opened")
	}
	f.idle.preview.Closes.More, f.idle.preview.Skipped = true, nil
	s.Post(inactivityPath+"/preview", typed(nil)).Has("More than 41 cases would be closed now. None is skipped.")
}

func TestInactivityNamesThePlan(t *testing.T) {
	t.Parallel()
	s := site(t, acme())
	s.Member.Actor.Plan, s.Member.Workspace.Plan = access.Standard, access.Standard
	page := s.Get(inactivityPath).Want(http.StatusOK)
	page.Has("Case Auto Close needs the Advanced plan or above.", "This workspace is on Standard.")
	for _, name := range []string{"Save", "Preview"} {
		if _, off := page.Buttons(name).Attr("disabled"); !off {
			t.Errorf("%s can be pressed", name)
		}
	}
	if _, off := page.Buttons("Save answers").Attr("disabled"); off {
		t.Error("answers cannot be saved, though every plan has them")
	}
	s.Post(inactivityPath, typed(nil)).Want(http.StatusForbidden)
}
