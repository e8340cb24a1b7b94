package app_test

import (
	"fmt"
	"testing"
	"time"
)

// TestHoldStory: the owner puts a case on legal hold. An agent deletes it, support staff approve its permanent deletion, and it
// stays; the release lets the erasure go on.
func TestHoldStory(t *testing.T) {
	t.Parallel()
	s := start(t)
	s.mail("From: Hedda Gabler <hedda@gabler.test>\nTo: support@acme.test\nSubject: The contract\nMessage-ID: <contract@gabler.test>\n" +
		"Date: Mon, 4 May 2026 09:00:00 +0000\n\nI will see you in court.\n")
	n := s.numberOf("The contract")
	path := fmt.Sprintf("/w/acme/cases/%d", n)

	owner := s.as("owner@acme.test")
	owner.Go(path)
	owner.Follow("Legal hold…")
	owner.See(fmt.Sprintf("Put case %d on legal hold?", n))
	owner.Accessible()
	owner.Fill("Reason", "She threatens to sue.")
	owner.Fill("Review on", time.Now().AddDate(0, 2, 0).Format(time.DateOnly))
	owner.Press("Put on legal hold")
	owner.See("On legal hold: nothing of it can be removed.")
	owner.See("She threatens to sue.")
	owner.Accessible()

	ana := s.as("ana@acme.test")
	ana.Go(path + "/delete")
	ana.See("is not removed, as long as it is on legal hold")
	ana.Press("Delete Case")
	ana.See(fmt.Sprintf("Case %d deleted", n))
	ana.Go("/w/acme/deleted")
	ana.See("On legal hold")
	ana.NotSee("She threatens to sue.")
	ana.Accessible()

	owner.Go(path + "/erasure-request")
	owner.Press("Request permanent deletion")
	owner.See("Whatever support staff decide, it is kept")
	staff := s.as("staff@caseward.test")
	staff.Go("/staff/erasures")
	staff.See("Legal hold")
	staff.NotSee("She threatens to sue.")
	staff.Go(one[string](s, `select '/staff/erasures/' || r.workspace_id || '/' || r.id || '/approve' from erasure_requests r
		where r.case_number = $1`, n))
	staff.See("goes on by itself when the workspace releases its last hold")
	staff.Press("Approve permanent deletion")
	staff.See("The request was approved, and a legal hold stops it.")
	staff.NotSee("Erasing…")
	staff.Accessible()
	owner.Go(path)
	owner.See("which a legal hold stops")
	s.job("erasures")
	s.row(n) // is there
	owner.Go("/w/acme/admin/holds")
	owner.See("The contract")
	owner.See("The permanent deletion that support staff approved")
	owner.Accessible()
	owner.Follow("Release")
	owner.See(fmt.Sprintf("Release the hold on case %d?", n))
	owner.Accessible()
	owner.Fill("Why it is no longer needed", "She has settled.")
	owner.Press("Release")
	owner.See("The hold is released")
	owner.Go("/w/acme/admin/holds?show=released")
	owner.See("She has settled.")
	owner.Accessible()
	s.job("erasures")
	owner.Go(path)
	owner.See("permanently deleted")
}
