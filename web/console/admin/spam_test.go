package admin_test

import (
	"context"
	"net/url"
	"slices"
	"testing"

	"caseward/internal/desk/access"
	"caseward/internal/desk/contact"
	"caseward/internal/platform/errs"
)

func (f *fake) Domains(_ context.Context, a access.Actor) (contact.Domains, error) {
	return contact.Domains{Own: []string{"acme.test"}, Chosen: []string{"a.test", "b.test"}}, a.Require(access.ManageSettings)
}

func (f *fake) SetDomains(_ context.Context, _ access.Actor, list []string) error {
	return f.call("domains %q", list)
}

func TestProtectedDomains(t *testing.T) {
	t.Parallel()
	f := acme()
	s := site(t, f)
	page := s.Get("/w/acme/admin/cases/spam").Want(200).Has("acme.test", "never suspended")
	if text := page.Doc.Find("textarea[name=domains]").Text(); text != "a.test\nb.test" {
		t.Errorf("the domains are shown as %q", text)
	}
	s.Post("/w/acme/admin/cases/spam", url.Values{"domains": {"a.test\r\n c.test, d.test\r\n"}}).WantSeeOther("/w/acme/admin/cases/spam")
	if !slices.Equal(f.calls, []string{`domains ["a.test" "c.test" "d.test"]`}) {
		t.Errorf("did %v", f.calls)
	}
	f.fail = errs.Field("domains", "“x” is no domain.")
	page = s.Post("/w/acme/admin/cases/spam", url.Values{"domains": {"x\ny"}}).Want(422).Has("is no domain")
	if text := page.Doc.Find("textarea[name=domains]").Text(); text != "x\ny" {
		t.Errorf("what was typed is shown as %q", text)
	}
	f.fail = nil
	s.As(access.Agent).Get("/w/acme/admin/cases/spam").Want(403)
}
