package app_test

import (
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"caseward/internal/desk/member"
	"caseward/internal/email/inbound"
	"caseward/internal/testkit/browser"
)

var resetLink = regexp.MustCompile(`/reset/[A-Za-z0-9_-]+`)

// TestForgottenPassword goes from the sign-in page over the mail to a new password.
func TestForgottenPassword(t *testing.T) {
	t.Parallel()
	s := start(t)
	before := s.client("ben@acme.test")
	p := browser.Open(t, s.base)
	p.Go("/login")
	p.Accessible()
	p.Follow("Forgot your password?")
	p.See("Send the link")
	p.Accessible()
	p.Fill("Email", "ben@acme.test")
	p.Press("Send the link")
	p.See("If there is an account of that address")
	p.Accessible()
	s.job(member.ResetSweep)
	p.Go(linkIn(t, s))
	p.See("For ben@acme.test.")
	p.Accessible()
	p.Fill("Password", "a fresh passphrase")
	p.Fill("Password again", "a fresh passphrase")
	p.Press("Set password")
	p.See("Your password is changed.")
	p.Fill("Email", "ben@acme.test")
	p.Fill("Password", "a fresh passphrase")
	p.Press("Sign in")
	p.At("/w/acme/inbox")
	if status := s.get(before, "/w/acme/inbox"); status != 303 {
		t.Errorf("a session from before answers %d", status)
	}
	p.Go(linkIn(t, s))
	p.See("This link was used already")
	p.Accessible()
}

// linkIn is the path of the link in the one mail about passwords in the outbox folder.
func linkIn(t *testing.T, s *site) string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(s.app.Config.DataDir, "outbox", "*.eml"))
	if err != nil || len(files) != 1 {
		t.Fatalf("%d mails, %v", len(files), err)
	}
	raw, err := os.ReadFile(files[0])
	if err != nil {
		t.Fatal(err)
	}
	return resetLink.FindString(inbound.Parse(raw).Text)
}
