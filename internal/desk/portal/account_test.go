package portal_test

import (
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"caseward/internal/desk/access"
	"caseward/internal/desk/portal"
	"caseward/internal/platform/errs"
	"caseward/internal/testkit/fixture"
)

func TestSignUpMakesTheContactOfTheAddressTheirs(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	n := d.Receive(fixture.Mail{From: mara, Name: "Mara Customer", Subject: "By mail", Body: "Hello"})
	must(t, d.Portal.SignUp(t.Context(), d.site, portal.SignUpInput{Email: " Mara@Customer.TEST", Name: "Somebody else", Password: lasts, Browser: "firefox"}, anywhere))
	if got := fixture.One[int](d.Desk, `select count(*) from contact_accounts`); got != 0 {
		t.Fatal("there is an account before the address is confirmed")
	}
	m := d.mail()
	if m == nil || m.Email != mara || !m.SignUp() || m.HasAccount || m.From != d.Address || d.mail() != nil {
		t.Fatalf("mail %+v", m)
	}
	for range 3 { // scanners look at it
		if o, err := d.Portal.OfferLink(t.Context(), d.site, m.Token, "firefox"); err != nil || !o.New || o.PasswordLost || o.Name != "Mara Customer" {
			t.Fatalf("offer %+v, %v", o, err)
		}
	}
	var used atomic.Int32 // one link, pressed by several at once
	var all sync.WaitGroup
	tokens := make([]string, 1)
	for range 6 {
		all.Go(func() {
			token, err := d.Portal.UseLink(t.Context(), d.site, m.Token, "firefox", anywhere)
			if err == nil {
				used.Add(1)
				tokens[0] = token
			} else if !errs.Is(err, errs.Gone) {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if used.Load() != 1 {
		t.Fatalf("the link was used %d times", used.Load())
	}
	who := d.who(tokens[0])
	if who == nil || who.Name != "Mara Customer" || !who.HasPassword || !who.ByLink {
		t.Fatalf("signed in: %+v", who)
	}
	if c, err := d.Portal.Case(t.Context(), who.Actor, n, 0); err != nil || c.Subject != "By mail" {
		t.Errorf("her case: %v, %v", c.Subject, err)
	}
	if _, err := d.Portal.SignIn(t.Context(), d.site, mara, lasts, anywhere); err != nil {
		t.Errorf("sign-in by password: %v", err)
	}
}

// A stranger who signs up with somebody else's address must not choose their password, nor get in by it.
func TestAPasswordCountsOnlyInTheBrowserInWhichItWasChosen(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	for _, browser := range []string{"", "another"} {
		must(t, d.Portal.SignUp(t.Context(), d.site, portal.SignUpInput{Email: browser + mara, Name: "Eve", Password: "chosen by Eve", Browser: "eve"}, anywhere))
		m := d.mail()
		if o, err := d.Portal.OfferLink(t.Context(), d.site, m.Token, browser); err != nil || !o.PasswordLost {
			t.Errorf("nobody is told that the password does not count: %+v, %v", o, err)
		}
		token, err := d.Portal.UseLink(t.Context(), d.site, m.Token, browser, anywhere)
		must(t, err)
		if who := d.who(token); who == nil || who.HasPassword {
			t.Errorf("signed in: %+v", who)
		}
		if _, err := d.Portal.SignIn(t.Context(), d.site, browser+mara, "chosen by Eve", anywhere); !errs.Is(err, errs.Invalid) {
			t.Errorf("Eve signs in: %v", err)
		}
	}
	// Nor can anybody change the password of an account by signing up once more.
	d.signUp("known@customer.test", lasts)
	must(t, d.Portal.SignUp(t.Context(), d.site, portal.SignUpInput{Email: "known@customer.test", Name: "Eve", Password: "chosen by Eve", Browser: "eve"}, anywhere))
	m := d.mail()
	if !m.HasAccount {
		t.Error("the mail does not say that there is an account")
	}
	_, err := d.Portal.UseLink(t.Context(), d.site, m.Token, "eve", anywhere)
	must(t, err)
	if _, err := d.Portal.SignIn(t.Context(), d.site, "known@customer.test", "chosen by Eve", anywhere); !errs.Is(err, errs.Invalid) {
		t.Errorf("the password was changed: %v", err)
	}
}

func TestNobodyLearnsWhetherAnAddressIsKnown(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.signUp("account@customer.test", lasts)
	d.Contact("Contact", "contact@customer.test")
	for _, blocked := range []string{"deleted", "suspended"} {
		d.signUp(blocked+"@customer.test", lasts)
		d.Exec(`update contacts set ` + blocked + `_at = now() where id = (select contact_id from contact_emails where email = '` + blocked + `@customer.test')`)
	}
	mailed := map[string][2]bool{ // by a request to sign up, and by one to sign in
		"account@customer.test": {true, true}, "contact@customer.test": {true, true}, "nobody@customer.test": {true, false},
		"deleted@customer.test": {}, "suspended@customer.test": {}, d.Address: {}, "support+x@" + d.Workspace.Slug + ".test": {},
	}
	var text string
	for email, want := range mailed {
		err := d.Portal.SignUp(t.Context(), d.site, portal.SignUpInput{Email: email, Name: "Eve", Password: lasts, Browser: "eve"}, anywhere)
		must(t, err)
		if got := d.mail() != nil; got != want[0] {
			t.Errorf("%s is mailed after a sign-up: %t", email, got)
		}
		must(t, d.Portal.RequestLink(t.Context(), d.site, email, anywhere))
		if got := d.mail() != nil; got != want[1] {
			t.Errorf("%s is mailed a link: %t", email, got)
		}
		_, err = d.Portal.SignIn(t.Context(), d.site, email, "not the password", anywhere)
		if !errs.Is(err, errs.Invalid) || text != "" && err.Error() != text {
			t.Errorf("sign-in as %s: %v", email, err)
		}
		text = err.Error()
	}
	for _, blocked := range []string{"deleted", "suspended"} { // with the right one
		if _, err := d.Portal.SignIn(t.Context(), d.site, blocked+"@customer.test", lasts, anywhere); err == nil || err.Error() != text {
			t.Errorf("sign-in as %s: %v", blocked, err)
		}
	}
}

func TestSessionsEnd(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	first := d.signUp(mara, lasts)
	second, err := d.Portal.SignIn(t.Context(), d.site, mara, lasts, anywhere)
	must(t, err)
	if first == second || d.who(first) == nil || d.who(second) == nil || d.who(second).ByLink || d.who("") != nil || d.who(first+"x") != nil {
		t.Fatal("the sessions are not what they should be")
	}
	must(t, d.Portal.SignOut(t.Context(), d.site.ID, first))
	if d.who(first) != nil || d.who(second) == nil {
		t.Error("signing out ended the wrong session")
	}

	for _, column := range []string{"deleted_at", "suspended_at"} {
		token, err := d.Portal.SignIn(t.Context(), d.site, mara, lasts, anywhere)
		must(t, err)
		d.Exec(`update contacts set ` + column + ` = now()`)
		if d.who(token) != nil {
			t.Errorf("signed in after %s", column)
		}
		d.Exec(`update contacts set ` + column + ` = null`)
		if d.who(token) != nil {
			t.Error("an ended session has come back")
		}
	}

	third, err := d.Portal.SignIn(t.Context(), d.site, mara, lasts, anywhere)
	must(t, err)
	must(t, d.Portal.SignOutEverywhere(t.Context(), access.ContactActor(d.site.ID, d.who(third).Actor.ContactID)))
	if d.who(third) != nil {
		t.Error("signed in after signing out everywhere")
	}

	idle, err := d.Portal.SignIn(t.Context(), d.site, mara, lasts, anywhere)
	must(t, err)
	for range 9 { // active all the time
		d.Clock.Advance(3 * fixture.Day)
		if d.who(idle) == nil {
			t.Fatal("an active session has ended")
		}
	}
	d.Clock.Advance(3*fixture.Day + time.Minute)
	if d.who(idle) != nil {
		t.Error("a session of 30 days goes on")
	}
	if _, err := d.Portal.Forget(t.Context()); err != nil || fixture.One[int](d.Desk, `select count(*) from contact_sessions`)+fixture.One[int](d.Desk, `select count(*) from portal_links`) != 0 {
		t.Errorf("something is kept, %v", err)
	}
}

func TestLinksWorkOnceAndForAnHour(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.signUp(mara, "")
	ask := func() string {
		must(t, d.Portal.RequestLink(t.Context(), d.site, mara, anywhere))
		return d.mail().Token
	}
	first, second := ask(), ask()
	if _, err := d.Portal.UseLink(t.Context(), d.site, second, "", anywhere); err != nil {
		t.Fatal(err)
	}
	other := on(t, d.In(fixture.Workspace(t, d.DB, fixture.At(d.Clock.Now))))
	late := ask()
	for name, use := range map[string]func() (string, error){
		"used":                 func() (string, error) { return d.Portal.UseLink(t.Context(), d.site, second, "", anywhere) },
		"older":                func() (string, error) { return d.Portal.UseLink(t.Context(), d.site, first, "", anywhere) },
		"made up":              func() (string, error) { return d.Portal.UseLink(t.Context(), d.site, "x", "", anywhere) },
		"of another workspace": func() (string, error) { return d.Portal.UseLink(t.Context(), other.site, late, "", anywhere) },
	} {
		if _, err := use(); !errs.Is(err, errs.Gone) {
			t.Errorf("a link that is %s: %v", name, err)
		}
	}
	d.Clock.Advance(time.Hour)
	if _, err := d.Portal.UseLink(t.Context(), d.site, late, "", anywhere); !errs.Is(err, errs.Gone) {
		t.Errorf("a link after an hour: %v", err)
	}
}

func TestWorkspacesAreApart(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	other := on(t, d.In(fixture.Workspace(t, d.DB, fixture.At(d.Clock.Now))))
	token := d.signUp(mara, lasts)
	if other.who(token) != nil {
		t.Error("a session of one workspace counts in another")
	}
	if _, err := d.Portal.SignIn(t.Context(), other.site, mara, lasts, anywhere); !errs.Is(err, errs.Invalid) {
		t.Errorf("an account of one workspace signs in to another: %v", err)
	}
	if m := other.signUp(mara, "another passphrase"); other.who(m) == nil || other.who(m).Actor.ContactID == d.who(token).Actor.ContactID {
		t.Error("the same address in another workspace is not another account")
	}
	must(t, d.Portal.SetOn(t.Context(), d.Owner, false))
	if _, _, err := d.Portal.Visit(t.Context(), d.Workspace.Slug, token); !errs.Is(err, errs.NotFound) {
		t.Errorf("a portal that is off: %v", err)
	}
	for name, actor := range map[string]access.Actor{"ana": d.Ana, "vera": d.Viewer} {
		if err := d.Portal.SetOn(t.Context(), actor, true); !errs.Is(err, errs.Forbidden) {
			t.Errorf("%s turns the portal on: %v", name, err)
		}
	}
}

func TestGuessingGetsNowhere(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.signUp(mara, lasts)
	for i := range 12 {
		_, err := d.Portal.SignIn(t.Context(), d.site, mara, "guess", anywhere)
		if want := map[bool]errs.Kind{true: errs.Invalid, false: errs.RateLimited}[i < 10]; !errs.Is(err, want) {
			t.Fatalf("try %d: %v", i, err)
		}
	}
	if _, err := d.Portal.SignIn(t.Context(), d.site, mara, lasts, anywhere); !errs.Is(err, errs.RateLimited) {
		t.Errorf("the right password after ten wrong ones: %v", err)
	}
	// Sign-ups send mails as requests for a link do, and are counted together with them.
	for _, only := range []string{"", "sign-ups", "links"} {
		for i := range 7 {
			ask := func() error { return d.Portal.RequestLink(t.Context(), d.site, only+"other@customer.test", anywhere) }
			if only == "sign-ups" || only == "" && i%2 == 0 {
				ask = func() error {
					return d.Portal.SignUp(t.Context(), d.site, portal.SignUpInput{Email: only + "other@customer.test", Name: "Eve"}, anywhere)
				}
			}
			if err := ask(); i >= 5 != errs.Is(err, errs.RateLimited) {
				t.Fatalf("%s: mail %d for one address: %v", only, i, err)
			}
		}
	}
}
