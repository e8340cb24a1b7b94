package portal_test

import (
	"context"
	"fmt"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/go-chi/chi/v5"

	"caseward/internal/desk/access"
	"caseward/internal/desk/cases"
	"caseward/internal/desk/message"
	"caseward/internal/desk/people"
	"caseward/internal/desk/portal"
	"caseward/internal/desk/rating"
	"caseward/internal/platform/errs"
	help "caseward/web/portal"
	"caseward/web/webtest"
)

const evil = `<script>alert("x")</script>`

// fake is a portal with one case. It records what was asked of it, and refuses with fail.
type fake struct {
	request *portal.OwnRequest // nil: one that was refused
	who     *portal.Visitor
	fail    error
	calls   []string
	next    portal.Case
}

func (f *fake) call(format string, args ...any) error {
	f.calls = append(f.calls, fmt.Sprintf(format, args...))
	return f.fail
}

func (f *fake) Visit(_ context.Context, slug, _ string) (portal.Site, *portal.Visitor, error) {
	if slug != "acme" {
		return portal.Site{}, nil, errs.New(errs.NotFound, "")
	}
	return portal.Site{ID: 1, Slug: "acme", Name: "Acme " + evil, TimeZone: "UTC"}, f.who, nil
}

func (f *fake) SignUp(_ context.Context, _ portal.Site, in portal.SignUpInput, _ netip.Addr) error {
	return f.call("sign up %s %s %s %t", in.Email, in.Name, in.Password, in.Browser != "")
}

func (f *fake) RequestLink(_ context.Context, _ portal.Site, email string, _ netip.Addr) error {
	return f.call("link %s", email)
}

func (f *fake) OfferLink(context.Context, portal.Site, string, string) (portal.Offer, error) {
	return portal.Offer{Email: "mara@customer.test", Name: evil, New: true, PasswordLost: true}, f.call("offer")
}

func (f *fake) UseLink(_ context.Context, _ portal.Site, token, browser string, _ netip.Addr) (string, error) {
	return "a-session", f.call("use %s %s", token, browser)
}

func (f *fake) SignIn(_ context.Context, _ portal.Site, email, password string, _ netip.Addr) (string, error) {
	return "a-session", f.call("sign in %s %s", email, password)
}

func (f *fake) SignOut(_ context.Context, _ access.WorkspaceID, token string) error {
	return f.call("sign out %s", token)
}

func (f *fake) SignOutEverywhere(context.Context, access.Actor) error { return f.call("everywhere") }

func (f *fake) Cases(_ context.Context, _ access.Actor, closed bool, in cases.PageInput) (cases.OwnPage, error) {
	err := f.call("cases %t %v", closed, in.After)
	if closed {
		return cases.OwnPage{}, err
	}
	row := cases.Own{ID: 9, Number: 4, Subject: evil, Status: cases.Pending, LastActivityAt: webtest.Now()}
	return cases.OwnPage{Rows: []cases.Own{row}, Older: row.Cursor()}, err
}

func (f *fake) Case(_ context.Context, _ access.Actor, n cases.Number, _ message.ID) (portal.Case, error) {
	if n != 4 && n != 3 {
		return portal.Case{}, errs.New(errs.NotFound, "There is no such case of yours.")
	}
	return f.next, nil
}

func (f *fake) File(context.Context, access.Actor, cases.Number, int64) (message.File, error) {
	return message.File{Filename: "x.html", ContentType: "text/html", Data: []byte(evil)}, f.fail
}

func (f *fake) Write(_ context.Context, _ access.Actor, in message.CustomerInput) (message.Written, error) {
	return message.Written{Case: cases.Case{Number: 4}}, f.call("write %d %q %q %d %t", in.Number, in.Subject, in.Body, len(in.Files), in.Submission != "")
}

func (f *fake) Close(_ context.Context, _ access.Actor, n cases.Number) error {
	return f.call("close %d", n)
}

func (f *fake) Rate(_ context.Context, _ access.Actor, n cases.Number, in rating.Answer) error {
	return f.call("rate %d %s", n, in.Score)
}

func (f *fake) Own(context.Context, access.Actor) (people.Own, error) {
	return people.Own{Name: "Mara", Phone: "1"}, nil
}

