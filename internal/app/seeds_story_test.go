package app_test

import (
	"fmt"
	"testing"

	"caseward/internal/desk/bulk"
	"caseward/internal/desk/removal"
	"caseward/internal/desk/retention"
)

// TestDeletingAContactStepByStep follows the numbered steps of seeds 002 and 004 in their order: delete, look at Deleted and at
// Spam, recover a case and erase one by checkbox, delete one contact forever from its page and two by checkbox; then the same
// person writes again and is somebody new.
func TestDeletingAContactStepByStep(t *testing.T) {
	t.Parallel()
	s := start(t)
	for i, name := range []string{"Odile", "Perrin", "Quentin"} {
		for j := range 2 {
			s.mail(fmt.Sprintf("From: %s Farrow <%s@farrow.test>\nTo: support@acme.test\nSubject: %s asks %d\nMessage-ID: <%d.%d@farrow.test>\n\nAbout the boat.\n",
				name, name, name, j, i, j))
		}
	}
	admin := s.as("admin@acme.test")
	remove := func(name string) string {
		page := fmt.Sprintf("/w/acme/contacts/%d", one[int64](s, `select id from contacts where name = $1`, name+" Farrow"))
		admin.Go("/w/acme/contacts") // 004, steps 1 to 3
		admin.Follow(name + " Farrow")
		admin.See(name + " asks 0") // its page; the list has a tab "Deleted"
		admin.Follow("Delete")
		admin.See("Their 2 live cases move to Spam")
		admin.Press("Delete")
		admin.See("The contact was deleted.")
		return page
	}
	odile := remove("Odile")
	remove("Perrin")
	remove("Quentin")
	s.job(removal.Sweep)
	admin.Go("/w/acme/contacts?tab=deleted") // step 4
	admin.See("Odile Farrow")
	admin.Go("/w/acme/contacts")
	admin.NotSee("Odile Farrow")

	back, gone := s.numberOf("Perrin asks 0"), s.numberOf("Perrin asks 1")
	admin.Go("/w/acme/inbox?filter=spam") // "Managing tickets associated with deleted contacts"
	admin.See("Odile asks 0")
	admin.Check(fmt.Sprintf("Select case %d", back), true)
	admin.Press("Not spam…")
	admin.Press("Mark 1 case as not spam")
	admin.See("At work.")
	s.job(bulk.Sweep)
	admin.See("Done.")
	admin.Go("/w/acme/inbox?filter=open")
	admin.See("Perrin asks 0")
	admin.Go("/w/acme/inbox?filter=spam")
	admin.NotSee("Perrin asks 0")
	admin.Check(fmt.Sprintf("Select case %d", gone), true)
	admin.Press("Delete Forever…")
	admin.Press("Delete 1 case forever")
	admin.See("At work.")
	s.job(bulk.Sweep)
	admin.See("Done.")
	admin.Go(fmt.Sprintf("/w/acme/cases/%d", gone))
	admin.See("deleted forever")

	admin.Go("/w/acme/contacts?tab=deleted") // 002: the Deleted view, open the contact, Delete Forever lists what will be done
	admin.Follow("Odile Farrow")
	admin.See("This contact was deleted on")
	admin.Follow("Delete Forever")
	admin.See("Delete Odile Farrow forever?")
	admin.See("2 cases")
	admin.Accessible()
	admin.Fill("Type “forever” to confirm", "forever")
	admin.Press("Delete Forever")
	admin.See("You can leave this page")
	s.job(retention.ForgetSweep)
	admin.See("The contact was permanently deleted.")
	admin.Go(odile)
	admin.See("This contact was permanently deleted")
	admin.Go("/w/acme/contacts?tab=deleted") // 004, steps 5 and 6
	admin.Check("Select Perrin Farrow", true)
	admin.Check("Select Quentin Farrow", true)
	admin.Press("Delete Forever")
	admin.See("Delete 2 contacts forever?")
	admin.Accessible()
	admin.Fill("Type “forever” to confirm", "forever")
	admin.Press("Delete Forever")
	admin.See("You can leave this page")
	s.job(retention.ForgetSweep)
	admin.Go("/w/acme/contacts?tab=deleted")
	admin.NotSee("Farrow")
	if n := one[int](s, `select count(*) from contacts where name like '%Farrow'`) + one[int](s, `select count(*) from contact_emails where email like '%farrow.test'`) +
		one[int](s, `select count(*) from cases where subject like '%asks%'`); n != 0 {
		t.Errorf("%d rows of the three are left", n)
	}

	s.mail("From: Odile Farrow <odile@farrow.test>\nTo: support@acme.test\nSubject: Odile is back\nMessage-ID: <back@farrow.test>\n\nHello.\n")
	admin.Go("/w/acme/contacts")
	admin.Follow("Odile Farrow")
	admin.See("Odile is back")
	admin.NotSee("Odile asks")
}
