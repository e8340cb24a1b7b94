package account_test

import (
	"context"
	"net/http"
	"net/netip"
	"net/url"
	"testing"
	"time"

	"caseward/internal/desk/access"
	"caseward/internal/desk/member"
	"caseward/internal/desk/setup"
	"caseward/internal/desk/workspace"
	"caseward/internal/platform/errs"
	"caseward/web/account"
	"caseward/web/webtest"
)

type fake struct {
	signIn     func(email, password string) (member.User, error)
	user       member.User
	memberOf   []member.Membership
	offer      member.Offer
	offerErr   error
	joined     []string
	needsSetup bool
	create     func(in setup.Input) (setup.Created, error)
	created    []setup.Input
	forgot     []string
	forgotErr  error
	resetErr   error
}

func (f *fake) SignIn(_ context.Context, email, password string, _ netip.Addr) (member.User, error) {
	if f.signIn == nil {
		return member.User{ID: 7, SessionEpoch: 1, Email: email}, nil
	}
	return f.signIn(email, password)
}

func (f *fake) ResolveUser(context.Context, access.UserID, int) (member.User, error) {
	if f.user.ID == 0 {
		return member.User{}, member.ErrSignedOut
	}
	return f.user, nil
}

func (f *fake) Workspaces(context.Context, access.UserID) ([]member.Membership, error) {
	return f.memberOf, nil
}

func (f *fake) RequestReset(_ context.Context, email string, _ netip.Addr) error {
	f.forgot = append(f.forgot, email)
	return f.forgotErr
}

func (f *fake) OfferReset(context.Context, string) (string, error) {
	return "ana@acme.test", f.resetErr
}

func (f *fake) ResetPassword(_ context.Context, token, password string, _ netip.Addr) error {
	if len(password) < 10 {
		return errs.Field("password", "Use at least 10 characters.")
	}
	f.joined = append(f.joined, token+" "+password)
	return f.resetErr
}

func (f *fake) Offer(context.Context, string) (member.Offer, error) { return f.offer, f.offerErr }

func (f *fake) AcceptInvite(_ context.Context, token, name, password string) (member.User, member.Offer, error) {
	if len(password) < 10 {
		return member.User{}, member.Offer{}, errs.Field("password", "Use at least 10 characters.")
	}
	f.joined = append(f.joined, token+" "+name)
	return member.User{ID: 8, SessionEpoch: 1}, f.offer, nil
}

func (f *fake) AcceptInviteAs(_ context.Context, _ access.UserID, token string) (member.Offer, error) {
	f.joined = append(f.joined, token)
	return f.offer, nil
}

func (f *fake) NeedsSetup(context.Context) (bool, error) { return f.needsSetup, nil }

func (f *fake) Create(_ context.Context, in setup.Input) (setup.Created, error) {
	f.created = append(f.created, in)
	if f.create != nil {
		return f.create(in)
	}
	return setup.Created{Workspace: workspace.Workspace{Slug: in.Slug}}, nil
}

func site(t *testing.T, f *fake) *webtest.Site {
	t.Helper()
	s := webtest.New(t)
	p := account.New(s.Shell, f, f)
	s.Router.Get("/", p.Handle(p.Workspaces))
	s.Router.Get("/login", p.Handle(p.ShowLogin))
	s.Router.With(p.Limit()).Post("/login", p.Handle(p.Login))
	s.Router.Post("/logout", p.Handle(p.Logout))
	s.Router.Get("/forgot", p.Handle(p.ShowForgot))
	s.Router.Post("/forgot", p.Handle(p.Forgot))
	s.Router.Get("/reset/{token}", p.Handle(p.ShowReset))
	s.Router.Post("/reset/{token}", p.Handle(p.Reset))
	s.Router.Get("/setup", p.Handle(p.ShowSetup))
	s.Router.Post("/setup", p.Handle(p.Setup))
	s.Router.Get("/invite/{token}", p.Handle(p.ShowInvite))
	s.Router.Post("/invite/{token}", p.Handle(p.AcceptInvite))
	return s
}

func ana() member.User { return member.User{ID: 7, SessionEpoch: 1, Email: "ana@acme.test"} }

