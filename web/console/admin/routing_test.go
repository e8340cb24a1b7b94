package admin_test

import (
	"fmt"
	"net/http"
	"net/url"
	"testing"

	"caseward/internal/desk/access"
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
	s.Get("/w/acme/admin/members").Has("online", "7 of 20 open", "2 open")
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
