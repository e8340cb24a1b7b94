package portal_test

import (
	"net/netip"
	"testing"

	"caseward/internal/desk/portal"
	"caseward/internal/testkit/fixture"
)

const (
	mara  = "mara@customer.test"
	lasts = "a long passphrase"
)

var anywhere = netip.MustParseAddr("203.0.113.9")

// desk is a workspace whose portal is on.
type desk struct {
	*fixture.Desk
	t    *testing.T
	site portal.Site
}

func newDesk(t *testing.T) *desk {
	t.Helper()
	return on(t, fixture.NewDesk(t))
}

func on(t *testing.T, d *fixture.Desk) *desk {
	t.Helper()
	must(t, d.Portal.SetOn(t.Context(), d.Owner, true))
	site, who, err := d.Portal.Visit(t.Context(), d.Workspace.Slug, "")
	must(t, err)
	if who != nil {
		t.Fatal("somebody is signed in without a session")
	}
	return &desk{d, t, site}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// mail claims the next mail; nil where there is none, or nothing was to be mailed.
func (d *desk) mail() *portal.Mail {
	d.t.Helper()
	m, err := portal.ClaimMail(d.t.Context(), d.DB, d.Clock.Now())
	must(d.t, err)
	if m == nil || !m.Wanted() {
		return nil
	}
	must(d.t, portal.SettleMail(d.t.Context(), d.DB, *m, d.Clock.Now(), nil))
	return m
}

// signUp goes all the way and returns the token of the session.
func (d *desk) signUp(email, password string) string {
	d.t.Helper()
	must(d.t, d.Portal.SignUp(d.t.Context(), d.site, portal.SignUpInput{Email: email, Name: "Mara", Password: password, Browser: "firefox"}, anywhere))
	m := d.mail()
	if m == nil {
		d.t.Fatal("no mail was sent")
	}
	token, err := d.Portal.UseLink(d.t.Context(), d.site, m.Token, "firefox", anywhere)
	must(d.t, err)
	return token
}

// who is signed in with a token; nil for nobody.
func (d *desk) who(token string) *portal.Visitor {
	d.t.Helper()
	_, who, err := d.Portal.Visit(d.t.Context(), d.Workspace.Slug, token)
	must(d.t, err)
	return who
}
