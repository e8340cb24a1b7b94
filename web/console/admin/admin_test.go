package admin_test

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"
	"github.com/google/go-cmp/cmp"

	"caseward/internal/desk/access"
	"caseward/internal/desk/rating"
	"caseward/internal/desk/retention"
	"caseward/internal/platform/errs"
)

func TestWhoSeesWhichPage(t *testing.T) {
	t.Parallel()
	paths := []string{"", "/cases/agents", "/cases/retention", "/cases/rating", "/cases/inactivity", "/members", "/members/70", "/members/70/deactivate", "/queues", "/queues/2",
		"/queues/2/archive", "/email", "/email/remove?address=returns@acme.test", "/billing", "/workspace"}
	forSettings := []string{"", "/cases/retention", "/cases/rating", "/cases/inactivity"}
	s := site(t, acme())
	for _, path := range paths {
		s.As(access.Owner).Get("/w/acme/admin" + path).Want(http.StatusOK)
		s.As(access.Admin).Get("/w/acme/admin" + path).Want(http.StatusOK)
		s.As(access.Agent, access.DeleteCases).Get("/w/acme/admin" + path).Want(http.StatusForbidden)
		s.As(access.Viewer).Get("/w/acme/admin" + path).Want(http.StatusForbidden)
		want := http.StatusForbidden
		if slices.Contains(forSettings, path) {
			want = http.StatusOK
		}
		s.As(access.Agent, access.ManageSettings).Get("/w/acme/admin" + path).Want(want)
	}
}

func TestIndexShowsWhatMayBeUsed(t *testing.T) {
	t.Parallel()
	s := site(t, acme())
	if n := s.Get("/w/acme/admin").Doc.Find("main a.choice").Length(); n != 14 {
		t.Errorf("an admin sees %d cards", n)
	}
	if n := s.As(access.Agent, access.ManageSettings).Get("/w/acme/admin").Doc.Find("main a.choice").Length(); n != 5 {
		t.Errorf("an agent with one right sees %d cards", n)
	}
}

func TestRatingSetting(t *testing.T) {
	t.Parallel()
	f := acme()
	f.rating.DelayMinutes = 60
	s := site(t, f)
	page := s.Get("/w/acme/admin/cases/rating").Want(http.StatusOK).Has("Nobody is asked", rating.DefaultQuestion)
	if on := page.Doc.Find("input[name=ask][checked]").AttrOr("value", ""); on != "off" {
		t.Errorf("it is %s at first", on)
	}
	if delay := page.Doc.Find("select[name=delay] option[selected]").AttrOr("value", ""); delay != "60" {
		t.Errorf("%s minutes are offered", delay)
	}
	s.Post("/w/acme/admin/cases/rating", url.Values{"ask": {"on"}, "delay": {"240"}, "question": {"Were we quick?"}}).WantSeeOther("/w/acme/admin/cases/rating")
	s.Post("/w/acme/admin/cases/rating", url.Values{"ask": {"off"}, "delay": {"soon"}}).WantSeeOther("/w/acme/admin/cases/rating")
	s.Post("/w/acme/admin/cases/rating", url.Values{"ask": {"on"}, "delay": {"soon"}, "question": {"Typed"}}).Want(http.StatusUnprocessableEntity).Has("Typed")
	s.Post("/w/acme/admin/cases/rating", url.Values{}).Want(http.StatusUnprocessableEntity).Has("Choose one of the two.")
	f.fail = errs.Field("question", "Keep the question under 500 characters.")
	s.Post("/w/acme/admin/cases/rating", url.Values{"ask": {"off"}}).Want(http.StatusUnprocessableEntity).Has("Keep the question under")
	want := []string{`rating true 240 "Were we quick?"`, `rating false 0 ""`, `rating false 0 ""`}
	if !slices.Equal(f.calls, want) {
		t.Errorf("%q", f.calls)
	}
}

