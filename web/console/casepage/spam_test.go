package casepage_test

import (
	"net/url"
	"slices"
	"testing"
	"time"

	"caseward/internal/desk/access"
	"caseward/internal/desk/cases"
	"caseward/internal/desk/contact"
)

// TestSpamWithAndWithoutTheQuestion: a bare POST does what is usual, the question's what was chosen there.
func TestSpamWithAndWithoutTheQuestion(t *testing.T) {
	t.Parallel()
	for _, one := range []struct {
		path   string
		fields url.Values
		want   string
	}{
		{"/spam", nil, "spam: "},
		{"/spam", url.Values{"asked": {"1"}, "suspend": {"1"}}, "spam: suspend"},
		{"/spam", url.Values{"asked": {"1"}}, "spam: leave"},
		{"/spam", url.Values{"suspend": {"0"}}, "spam: leave"},
		{"/not-spam", nil, "not spam: true"},
		{"/not-spam", url.Values{"asked": {"1"}, "lift": {"1"}}, "not spam: true"},
		{"/not-spam", url.Values{"asked": {"1"}}, "not spam: false"},
		{"/not-spam", url.Values{"lift": {"0"}}, "not spam: false"},
	} {
		d := newDesk()
		s := site(t, d)
		s.Post("/w/acme/cases/12"+one.path, one.fields).WantSeeOther("/w/acme/cases/12")
		if !slices.Equal(d.did, []string{one.want}) {
			t.Errorf("%s %v did %v, want %q", one.path, one.fields, d.did, one.want)
		}
	}
}

func TestTheQuestionTellsAboutTheSender(t *testing.T) {
	t.Parallel()
	d := newDesk()
	s := site(t, d)
	page := s.Get("/w/acme/cases/12/spam?next=/w/acme/inbox").Want(200).Lacks("solved case")
	if box := page.Doc.Find("input[name=suspend]"); box.Length() != 1 || !box.Is("[checked]") {
		t.Error("the sender would not be suspended as usual")
	}
	d.sender.Solved = 14
	page = s.Get("/w/acme/cases/12/spam").Want(200).Has("This sender has 14 solved cases.")
	if page.Doc.Find("input[name=suspend]").Is("[checked]") {
		t.Error("a sender with solved cases is chosen to be suspended")
	}
	d.sender.Protection = contact.Protection{Kind: contact.ProtectedDomain, Domain: "partner.test"}
	page = s.Get("/w/acme/cases/12/spam").Want(200).Has("partner.test is a protected domain")
	if page.Doc.Find("input[name=suspend]").Length() != 0 {
		t.Error("a protected sender can be chosen")
	}
	d.sender = cases.Sender{Suspension: &contact.Suspension{SuspendedByName: "Ben Okafor", Cause: contact.ByHandCause}}
	s.Get("/w/acme/cases/12/spam").Want(200).Has("suspended by Ben Okafor", "stays so")

	s.Get("/w/acme/cases/12/not-spam").WantSeeOther("/w/acme/cases/12")
	now := time.Now()
	d.c.SpamAt = &now
	s.Get("/w/acme/cases/12/spam").WantSeeOther("/w/acme/cases/12")
	page = s.Get("/w/acme/cases/12/not-spam").Want(200).Has("restore them on their contact")
	if page.Doc.Find("input[name=lift]").Length() != 0 {
		t.Error("a suspension by hand can be lifted here")
	}
	d.sender.Suspension.Cause = contact.SpamCause
	page = s.Get("/w/acme/cases/12/not-spam").Want(200)
	if !page.Doc.Find("input[name=lift]").Is("[checked]") {
		t.Error("the suspension would stay")
	}
	s.As(access.Viewer).Get("/w/acme/cases/12/not-spam").Want(403)
}
