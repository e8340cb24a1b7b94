package admin_test

import (
	"fmt"
	"net/http"
	"net/url"
	"testing"

	"caseward/internal/desk/access"
	"caseward/internal/desk/cases"
	"caseward/internal/desk/routing"
	"caseward/internal/platform/errs"
)

func TestATeamIsChosen(t *testing.T) {
	t.Parallel()
	f := acme()
	f.team = routing.Team{Members: []access.MemberID{70}, DealsOut: true}
	s := site(t, f)
	page := s.Get("/w/acme/admin/queues/2").Has("Who works this queue")
	for name, checked := range map[string]bool{"Ana Duarte": true, "Ben Okafor": false, "Deal its cases out by turns": true} {
		if _, is := page.Field(name).Attr("checked"); is != checked {
			t.Errorf("%s is checked: %t", name, is)
		}
	}
	page.Lacks("Gone Gary")
	shown := url.Values{"was_members": {"70"}, "was_deals_out": {"1"}, "members": {"71", "70"}}
	s.Post("/w/acme/admin/queues/2/team", shown).WantSeeOther("/w/acme/admin/queues/2")
	if got := fmt.Sprint(f.calls); got != "[team of 2 from {[70] true} to {[71 70] false}]" {
		t.Errorf("asked for %s", got)
	}
	f.fail = errs.Field("members", "One of them no longer works cases.")
	page = s.Post("/w/acme/admin/queues/2/team", shown).Want(http.StatusUnprocessableEntity).Has("One of them no longer works cases.")
	if _, is := page.Field("Ben Okafor").Attr("checked"); !is {
		t.Error("the choice is lost")
	}
}

func TestALimitOfOpenCases(t *testing.T) {
	t.Parallel()
	f := acme()
	s := site(t, f)
	s.Get("/w/acme/admin/members").Has("Online", "7 of 20 open", "2 open")
	s.Get("/w/acme/admin/members/70").Has("7 of 20 open")
	for _, typed := range []string{"12", "", "many"} {
		s.Post("/w/acme/admin/members/70/capacity", url.Values{"capacity": {typed}}).WantSeeOther("/w/acme/admin/members/70")
	}
	if got := fmt.Sprint(f.calls); got != "[limit of 12 for 70 no limit for 70 limit of 0 for 70]" {
		t.Errorf("asked for %s", got)
	}
	f.fail = errs.Field("capacity", "Enter a number from 1 to 500.")
	page := s.Post("/w/acme/admin/members/70/capacity", url.Values{"capacity": {"9999"}}).Want(http.StatusUnprocessableEntity).Has("Enter a number from 1 to 500.")
	if page.Field("Limit of open cases").AttrOr("value", "") != "9999" {
		t.Error("what was typed is lost")
	}
}

func TestRules(t *testing.T) {
	t.Parallel()
	f := acme()
	s := site(t, f)
	s.Get("/w/acme/admin/routing").Has("No rules yet")
	f.rules = []routing.Rule{{ID: 4, Field: cases.BySender, Value: "@partner.test", QueueID: 2}, {ID: 5, Field: cases.ByTag, Value: "broken", QueueID: 3}}
	page := s.Get("/w/acme/admin/routing").Has("A new case comes from @partner.test", "Returns", "Old (archived: the rule rests)")
	if page.Buttons("Move up").Length() != 1 || page.Buttons("Remove").Length() != 2 {
		t.Error("the buttons are others than can be used")
	}
	s.Post("/w/acme/admin/routing", url.Values{"field": {"tag"}, "value": {"broken"}, "queue": {"2"}}).WantSeeOther("/w/acme/admin/routing")
	s.Post("/w/acme/admin/routing/5/move", url.Values{"up": {"1"}}).WantSeeOther("/w/acme/admin/routing")
	s.Post("/w/acme/admin/routing/5/remove", nil).WantSeeOther("/w/acme/admin/routing")
	if got := fmt.Sprint(f.calls); got != `[rule tag "broken" to 2 move rule 5 up true remove rule 5]` {
		t.Errorf("asked for %s", got)
	}
	f.fail = errs.Field("value", "Write an address or a domain.")
	page = s.Post("/w/acme/admin/routing", url.Values{"field": {"sender"}, "value": {"partner"}, "queue": {"2"}}).Want(http.StatusUnprocessableEntity).Has("Write an address or a domain.")
	if page.Field("What").AttrOr("value", "") != "partner" {
		t.Error("what was typed is lost")
	}
}