func TestDeleteCasesSetting(t *testing.T) {
	t.Parallel()
	f := acme()
	s := site(t, f)
	page := s.Get("/w/acme/admin/cases/agents")
	boxes := page.Group("Delete Cases").Find("input[type=checkbox]")
	if boxes.Length() != 2 {
		t.Errorf("%d checkboxes", boxes.Length())
	}
	if _, checked := page.Field("Ana Duarte").Attr("checked"); !checked {
		t.Error("Ana is not checked")
	}
	if _, checked := page.Field("Ben Okafor").Attr("checked"); checked {
		t.Error("Ben is checked")
	}
	page.Has("Always able, by their role: Olga Brandt and Amir Rahman.")
	if form := page.FormOf(page.Buttons("Update")); form.AttrOr("action", "") != "/w/acme/admin/cases/agents" {
		t.Error("Update goes elsewhere")
	}
	s.Post("/w/acme/admin/cases/agents", url.Values{"agents": {"70", "71"}}).WantSeeOther("/w/acme/admin/cases/agents")
	s.Get("/w/acme/admin/cases/agents").Has("The Delete Cases setting was updated.")
	// As the page sends it: what was shown goes along, so that only the difference counts.
	shown := page.Doc.Find("form[action='/w/acme/admin/cases/agents'] input[type=hidden][name=was_agents]").Map(func(_ int, s *goquery.Selection) string { return s.AttrOr("value", "") })
	s.Post("/w/acme/admin/cases/agents", url.Values{"agents": {"71"}, "was_agents": shown})
	s.Post("/w/acme/admin/cases/agents", url.Values{"was_agents": {""}})
	want := []string{"delete cases [70 71] was []", "delete cases [71] was [70]", "delete cases [] was []"}
	if diff := cmp.Diff(want, f.calls); diff != "" {
		t.Error(diff)
	}
}

func TestDeleteCasesSettingNamesThePlan(t *testing.T) {
	t.Parallel()
	s := site(t, acme())
	s.Member.Actor.Plan, s.Member.Workspace.Plan = access.Starter, access.Starter
	page := s.Get("/w/acme/admin/cases/agents").Want(http.StatusOK)
	page.Has("Deleting cases needs the Standard plan or above.", "This workspace is on Starter.")
	if _, off := page.Buttons("Update").Attr("disabled"); !off {
		t.Error("Update can be pressed")
	}
}

func TestOtherRights(t *testing.T) {
	t.Parallel()
	f := acme()
	s := site(t, f)
	group := s.Get("/w/acme/admin/cases/agents").Group("Ana Duarte")
	if group.Find("input").Length() != 3 || group.Find("input[checked]").AttrOr("name", "") != string(access.ManageContacts) {
		t.Error("Ana's rights are not shown as they are")
	}
	s.Post("/w/acme/admin/cases/agents/rights", url.Values{string(access.ManageContacts): {"71"}}).WantSeeOther("/w/acme/admin/cases/agents")
	if fmt.Sprint(f.calls) != "[erase personal information [] was [] manage contacts [71] was [] manage case settings [] was []]" {
		t.Errorf("asked for %q", f.calls)
	}
}

func TestRetention(t *testing.T) {
	t.Parallel()
	f := acme()
	s := site(t, f)
	s.Get("/w/acme/admin/cases/retention").Has("already keep the date they were given")
	for form, want := range map[string]string{"keep=days&days=30": "retention 30", "keep=request&days=x": "retention until requested"} {
		values, _ := url.ParseQuery(form)
		s.Post("/w/acme/admin/cases/retention", values).WantSeeOther("/w/acme/admin/cases/retention")
		if got := f.calls[len(f.calls)-1]; got != want {
			t.Errorf("%s: %s", form, got)
		}
	}
	page := s.Post("/w/acme/admin/cases/retention", url.Values{"keep": {"days"}, "days": {"91"}}).Want(http.StatusUnprocessableEntity)
	if page.Field("Days").AttrOr("value", "") != "91" || len(f.calls) != 2 {
		t.Error("91 days were saved, or the number was lost")
	}
}

func TestInvitationLinkIsShownOnce(t *testing.T) {
	t.Parallel()
	f := acme()
	s := site(t, f)
	invited := s.Post("/w/acme/admin/members/invite", url.Values{"email": {"nia@acme.test"}, "role": {"viewer"}}).Want(http.StatusOK)
	if got := invited.Field("Invitation link").AttrOr("value", ""); got != "https://desk.test/invite/secret-token" {
		t.Errorf("the link is %q", got)
	}
	s.Get("/w/acme/admin/members").Lacks("Invitation link")
	f.fail = errs.Field("email", "They are a member already.")
	page := s.Post("/w/acme/admin/members/invite", url.Values{"email": {"ana@acme.test"}, "role": {"viewer"}}).Want(http.StatusUnprocessableEntity)
	if page.Field("Email").AttrOr("value", "") != "ana@acme.test" || page.Field("Role").Find("[selected]").AttrOr("value", "") != "viewer" {
		t.Error("what was typed is lost")
	}
}

