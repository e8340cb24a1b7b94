package app_test

import (
	"fmt"
	"strings"
	"testing"

	"caseward/internal/desk/portal"
	"caseward/internal/desk/removal"
	"caseward/internal/desk/retention"
)

// TestForgetStory: a customer asks to be forgotten. An admin deletes them, thinks again, deletes them forever, reads the
// certificate, and finds the one place where somebody else names them.
func TestForgetStory(t *testing.T) {
	t.Parallel()
	s := start(t)
	for i, m := range [][4]string{
		{"Quilla Vantongeren <quilla@vantongeren.test>", "Forget me please", "", "I want to be forgotten."},
		{"Tilda Post <tilda@customer.test>", "The lift is stuck", "", "Between two floors."},
		{"Quilla Vantongeren <quilla@vantongeren.test>", "Re: The lift is stuck", "<forget-1@customer.test>", "I was in it, too."},
		{"Tilda Post <tilda@customer.test>", "Re: The lift is stuck", "<forget-1@customer.test>", "And so was Quilla Vantongeren."},
	} {
		s.mail(fmt.Sprintf(`From: %s
To: support@acme.test
Subject: %s
Message-ID: <forget-%d@customer.test>
In-Reply-To: %s
Date: Mon, 4 May 2026 09:00:00 +0000

%s
`, m[0], m[1], i, m[2], m[3]))
	}
	own, lift := s.numberOf("Forget me please"), s.numberOf("The lift is stuck")
	id := one[int64](s, `select contact_id from contact_emails where email = 'quilla@vantongeren.test'`)
	page := fmt.Sprintf("/w/acme/contacts/%d", id)

	admin := s.as("admin@acme.test")
	admin.Go(page)
	admin.Follow("Delete")
	admin.See("Their 1 live case moves to Spam")
	admin.Accessible()
	admin.Press("Delete")
	admin.See("The contact was deleted.")
	s.job(removal.Sweep)
	admin.Follow("Restore")
	admin.See("The 1 case that the deletion hid comes back")
	admin.Press("Restore")
	admin.See("The contact was restored.")
	admin.Follow("Delete")
	admin.Press("Delete")
	admin.See("The contact was deleted.")
	admin.Go("/w/acme/contacts?tab=deleted")
	admin.Check("Select Quilla Vantongeren", true)
	admin.Accessible()
	admin.Press("Delete Forever")
	admin.See("Delete Quilla Vantongeren forever?")
	admin.See("1 reply on 1 case of other people stay")
	admin.Check("Tell them by mail when it is done", true)
	admin.Accessible()
	admin.Fill("Type “forever” to confirm", "for now")
	admin.Press("Delete Forever")
	admin.See("Nothing was deleted")
	admin.Fill("Type “forever” to confirm", "forever")
	admin.Press("Delete Forever")
	admin.See("You can leave this page")
	s.job(retention.ForgetSweep)
	admin.See("The contact was permanently deleted.")
	admin.See("The mail that tells them is on its way.")
	admin.Accessible()
	s.job(portal.MailSweep)
	if text := mailTo(t, s, "quilla@vantongeren.test"); !strings.Contains(text, "Confirmation number: ") || strings.Contains(text, "Quilla") {
		t.Errorf("the mail says %q", text)
	}
	if n := one[int](s, `select count(*) from erasure_notices`); n != 0 {
		t.Errorf("%d addresses are kept after the mail", n)
	}
	admin.Follow("Show the certificate")
	admin.See("What may remain")
	admin.See("the mail was put into the outbox folder on")
	admin.Accessible()

	admin.Go(page)
	admin.See("This contact was permanently deleted")
	admin.Accessible()
	admin.Go(fmt.Sprintf("/w/acme/cases/%d", own))
	admin.See("together with the contact who had requested it")
	admin.Go(fmt.Sprintf("/w/acme/cases/%d", lift))
	admin.See("Deleted User")
	admin.See("I was in it, too.")
	admin.Go(page + "/mentions")
	admin.See("Text of a message or note")
	admin.Accessible()
	admin.Follow("Erase…")
	admin.See("Erase")
	if n := one[int](s, `select count(*) from messages where to_recipients::text || cc_recipients::text || coalesce(message_id, '') like '%quilla%'`); n != 0 {
		t.Errorf("%d messages name them", n)
	}
}
