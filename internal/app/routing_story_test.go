package app_test

import (
	"fmt"
	"testing"

	"caseward/internal/desk/routing"
)

// TestRouting: an admin has a queue deal its cases out to Ben, who is there, goes away and comes back; Ana takes the next one
// by herself while there is one.
func TestRouting(t *testing.T) {
	t.Parallel()
	s := start(t)
	letter := func(subject string) {
		s.mail(fmt.Sprintf("From: Tilda Post <tilda@customer.test>\nTo: support@acme.test\nSubject: %s\nMessage-ID: <%s@customer.test>\n\nPlease help.\n", subject, subject))
	}
	admin, ben, ana := s.as("admin@acme.test"), s.as("ben@acme.test"), s.as("ana@acme.test")
	ana.Go("/w/acme/inbox?filter=unassigned")
	ana.Press("Take next")
	ana.See("This case is yours now.")
	admin.Go("/w/acme/admin/queues")
	admin.Follow("Support")
	admin.Check("Ben Okafor", true)
	admin.Check("Deal its cases out by turns", true)
	admin.Press("Save team")
	admin.See("The queue's team was saved.")
	admin.Accessible()
	admin.Go("/w/acme/admin/members")
	admin.Accessible()

	ben.Go("/w/acme/inbox?filter=mine")
	letter("first-of-ben")
	s.job(routing.Sweep)
	ben.See("first-of-ben") // without a reload

	ben.Press("BO") // the avatar on the account menu
	ben.Press("Set yourself away")
	ben.See("you are given no new cases")
	ben.Accessible()
	letter("nobody-yet")
	s.job(routing.Sweep)
	ben.Go("/w/acme/inbox?filter=unassigned")
	ben.See("nobody-yet")

	ana.Go("/w/acme/inbox?filter=unassigned")
	ana.Press("Take next")
	ana.Is(`location.pathname.startsWith("/w/acme/cases/")`)
	ana.NotSee("nobody-yet") // Ben alone works that queue
	ana.Accessible()
}
