package app_test

import (
	"fmt"
	"testing"

	"caseward/internal/desk/inactivity"
)

// TestInactivityStory: the admin looks at what Auto Close would do and switches it on. A case goes quiet and is closed; its
// customer answers in time, and once too late.
func TestInactivityStory(t *testing.T) {
	t.Parallel()
	s := start(t)
	say := func(id, answers, text string) {
		s.mail(fmt.Sprintf(`From: Tilda Post <tilda@customer.test>
To: support@acme.test
Subject: Bell without sound
Message-ID: <%s@customer.test>
In-Reply-To: <%s@customer.test>
Date: Mon, 4 May 2026 09:00:00 +0000

%s
`, id, answers, text))
	}
	say("bell-1", "nothing", "The bell of my bicycle makes no sound.")
	n := s.numberOf("Bell without sound")
	page := fmt.Sprintf("/w/acme/cases/%d", n)

	admin := s.as("admin@acme.test")
	admin.Go("/w/acme/admin")
	admin.Follow("Inactivity Close inactive cases, and what answers to closed ones do")
	admin.Accessible()
	admin.Check("Close inactive cases", true)
	admin.Fill("Close after, number", "40")
	admin.Check("Open", true)
	admin.Press("Save")
	admin.See("Choose a time from 1 hour to 21 days.")
	admin.Accessible()
	admin.Fill("Close after, number", "2")
	admin.Press("Preview")
	admin.See("would be closed now.")
	admin.See("Auto Close is not on yet")
	admin.Accessible()
	admin.Press("Save")
	admin.See("Case Auto Close is on and was saved.")

	admin.Go(page)
	admin.See("It is not closed for inactivity until something new happens on it")
	// Ten days go by.
	s.exec(`update inactivity_settings set on_since = on_since - interval '30 days'`)
	s.exec(`update cases set last_activity_at = now() - interval '10 days' where number = $1 and subject = 'Bell without sound'`, n)
	admin.Go("/w/acme/admin/cases/inactivity")
	admin.Press("Preview")
	admin.See("Bell without sound")
	admin.Accessible()
	admin.Go(page)
	admin.See("It will be closed within a minute or so")
	s.job(inactivity.Sweep)
	admin.See("closed the case due to inactivity: nothing had happened for 2 days")
	admin.See("opens it again; a later one begins a new case that follows this one.")
	admin.Accessible()

	say("bell-2", "bell-1", "Still no sound.")
	admin.Go(page)
	admin.See("answered, so the case is open again")
	s.exec(`update cases set status = 'closed', closed_at = now() - interval '5 days' where subject = 'Bell without sound'`)
	say("bell-3", "bell-1", "It is silent again.")
	second := one[int64](s, `select max(number) from cases where subject = 'Bell without sound'`)
	if second == n {
		t.Fatal("the late answer is in the closed case")
	}
	admin.Go(page)
	admin.Follow(fmt.Sprintf("Open case #%d", second))
	admin.See(fmt.Sprintf("This follows case #%d", n))
	admin.See("It is silent again.")
	admin.Accessible()
	admin.Go("/w/acme/audit")
	admin.See("switched Case Auto Close on")
}