func TestOnlyOwnersOfferTheRoleOfOwner(t *testing.T) {
	t.Parallel()
	s := site(t, acme())
	owner := func(role access.Role) int {
		return s.As(role).Get("/w/acme/admin/members").Field("Role").Find(`option[value="owner"]`).Length()
	}
	if owner(access.Admin) != 0 || owner(access.Owner) != 1 {
		t.Error("the roles offered do not fit the actor")
	}
}

func TestMemberActions(t *testing.T) {
	t.Parallel()
	f := acme()
	s := site(t, f)
	s.Get("/w/acme/admin/members/99").Want(http.StatusNotFound)
	s.Post("/w/acme/admin/members/71/role", url.Values{"role": {"admin"}}).WantSeeOther("/w/acme/admin/members")
	s.Get("/w/acme/admin/members").Has("The role was changed to Admin.")
	confirm := s.Get("/w/acme/admin/members/71/deactivate").Has("Deactivate Ben Okafor?")
	s.Post(confirm.FormOf(confirm.Buttons("Deactivate")).AttrOr("action", ""), nil).WantSeeOther("/w/acme/admin/members")
	undo := s.Get("/w/acme/admin/members")
	s.Post(undo.FormOf(undo.Buttons("Undo")).AttrOr("action", ""), nil).WantSeeOther("/w/acme/admin/members")
	s.Post("/w/acme/admin/members/invitations/5/revoke", nil).WantSeeOther("/w/acme/admin/members")
	s.Post("/w/acme/admin/members/70/deactivate", nil).WantSeeOther("/workspaces") // themselves
	if fmt.Sprint(f.calls) != "[role 71 admin deactivate 71 reactivate 71 revoke 5 deactivate 70]" {
		t.Errorf("asked for %q", f.calls)
	}
}

func TestTheLastOwnerIsProtectedInWords(t *testing.T) {
	t.Parallel()
	f := acme()
	f.fail = errs.New(errs.Conflict, "A workspace needs an owner. Make somebody else an owner first.")
	s := site(t, f).As(access.Owner)
	for _, path := range []string{"/role", "/deactivate"} {
		page := s.Post("/w/acme/admin/members/72"+path, url.Values{"role": {"viewer"}}).Want(http.StatusConflict)
		page.Has("A workspace needs an owner.")
		if page.Doc.Find("input[name=role][checked]").AttrOr("value", "") != "owner" {
			t.Error("the page shows a role that the member does not have")
		}
	}
	f.fail = errs.New(errs.Forbidden, "No.")
	s.Post("/w/acme/admin/members/72/role", url.Values{"role": {"viewer"}}).Want(http.StatusForbidden)
}

func TestQueues(t *testing.T) {
	t.Parallel()
	f := acme()
	s := site(t, f)
	s.Get("/w/acme/admin/queues").Has("Support Default", "Old Archived")
	s.Post("/w/acme/admin/queues", url.Values{"name": {"Sales"}}).WantSeeOther("/w/acme/admin/queues")
	s.Post("/w/acme/admin/queues/2", url.Values{"name": {"Refunds"}}).WantSeeOther("/w/acme/admin/queues")
	s.Post("/w/acme/admin/queues/2/archive", nil).WantSeeOther("/w/acme/admin/queues")
	for _, path := range []string{"/queues", "/queues/3"} {
		page := s.Get("/w/acme/admin" + path)
		if page.Buttons("Restore queue").Length() != 1 || page.FormOf(page.Buttons("Restore queue")).AttrOr("action", "") != "/w/acme/admin/queues/3/restore" {
			t.Errorf("%s: the archived queue cannot be restored, or another can", path)
		}
	}
	s.Post("/w/acme/admin/queues/3/restore", nil).WantSeeOther("/w/acme/admin/queues")
	if fmt.Sprint(f.calls) != "[create queue Sales rename queue 2 Refunds archive queue 2 restore queue 3]" {
		t.Errorf("asked for %q", f.calls)
	}
	f.fail = errs.Field("name", "There is a queue of this name already.")
	for _, path := range []string{"", "/2"} {
		page := s.Post("/w/acme/admin/queues"+path, url.Values{"name": {"Support"}}).Want(http.StatusUnprocessableEntity)
		if page.Field("Name").AttrOr("value", "") != "Support" {
			t.Error("what was typed is lost")
		}
	}
	s.Post("/w/acme/admin/queues/3/restore", nil).Want(http.StatusUnprocessableEntity).Has("There is a queue of this name already.")
	f.fail = errs.New(errs.Conflict, "An address delivers its mail to this queue.")
	s.Post("/w/acme/admin/queues/2/archive", nil).Want(http.StatusConflict).Has("An address delivers its mail to this queue.")
}