func TestSignInFormAsPromised(t *testing.T) {
	t.Parallel()
	s := site(t, &fake{})
	page := s.Get("/login?next=/w/acme/deleted").Want(http.StatusOK)
	if page.Field("Email").AttrOr("name", "") != "email" || page.Field("Password").AttrOr("type", "") != "password" {
		t.Error("the fields are not as in the contract")
	}
	if page.Buttons("Sign in").Length() != 1 {
		t.Error("no button Sign in")
	}
	s.Post("/login", url.Values{"email": {"a@b.test"}, "password": {"x"}, "next": {"/w/acme/deleted"}}).WantSeeOther("/w/acme/deleted")
}

func TestSignInLeadsToNoOtherSite(t *testing.T) {
	t.Parallel()
	for _, next := range []string{"https://evil.test/", "//evil.test", `/\evil.test`} {
		s := site(t, &fake{})
		s.Post("/login", url.Values{"email": {"a@b.test"}, "password": {"x"}, "next": {next}}).WantSeeOther("/")
	}
}

func TestFailedSignInSaysNothingOfTheAccount(t *testing.T) {
	t.Parallel()
	s := site(t, &fake{signIn: func(email, _ string) (member.User, error) {
		if email == "" {
			return member.User{}, errs.Field("email", "Enter an email address such as ana@example.com.")
		}
		return member.User{}, errs.New(errs.Invalid, "No such account.")
	}})
	for _, email := range []string{"", "nobody@acme.test"} {
		page := s.Post("/login", url.Values{"email": {email}, "password": {"wrong"}}).Want(http.StatusUnprocessableEntity)
		page.Has("The email address or the password is wrong.").Lacks("No such account", "Enter an email")
		if got := page.Field("Email").AttrOr("value", ""); got != email {
			t.Errorf("the address is %q now", got)
		}
	}
}

func TestThrottledSignInSaysWhen(t *testing.T) {
	t.Parallel()
	s := site(t, &fake{signIn: func(string, string) (member.User, error) {
		return member.User{}, &errs.Error{Kind: errs.RateLimited, Message: "Too many failed sign-ins. Try again in 12 minutes.", After: 11*time.Minute + 1500*time.Millisecond}
	}})
	page := s.Post("/login", url.Values{"email": {"a@b.test"}}).Want(http.StatusTooManyRequests).Has("in 12 minutes")
	if wait := page.Header.Get("Retry-After"); wait != "662" {
		t.Errorf("Retry-After is %s", wait)
	}
}

func TestManyTriesFromOneAddressAreStopped(t *testing.T) {
	t.Parallel()
	s := site(t, &fake{})
	for range 30 {
		s.Post("/login", url.Values{"email": {"a@b.test"}}).Want(http.StatusSeeOther)
	}
	page := s.Post("/login", url.Values{"email": {"a@b.test"}}).Want(http.StatusTooManyRequests)
	if page.Header.Get("Retry-After") == "" {
		t.Error("no Retry-After")
	}
}

func TestWhereSignedInPeopleGo(t *testing.T) {
	t.Parallel()
	acme, globex := member.Membership{Slug: "acme", Name: "Acme", Role: access.Agent}, member.Membership{Slug: "globex", Name: "Globex", Role: access.Owner}
	staff := ana()
	staff.IsStaff = true
	for name, c := range map[string]struct {
		fake fake
		to   string
	}{
		"nobody":          {fake{}, "/login"},
		"one workspace":   {fake{user: ana(), memberOf: []member.Membership{acme}}, "/w/acme/inbox"},
		"staff only":      {fake{user: staff}, "/staff/erasures"},
		"nothing set up":  {fake{user: ana(), needsSetup: true}, "/setup"},
		"several":         {fake{user: ana(), memberOf: []member.Membership{acme, globex}}, ""},
		"none, not staff": {fake{user: ana()}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := site(t, &c.fake).SignIn()
			page := s.Get("/")
			if c.to != "" {
				page.WantSeeOther(c.to)
				return
			}
			if page.Want(http.StatusOK); page.Doc.Find(`a[href="/w/acme/inbox"]`).Length() != min(len(c.fake.memberOf), 1) {
				t.Error("Acme cannot be chosen, or is there though nobody is its member")
			}
		})
	}
}

func TestSignOut(t *testing.T) {
	t.Parallel()
	f := &fake{user: ana()}
	s := site(t, f).SignIn()
	s.Post("/logout", url.Values{"next": {"/invite/tok"}}).WantSeeOther("/invite/tok")
	f.memberOf = []member.Membership{{Slug: "acme"}}
	s.Get("/").WantSeeOther("/login")
}