func (f *fake) UpdateOwn(_ context.Context, _ access.Actor, in people.Own) error {
	return f.call("update %s %s", in.Name, in.Phone)
}

func (f *fake) SetPassword(_ context.Context, _ portal.Site, _ portal.Visitor, in portal.PasswordInput) (string, error) {
	return "another-session", f.call("password %s", in.New)
}

func (f *fake) Request(context.Context, access.Actor) (*portal.OwnRequest, error) {
	if f.request != nil {
		return f.request, nil
	}
	return &portal.OwnRequest{State: portal.RequestRefused, RequestedAt: webtest.Now(), DueAt: webtest.Now(), Reason: evil}, nil
}

func (f *fake) AskErasure(context.Context, access.Actor) error      { return f.call("ask") }
func (f *fake) WithdrawErasure(context.Context, access.Actor) error { return f.call("withdraw") }

func (f *fake) BeginExport(context.Context, access.Actor) (portal.Person, error) {
	return portal.Person{Name: evil}, f.fail
}

func (f *fake) EachCase(_ context.Context, _ access.Actor, fn func(portal.Case) error) error {
	return fn(f.next)
}

func newFake() *fake {
	f := &fake{who: &portal.Visitor{Actor: access.ContactActor(1, 5), Name: "Mara " + evil, Email: "mara@customer.test", HasPassword: true}}
	f.next.Case = cases.Case{ID: 9, Number: 4, Subject: evil, Status: cases.Closed, CreatedAt: webtest.Now()}
	f.next.Rating.Offered = true
	f.next.Thread.Messages = []message.Message{
		{ID: 1, Kind: message.Inbound, BodyText: evil, BodyHTML: evil, CreatedAt: webtest.Now(), Attachments: []message.Attachment{{ID: 7, Filename: evil + ".txt"}}},
		{ID: 2, Kind: message.Outbound, AuthorName: "Ana " + evil, BodyText: "**hello** " + evil, CreatedAt: webtest.Now()},
		{ID: 3, Kind: message.Inbound, CreatedAt: webtest.Now(), Redactions: []message.Erasure{{Kind: message.BodyErased, ByName: "Ana"}}},
	}
	return f
}

func site(t *testing.T, f *fake) *webtest.Site {
	t.Helper()
	s := webtest.New(t)
	p := help.New(s.Kit, f, f, f, webtest.Now)
	s.Router.Route("/help/{ws}", func(r chi.Router) {
		r.Use(p.Visit)
		r.Get("/login", p.Handle(p.ShowLogin))
		r.Post("/login", p.Handle(p.Login))
		r.Post("/login/link", p.Handle(p.SendLink))
		r.Get("/signup", p.Handle(p.ShowSignUp))
		r.Post("/signup", p.Handle(p.SignUp))
		r.Get("/link/{token}", p.Handle(p.ShowLink))
		r.Post("/link/{token}", p.Handle(p.UseLink))
		r.Group(func(r chi.Router) {
			r.Use(p.SignedIn)
			r.Get("/cases", p.Handle(p.List))
			r.Get("/cases/new", p.Handle(p.New))
			r.Post("/cases/new", p.Handle(p.Create))
			r.Get("/cases/{number}", p.Handle(p.Show))
			r.Post("/cases/{number}/reply", p.Handle(p.Reply))
			r.Post("/cases/{number}/rate", p.Handle(p.Rate))
			r.Get("/cases/{number}/attachments/{id}", p.Handle(p.File))
			r.Get("/data", p.Handle(p.ShowData))
			r.Post("/data", p.Handle(p.UpdateData))
			r.Post("/data/password", p.Handle(p.SetPassword))
			r.Get("/data/download", p.Handle(p.Download))
		})
	})
	return s
}

