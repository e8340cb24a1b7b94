package app_test

import (
	"fmt"
	"testing"

	"caseward/internal/desk/bulk"
)

// TestBulkUpdate: Ana changes two cases at once, looks at what became of them and takes it back.
func TestBulkUpdate(t *testing.T) {
	t.Parallel()
	s := start(t)
	other := "E-Trek range in winter"
	first, second := s.numberOf(subject), s.numberOf(other)
	ana := s.as("ana@acme.test")
	ana.Go("/w/acme/inbox?filter=open")
	ana.Check(fmt.Sprintf("Select case %d", first), true)
	ana.Check(fmt.Sprintf("Select case %d", second), true)
	ana.See("2 selected")
	ana.Accessible()
	ana.Press("Bulk Update…")
	ana.See("Bulk Update: 2 cases")
	ana.Accessible()
	ana.Choose("Status", "On hold")
	ana.Fill("Add tags", "winter sale")
	ana.Press("Update 2 cases")
	ana.See("At work.")
	s.job(bulk.Sweep)
	ana.See("Done.")
	ana.Accessible()
	ana.Go("/w/acme/inbox?filter=on-hold")
	ana.See(subject)
	ana.See("winter sale")
	ana.Go("/w/acme/bulk")
	ana.Follow("Change status to on hold; tags: add winter sale")
	ana.Press("Undo")
	ana.See("Being undone.")
	s.job(bulk.Sweep)
	ana.See("Undone.")
	ana.Go("/w/acme/inbox?filter=open")
	ana.See(other)
	ana.NotSee("winter sale")
}