func setupForm() url.Values {
	return url.Values{"workspace": {"Café Zürich"}, "address": {"help@cafe.test"}, "name": {"Olga"},
		"email": {"olga@cafe.test"}, "password": {"long enough it is"}, "password_again": {"long enough it is"}}
}

func TestSetupMakesTheWorkspaceAndSignsIn(t *testing.T) {
	t.Parallel()
	f := &fake{needsSetup: true}
	s := site(t, f)
	s.Get("/login").WantSeeOther("/setup")
	s.Get("/setup").Want(http.StatusOK)
	s.Post("/setup", setupForm()).WantSeeOther("/w/cafe-zurich/inbox")
	if in := f.created[0]; !in.First || in.Slug != "cafe-zurich" || in.Owner.Name != "Olga" || in.Name != "Café Zürich" {
		t.Errorf("created %+v", in)
	}
}

func TestSetupOnlyOnce(t *testing.T) {
	t.Parallel()
	s := site(t, &fake{})
	s.Get("/setup").WantSeeOther("/login")
	s.Post("/setup", setupForm()).WantSeeOther("/login")
	late := site(t, &fake{needsSetup: true, create: func(setup.Input) (setup.Created, error) {
		return setup.Created{}, errs.New(errs.Conflict, "Caseward is set up already.")
	}})
	late.Post("/setup", setupForm()).WantSeeOther("/login")
}

func TestSetupShowsEachMistakeAtItsField(t *testing.T) {
	t.Parallel()
	f := &fake{needsSetup: true}
	s := site(t, f)
	form := setupForm()
	form.Set("workspace", "")
	form.Set("password_again", "another")
	page := s.Post("/setup", form).Want(http.StatusUnprocessableEntity)
	for _, label := range []string{"Workspace name", "Password again"} {
		if page.Field(label).AttrOr("aria-invalid", "") != "true" {
			t.Errorf("%s has no error", label)
		}
	}
	if page.Field("Your name").AttrOr("value", "") != "Olga" || len(f.created) != 0 {
		t.Error("what was typed is lost, or was used")
	}
}

func TestInvitationByState(t *testing.T) {
	t.Parallel()
	offer := member.Offer{Slug: "acme", Workspace: "Acme", Email: "ana@acme.test", Role: access.Agent}
	known := offer
	known.HasAccount = true
	other := ana()
	other.Email = "else@acme.test"
	for name, c := range map[string]struct {
		fake   fake
		button string
		link   string
	}{
		"somebody new":   {fake{offer: offer}, "Create account and join", ""},
		"known, out":     {fake{offer: known}, "", "Sign in to accept"},
		"the one meant":  {fake{offer: known, user: ana()}, "Accept invitation", ""},
		"somebody else":  {fake{offer: known, user: other}, "Sign out", ""},
		"no longer open": {fake{offerErr: errs.New(errs.Gone, "This invitation is no longer valid.")}, "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			page := site(t, &c.fake).SignIn().Get("/invite/tok")
			if c.fake.offerErr != nil {
				page.Want(http.StatusGone)
				return
			}
			page.Want(http.StatusOK)
			if c.button != "" && page.Buttons(c.button).Length() != 1 || c.link != "" && page.Links(c.link).Length() != 1 {
				t.Errorf("the page says %s", page.Main())
			}
		})
	}
}

func TestAcceptingAnInvitation(t *testing.T) {
	t.Parallel()
	f := &fake{offer: member.Offer{Slug: "acme", Workspace: "Acme", Email: "new@acme.test", Role: access.Viewer}}
	s := site(t, f)
	form := url.Values{"name": {"Nia"}, "password": {"short"}, "password_again": {"short"}}
	s.Post("/invite/tok", form).Want(http.StatusUnprocessableEntity).Has("at least 10")
	form.Set("password", "long enough it is")
	s.Post("/invite/tok", form).Want(http.StatusUnprocessableEntity).Has("differ")
	form.Set("password_again", "long enough it is")
	s.Post("/invite/tok", form).WantSeeOther("/w/acme/inbox")
	f.user = ana()
	s.Post("/invite/tok2", nil).WantSeeOther("/w/acme/inbox")
	if len(f.joined) != 2 || f.joined[0] != "tok Nia" || f.joined[1] != "tok2" {
		t.Errorf("joined %q", f.joined)
	}
}