func TestNothingThatPeopleWroteIsCode(t *testing.T) {
	t.Parallel()
	f := newFake()
	s := site(t, f)
	for _, path := range []string{"/cases", "/cases/4", "/data", "/link/token", "/cases/99"} {
		page := s.Get("/help/acme" + path)
		if n := page.Doc.Find(`script:not([src])`).Length(); n != 0 {
			t.Errorf("%s has %d scripts", path, n)
		}
	}
	page := s.Get("/help/acme/cases/4").Want(http.StatusOK).Has("Closed", evil, "Content was erased here.", "hello", "You", "How did we do?")
	page.Lacks("Ana, ", "Internal note")
	if page.Doc.Find("main strong").Length() != 1 {
		t.Error("the agent's Markdown is not shown as such")
	}
	file := s.Get("/help/acme/cases/4/attachments/7").Want(http.StatusOK)
	if got := file.Header.Get("Content-Disposition"); !strings.HasPrefix(got, "attachment") || file.Header.Get("Content-Type") != "application/octet-stream" {
		t.Errorf("a page that was sent is served as %s, %s", file.Header.Get("Content-Type"), got)
	}
}

func TestSigningInLeadsNowhereElse(t *testing.T) {
	t.Parallel()
	f := newFake()
	f.who = nil
	s := site(t, f)
	s.Get("/help/acme/cases/4?x=1").WantSeeOther("/help/acme/login?next=%2Fhelp%2Facme%2Fcases%2F4%3Fx%3D1")
	s.Get("/help/nope/login").Want(http.StatusNotFound)
	form := url.Values{"email": {"mara@customer.test"}, "password": {" secret "}}
	for next, want := range map[string]string{
		"/help/acme/cases/4": "/help/acme/cases/4", "": "/help/acme/cases", "https://evil.example": "/help/acme/cases", "//evil.example/help/acme/": "/help/acme/cases",
		"/help/globex/cases": "/help/acme/cases", "/help/acme/../../w/acme": "/help/acme/cases", "/w/acme/inbox": "/help/acme/cases", "/help/acme/\\evil": "/help/acme/",
	} {
		form.Set("next", next)
		page := s.Post("/help/acme/login", form)
		page.WantSeeOther(want)
		if got := page.Header.Get("Set-Cookie"); !strings.HasPrefix(got, "caseward_help_acme=a-session; Path=/; Max-Age=2592000; HttpOnly; SameSite=Lax") {
			t.Errorf("cookie %q", got)
		}
	}
	if f.calls[0] != "sign in mara@customer.test  secret " {
		t.Errorf("asked %q", f.calls[0])
	}
	// What somebody wrote when their session ended is on the page.
	s.Post("/help/acme/cases/4/reply", url.Values{"body": {"a long answer that took an hour to write, with every detail of it"}}).
		Want(http.StatusUnauthorized).Has("a long answer that took an hour")
}

func TestRefusalsKeepWhatWasTyped(t *testing.T) {
	t.Parallel()
	f := newFake()
	s := site(t, f)
	invalid := func(field string) error { return errs.Field(field, "This is wrong.") }
	limited := &errs.Error{Kind: errs.RateLimited, Message: "Too many messages. Try again in 7 minutes.", After: 7 * time.Minute}
	for _, c := range []struct {
		path, field string
		form        url.Values
	}{
		{"/cases/4/reply", "body", url.Values{"body": {"what was typed"}, "submission": {"the key"}}},
		{"/cases/new", "subject", url.Values{"subject": {"what was typed"}, "body": {"what was typed"}, "submission": {"the key"}}},
		{"/cases/4/rate", "comment", url.Values{"score": {"good"}, "comment": {"what was typed"}}},
		{"/data", "name", url.Values{"name": {"what was typed"}}},
	} {
		f.fail = invalid(c.field)
		page := s.Post("/help/acme"+c.path, c.form).Want(http.StatusUnprocessableEntity).Has("This is wrong.")
		html, _ := page.Doc.Find("main").Html()
		if !strings.Contains(html, "what was typed") || c.form.Has("submission") && !strings.Contains(html, "the key") {
			t.Errorf("%s loses what was typed", c.path)
		}
		if c.path == "/cases/4/rate" || c.path == "/data" {
			continue
		}
		f.fail = limited
		page = s.Post("/help/acme"+c.path, c.form).Want(http.StatusTooManyRequests).Has("Try again in 7 minutes.")
		if html, _ = page.Doc.Find("main").Html(); !strings.Contains(html, "what was typed") || page.Header.Get("Retry-After") != "420" {
			t.Errorf("%s after too many loses what was typed", c.path)
		}
	}
	f.fail = limited
	s.Post("/help/acme/data/password", url.Values{"new_password": {"x"}}).Want(http.StatusTooManyRequests)
	f.fail = errs.New(errs.NotFound, "There is no such case of yours.")
	s.Post("/help/acme/cases/77/reply", url.Values{"body": {"x"}}).Want(http.StatusNotFound)
	f.fail = nil
	f.who = nil
	for _, path := range []string{"/login", "/login/link", "/signup"} {
		f.fail = limited
		s.Post("/help/acme"+path, url.Values{"email": {"mara@customer.test"}, "name": {"Mara"}}).Want(http.StatusTooManyRequests).Has("Try again in 7 minutes.")
		f.fail = invalid("email")
		page := s.Post("/help/acme"+path, url.Values{"email": {"mara@"}, "name": {"Mara"}, "password": {"the password"}}).Want(http.StatusUnprocessableEntity)
		if html, _ := page.Doc.Html(); !strings.Contains(html, "mara@") || strings.Contains(html, "the password") {
			t.Errorf("%s: the form comes back wrong", path)
		}
	}
}

