package app_test

import (
	"fmt"
	"testing"
)

// TestTheAuditTrail: an owner looks for deletions, goes on to the history of a case, and sees the state of the chain.
func TestTheAuditTrail(t *testing.T) {
	t.Parallel()
	s := start(t)
	owner := s.as("owner@acme.test")
	owner.Go("/w/acme/audit")
	owner.See("Verify now")
	owner.See("Export JSON lines")
	owner.Accessible()
	owner.Go("/w/acme/audit?what=all-deletion")
	owner.See("deleted case")
	owner.NotSee("replied to case")
	owner.Accessible()
	owner.Go("/w/acme/audit?what=all-holds&who=staff")
	owner.See("No entry matches")
	owner.Go("/w/acme/audit?entry=3")
	owner.See("Filtered by entry 3")
	owner.Follow("Clear")
	owner.See("The whole trail")
	owner.Go("/w/acme/audit?from=once")
	owner.See("Nothing is shown")
	owner.Accessible()
	owner.Go(fmt.Sprintf("/w/acme/cases/%d", s.numberOf("Wheel arrived damaged (order 2041-7730)")))
	owner.Follow("History")
	owner.See("Who looked at it")
	owner.See("began the case")
	owner.Accessible()
	owner.Go("/w/acme/admin/billing")
	owner.See("Ask for another plan")
	owner.Accessible()
}
