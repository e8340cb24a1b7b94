package outbound_test

import (
	"errors"
	"net/netip"
	"strings"
	"testing"
	"time"

	"caseward/internal/email/inbound"
	"caseward/internal/email/outbound"
	"caseward/internal/testkit/fixture"
)

func TestTheLinkToANewPasswordIsMailed(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	must(t, d.Members.RequestReset(t.Context(), d.Email("ana"), netip.Addr{}))
	s := &sink{fail: func(outbound.Mail) error { return errors.New("no relay") }}
	sweep := func() string {
		t.Helper()
		summary, err := outbound.NewPasswordMails(d.DB, s, "https://help.test/", d.Clock.Now, fixture.Quiet()).Sweep(t.Context())
		must(t, err)
		return summary
	}
	if got := sweep(); got != "sent 0 mails about passwords, 1 failed" {
		t.Error(got)
	}
	s.fail = nil
	d.Clock.Advance(2 * time.Minute)
	if got := sweep(); got != "sent 1 mails about passwords, 0 failed" || len(s.sent) != 1 {
		t.Fatal(got)
	}
	m := s.sent[0]
	if m.From != "" || len(m.To) != 1 || m.To[0] != d.Email("ana") {
		t.Errorf("from %q to %v: a bounce must reach no desk", m.From, m.To)
	}
	read := inbound.Parse(m.Raw)
	_, rest, found := strings.Cut(read.Text, "https://help.test/reset/")
	token, _, _ := strings.Cut(rest, "\n")
	if email, err := d.Members.OfferReset(t.Context(), strings.TrimSpace(token)); !found || err != nil || email != d.Email("ana") {
		t.Errorf("the link %q is for %q, %v", token, email, err)
	}
	if !strings.Contains(string(m.Raw), "Auto-Submitted: auto-generated") {
		t.Error("other programs would answer it")
	}
	if sweep(); len(s.sent) != 1 {
		t.Error("it was mailed twice")
	}
}