// Who is sent a link must not be told by the page behind it that something has happened.
func TestAnAddressDoesNotSayWhatHasHappened(t *testing.T) {
	t.Parallel()
	f := newFake()
	s := site(t, f)
	s.Get("/help/acme/cases/4?done=closed").Lacks("Thank you for telling us")
	s.Get("/help/acme/data?done=password").Lacks("Your password is set")
	s.Post("/help/acme/data", url.Values{"name": {"Mara"}}).WantSeeOther("/help/acme/data")
	s.Get("/help/acme/cases/4").Lacks("Your details were saved.")
	s.Get("/help/acme/data").Has("Your details were saved.")
	f.who = nil
	s.Get("/help/acme/login?done=everywhere&sent=1").Lacks("signed out", "we have sent a mail")
	s.Get("/help/acme/signup?sent=1").Has("Name")
	s.Post("/help/acme/signup", url.Values{"email": {"mara@customer.test"}, "name": {"Mara"}}).WantSeeOther("/help/acme/signup")
	s.Get("/help/acme/signup").Has("Open the link in it")

	s.Post("/help/acme/login/link", url.Values{"email": {"mara@customer.test"}}).WantSeeOther("/help/acme/login")
	s.Post("/help/acme/login", url.Values{"email": {"mara@customer.test"}, "password": {""}}).WantSeeOther("/help/acme/login")
	s.Get("/help/acme/login").Has("we have sent a mail")
	s.Get("/help/acme/link/token").Has("which is not this one")
}

func TestFormsReachTheService(t *testing.T) {
	t.Parallel()
	f := newFake()
	s := site(t, f)
	s.Upload("/help/acme/cases/new", url.Values{"subject": {"S"}, "body": {"B"}, "submission": {"k"}}, [2]string{"a.txt", "x"}).WantSeeOther("/help/acme/cases/4")
	s.Upload("/help/acme/cases/4/reply", url.Values{"body": {"B"}, "submission": {"k"}}).WantSeeOther("/help/acme/cases/4")
	s.Get("/help/acme/cases/3").WantSeeOther("/help/acme/cases/4")
	s.Get("/help/acme/cases/4").Has("Your message has been sent.")
	s.Get("/help/acme/cases/4").Lacks("Your message has been sent.")
	s.Get("/help/acme/cases?status=closed").Has("No closed cases")
	if got := strings.Join(f.calls, "|"); !strings.Contains(got, `write 0 "S" "B" 1 true|write 4 "" "B" 0 true`) {
		t.Errorf("asked %s", got)
	}
	if got := s.Get("/help/acme/data/download").Want(http.StatusOK).Header.Get("Content-Type"); got != "application/zip" {
		t.Errorf("the download is %s", got)
	}
}

// TestADelayedRequestSaysSo, and nothing of why.
func TestADelayedRequestSaysSo(t *testing.T) {
	t.Parallel()
	f := newFake()
	f.request = &portal.OwnRequest{State: portal.RequestInReview, RequestedAt: webtest.Now(), DueAt: webtest.Now()}
	s := site(t, f)
	s.Get("/help/acme/data").Want(http.StatusOK).Has("In review").Lacks("Delayed")
	f.request.Delayed = true
	s.Get("/help/acme/data").Want(http.StatusOK).Has("Delayed", "For a legal reason").Lacks("In review").Lacks("legal hold")
}