func TestEmail(t *testing.T) {
	t.Parallel()
	f := acme()
	s := site(t, f)
	page := s.Get("/w/acme/admin/email").Has("support@acme.test Default", "returns@acme.test", "Returns")
	if page.Buttons("Make default").Length() != 1 || page.Links("Remove").Length() != 1 {
		t.Error("the default address can be removed or made the default")
	}
	s.Get(page.Links("Remove").AttrOr("href", "")).Want(http.StatusOK).Has("Remove returns@acme.test?")
	s.Get("/w/acme/admin/email/remove?address=other@else.test").Want(http.StatusNotFound)
	s.Post("/w/acme/admin/email", url.Values{"address": {"a@acme.test"}, "queue": {"2"}}).WantSeeOther("/w/acme/admin/email")
	s.Post("/w/acme/admin/email/default", url.Values{"address": {"returns@acme.test"}}).WantSeeOther("/w/acme/admin/email")
	s.Post("/w/acme/admin/email/remove", url.Values{"address": {"returns@acme.test"}}).WantSeeOther("/w/acme/admin/email")
	if fmt.Sprint(f.calls) != "[add a@acme.test 2 default returns@acme.test remove returns@acme.test]" {
		t.Errorf("asked for %q", f.calls)
	}
}

func TestWorkspace(t *testing.T) {
	t.Parallel()
	f := acme()
	s := site(t, f)
	s.Member.Workspace.TimeZone = "US/Pacific" // an old name that the list leaves out
	if got := s.Get("/w/acme/admin/workspace").Field("Time zone").Find("[selected]").AttrOr("value", ""); got != "US/Pacific" {
		t.Errorf("the zone shown is %q", got)
	}
	s.Post("/w/acme/admin/workspace", url.Values{"name": {"Acme Outdoor"}, "time_zone": {"Europe/Lisbon"}}).WantSeeOther("/w/acme/admin/workspace")
	if f.calls[0] != "update Acme Outdoor Europe/Lisbon" {
		t.Errorf("asked for %q", f.calls)
	}
}

func TestBilling(t *testing.T) {
	t.Parallel()
	s := site(t, acme())
	s.Member.Workspace.Plan = access.Starter
	s.Get("/w/acme/admin/billing").Has("Starter planYour plan", "What Standard adds", "Deleting cases")
	s.Member.Workspace.Plan = access.Enterprise
	s.Get("/w/acme/admin/billing").Has("Enterprise planYour plan", "Deleting cases").Lacks("What Standard adds")
}

func TestTheRetentionPageTellsOfAStopAndSetsTheDigest(t *testing.T) {
	t.Parallel()
	f := acme()
	f.stop = &retention.Stop{ID: 2, Usual: 0.2, Surge: retention.Surge{Due: 612}}
	s := site(t, f)
	page := s.Get("/w/acme/admin/cases/retention").Want(http.StatusOK).Has("612 cases are due, and usually it is less than one a day.", "Weekly digest")
	if _, on := page.Field("Mail owners and admins what was deleted in the week").Attr("checked"); !on {
		t.Error("the digest is not shown as on")
	}
	s.Post("/w/acme/admin/cases/retention/digest", url.Values{"digest": {"1"}}).WantSeeOther("/w/acme/admin/cases/retention")
	s.Post("/w/acme/admin/cases/retention/digest", nil).WantSeeOther("/w/acme/admin/cases/retention")
	if got := fmt.Sprint(f.calls); !strings.Contains(got, "digest true") || !strings.Contains(got, "digest false") {
		t.Errorf("calls: %s", got)
	}
}
