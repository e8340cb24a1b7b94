package app_test

import (
	"fmt"
	"testing"

	"caseward/internal/desk/bulk"
)

// spamMail is a mail of somebody whom nobody knows.
func (s *site) spamMail(n int, subject string) {
	s.t.Helper()
	s.mail(fmt.Sprintf(`From: Sam Pillmonger <sam@pillmonger.test>
To: support@acme.test
Subject: %s
Message-ID: <pills-%d@pillmonger.test>
Date: Mon, 4 May 2026 09:00:00 +0000

Buy now, mail number %d.
`, subject, n, n))
}

// TestSpamStory: an agent marks a case as spam, which suspends its sender. One blocked mail is none after all and is released;
// the owner deletes what is left forever.
func TestSpamStory(t *testing.T) {
	t.Parallel()
	s := start(t)
	s.spamMail(1, "Cheap pills")
	first := s.numberOf("Cheap pills")

	ben := s.as("ben@acme.test")
	ben.Go(fmt.Sprintf("/w/acme/cases/%d", first))
	ben.Follow("Mark as spam")
	ben.See(fmt.Sprintf("Mark case %d as spam?", first))
	ben.See("Suspend Sam Pillmonger (sam@pillmonger.test)")
	ben.Accessible()
	ben.Press("Mark as spam")
	ben.See("Its sender is suspended")
	ben.Accessible()

	before := one[int](s, `select count(*) from cases`)
	s.spamMail(2, "Even cheaper pills")
	s.spamMail(3, "About my order")
	if n := one[int](s, `select count(*) from cases`); n != before {
		t.Errorf("%d cases were made of blocked mail", n-before)
	}
	ben.Go("/w/acme/inbox?filter=spam")
	ben.See("Cheap pills")
	ben.Follow("Blocked mail")
	ben.See("Even cheaper pills")
	ben.Accessible()
	ben.Follow("About my order")
	ben.See("Buy now, mail number 3.")
	ben.Accessible()
	ben.Follow("Release…")
	ben.See("Release this mail?")
	ben.Accessible()
	ben.Press("Release")
	ben.See("The mail was released")
	ben.See("Buy now, mail number 3.")
	s.numberOf("About my order")

	ben.Go("/w/acme/contacts?tab=suspended")
	ben.See("Sam Pillmonger")
	ben.See(fmt.Sprintf("case #%d marked as spam", first))
	ben.Accessible()
	owner := s.as("owner@acme.test")
	owner.Go("/w/acme/contacts?tab=suspended")
	owner.Accessible()
	owner.Check("Select Sam Pillmonger", true)
	owner.Press("Restore selected")
	owner.See("The contact may write again")
	owner.NotSee("Sam Pillmonger")

	s.spamMail(4, "Pills once more")
	second := s.numberOf("Pills once more")
	owner.Go(fmt.Sprintf("/w/acme/cases/%d/spam", second))
	owner.Press("Mark as spam")
	owner.See("moved to Spam")
	owner.Go("/w/acme/inbox?filter=spam")
	owner.Check(fmt.Sprintf("Select case %d", first), true)
	owner.Check(fmt.Sprintf("Select case %d", second), true)
	owner.Press("Delete Forever…")
	owner.See(fmt.Sprintf("Cases %d and %d go for good at once", first, second))
	owner.Accessible()
	owner.Fill("Type the word delete to confirm", "delete")
	owner.Press("Delete 2 cases forever")
	owner.See("At work.")
	s.job(bulk.Sweep)
	owner.See("Done.")
	owner.Accessible()
	owner.Go(fmt.Sprintf("/w/acme/cases/%d", first))
	owner.See("It was spam, and was deleted forever")
	owner.Accessible()
}
