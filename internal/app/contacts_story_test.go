package app_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"caseward/internal/desk/people"
)

// TestContacts: an admin makes a contact, adds an address that is somebody else's, and merges the two; Ana finds the contact by
// the telephone number and sees the cases.
func TestContacts(t *testing.T) {
	t.Parallel()
	s := start(t)
	number := s.numberOf(subject)
	who := one[string](s, `select e.email from cases c join contact_emails e on e.contact_id = c.contact_id where c.workspace_id = 1 and c.number = $1`, number)
	name := one[string](s, `select k.name from cases c join contacts k on k.id = c.contact_id where c.workspace_id = 1 and c.number = $1`, number)

	admin := s.as("admin@acme.test")
	admin.Go("/w/acme/inbox")
	admin.Follow("Contacts")
	admin.See(name)
	admin.Accessible()
	admin.Follow("New contact")
	admin.Accessible()
	admin.Fill("Name", "Greta Zimmerfrau")
	admin.Fill("Phone", "+49 (0)30 555 01 23")
	admin.Fill("Address 1", "greta@zimmer.test")
	admin.Press("Save contact")
	admin.See("The contact was made.")
	admin.Accessible()
	admin.Follow("Change")
	admin.Fill("Address 2", strings.ToUpper(who))
	admin.Press("Save contact")
	admin.See("This address belongs to " + name)
	admin.Accessible()
	admin.Follow("Merge the two contacts")
	admin.See("Merge " + name + " into Greta Zimmerfrau?")
	admin.See("This cannot be undone.")
	admin.Accessible()
	admin.Press("Merge contacts")
	admin.See("The two contacts are one now.")
	s.job(people.Sweep)

	ana := s.as("ana@acme.test")
	ana.Go("/w/acme/contacts")
	ana.Fill("Find a contact", "030 5550123")
	ana.Press("Find")
	ana.Is(`location.search.includes("5550123")`)
	ana.See("Greta Zimmerfrau")
	ana.Follow("Greta Zimmerfrau")
	ana.See(who)
	ana.See(subject)
	ana.Accessible()
	if ana.Has("link", "Change") {
		t.Error("Ana may not manage contacts and sees a way to")
	}
	ana.Follow(subject)
	ana.See("Greta Zimmerfrau")
	if names := one[int](s, `select count(*) from contacts where name = $1`, name); names != 0 {
		t.Errorf("%d contacts are still called %s", names, name)
	}
	ana.Go(fmt.Sprintf("/w/acme/cases/%d/delete", number))
	ana.Press("Delete Case")
	ana.See("Undo")
	ana.Go("/w/acme/contacts")
	ana.Fill("Find a contact", "zimmer.test")
	ana.Press("Find")
	ana.Is(`location.search.includes("zimmer")`)
	ana.Follow("Greta Zimmerfrau")
	ana.See("Timeline")
	ana.NotSee(subject)
}

// TestDataOfAContact: an admin has everything held on a contact put together, and hears of it by the bell; the preview of an
// import says what it would do.
func TestDataOfAContact(t *testing.T) {
	t.Parallel()
	s := start(t)
	number := s.numberOf(subject)
	id := one[int64](s, `select contact_id from cases where workspace_id = 1 and number = $1`, number)
	admin := s.as("admin@acme.test")
	admin.Go(fmt.Sprintf("/w/acme/contacts/%d", id))
	admin.Follow("Export data")
	admin.See("Not in it: internal notes")
	admin.Accessible()
	admin.Press("Put the file together")
	admin.See("The file is being put together.")
	s.job(people.DataSweep)
	admin.Go("/w/acme/notifications")
	admin.See("What is held on a contact is ready")
	admin.Press("Data of a contact")
	admin.See("Download,")
	admin.Accessible()
	if status := s.get(s.client("ben@acme.test"), fmt.Sprintf("/w/acme/contacts/%d/data/1", id)); status != http.StatusForbidden {
		t.Errorf("Ben's download answers %d, want 403", status)
	}
	if status := s.get(s.client("admin@acme.test"), fmt.Sprintf("/w/acme/contacts/%d/data/1", id)); status != http.StatusOK {
		t.Errorf("the download answers %d", status)
	}
	admin.Go("/w/acme/contacts/import")
	admin.Accessible()
}
