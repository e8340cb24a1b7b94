package app_test

import (
	"fmt"
	"testing"
	"time"

	"caseward/internal/desk/followup"
)

// TestFollowUpsAndSnooze: Ana is reminded of what she means to do, puts the case off until she hears from the customer, and
// the customer's answer brings it back.
func TestFollowUpsAndSnooze(t *testing.T) {
	t.Parallel()
	s := start(t)
	const asked = "Is the tandem repaired?"
	letter := func(id, more string) {
		s.mail(fmt.Sprintf(`From: Tilda Post <tilda@customer.test>
To: support@acme.test
Subject: %s
Message-ID: <%s@customer.test>
Date: Mon, 4 May 2026 09:00:00 +0000
%s
We would like to leave on Saturday.
`, asked, id, more))
	}
	letter("tandem-1", "")
	path := fmt.Sprintf("/w/acme/cases/%d", s.numberOf(asked))

	ana := s.as("ana@acme.test")
	ana.Go("/w/acme/inbox?filter=open")
	ana.See(asked)
	ana.NotSee("Follow-ups due 1")
	ana.Go(path)
	ana.Press("Add a follow-up")
	ana.Fill("What is to be done", "Ring the workshop")
	ana.Fill("Due", time.Now().UTC().Add(-3*time.Hour).Format("2006-01-02T15:04")) // past in every zone of the demo
	ana.Press("Add follow-up")
	ana.See("Ring the workshop")
	ana.Accessible()
	s.job(followup.Sweep)

	ana.Go("/w/acme/notifications")
	ana.See(asked)
	ana.Go("/w/acme/inbox?filter=mine")
	ana.Follow("Follow-ups due")
	ana.See("Ring the workshop")
	ana.Accessible()
	ana.Press("Done: Ring the workshop")
	ana.Is(`!document.querySelector("main").innerText.includes("Ring the workshop")`)

	ana.Go(path)
	ana.See("finished a follow-up")
	ana.Press("Snooze")
	ana.Press("In a week")
	ana.See("Snoozed until")
	ana.Accessible()
	ana.Go("/w/acme/inbox?filter=unassigned")
	ana.See("Unassigned")
	ana.NotSee(asked)
	ana.Go("/w/acme/inbox?filter=snoozed")
	ana.See(asked)

	letter("tandem-2", "In-Reply-To: <tandem-1@customer.test>\n")
	ana.Is(`!document.querySelector("main").innerText.includes("` + asked + `")`) // the list was open all the time
	ana.Go("/w/acme/inbox?filter=unassigned")
	ana.See(asked)
}
