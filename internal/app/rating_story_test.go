package app_test

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"caseward/internal/desk/message"
	"caseward/internal/desk/rating"
	"caseward/internal/email/inbound"
	"caseward/internal/testkit/browser"
)

var rateLink = regexp.MustCompile(`/rate/[A-Za-z0-9_-]+/bad`)

// TestRatingStory: Ana closes a case, its customer is asked by mail, opens the link and answers; Ana sees it on the case
// and on the timeline of the customer's next one.
func TestRatingStory(t *testing.T) {
	t.Parallel()
	s := start(t)
	for i, subject := range []string{"The bell does not ring", "And the horn is silent"} {
		s.mail(fmt.Sprintf(`From: Tilda Post <tilda@customer.test>
To: support@acme.test
Subject: %s
Message-ID: <rated-%d@customer.test>
Date: Mon, 4 May 2026 09:00:00 +0000

What can I do?
`, subject, i))
	}
	number, next := s.numberOf("The bell does not ring"), s.numberOf("And the horn is silent")
	path := fmt.Sprintf("/w/acme/cases/%d", number)

	admin := s.as("admin@acme.test")
	admin.Go("/w/acme/admin/cases/rating")
	admin.See("Whether customers are asked")
	admin.Accessible()
	admin.Check("Ask by mail after a case is closed", true)
	admin.Choose("How long after closing", "At once")
	admin.Press("Save")
	admin.See("The settings of ratings were saved.")

	ana := s.as("ana@acme.test")
	ana.Go(path)
	ana.Choose("Status", "Closed")
	ana.Press("Update")
	ana.See("about to be asked for a rating")
	s.job(rating.Sweep)
	s.job(message.OutboxSweep)
	link := rateLink.FindString(mailTo(t, s, "tilda@customer.test"))

	tilda := browser.Open(t, s.base)
	tilda.Go(link)
	tilda.See("The bell does not ring")
	tilda.Accessible()
	if rated := one[int](s, `select count(*) from ratings g join cases c on c.id = g.case_id where c.number = $1 and g.score is not null`, number); rated != 0 {
		t.Fatal("opening the link has rated")
	}
	tilda.Fill("Comment", "It rings, but only on Sundays.")
	tilda.Press("Send rating")
	tilda.See("Thank you. You rated our help: Bad.")
	tilda.Accessible()

	ana.Go(path)
	ana.See("It rings, but only on Sundays.")
	ana.See("rated the help as bad")
	ana.Accessible()
	ana.Go(fmt.Sprintf("/w/acme/cases/%d", next))
	ana.See("Timeline of this contact")
	ana.See(fmt.Sprintf("Rated #%d", number))
	ana.Accessible()
	ana.Go("/w/acme/notifications")
	ana.NotSee("It rings, but only on Sundays.")

	ana.Go(path + "/delete")
	ana.Press("Delete Case")
	ana.See("Undo")
	if status := s.get(&http.Client{}, link); status != http.StatusGone {
		t.Errorf("the link to a deleted case answers %d", status)
	}
	tilda.Go(link)
	tilda.See("This can no longer be rated")
	tilda.NotSee("The bell")
	tilda.Accessible()
}

// mailTo is the text of the one mail in the outbox folder that goes to an address.
func mailTo(t *testing.T, s *site, address string) string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(s.app.Config.DataDir, "outbox", "*.eml"))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range files {
		raw, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if m := inbound.Parse(raw); len(m.To) == 1 && m.To[0].Email == address {
			return m.Text
		}
	}
	t.Fatalf("none of %d mails goes to %s", len(files), address)
	return ""
}
