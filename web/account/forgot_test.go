package account_test

import (
	"net/http"
	"net/url"
	"testing"

	"caseward/internal/platform/errs"
)

func TestWhoForgotThePasswordIsToldTheSame(t *testing.T) {
	t.Parallel()
	f := &fake{}
	s := site(t, f)
	if s.Get("/login").Links("Forgot your password?").AttrOr("href", "") != "/forgot" {
		t.Error("the sign-in page does not lead here")
	}
	s.Get("/forgot").Want(http.StatusOK)
	s.Post("/forgot", url.Values{"email": {"ana@acme.test"}}).WantSeeOther("/forgot?sent=1")
	s.Get("/forgot?sent=1").Want(http.StatusOK).Has("If there is an account of that address, a mail is on its way.").Lacks("ana@acme.test")
	f.forgotErr = errs.Field("email", "Enter an email address such as ana@example.com.")
	page := s.Post("/forgot", url.Values{"email": {"nowhere"}}).Want(http.StatusUnprocessableEntity).Has("Enter an email address")
	if page.Field("Email").AttrOr("value", "") != "nowhere" {
		t.Error("what was typed is lost")
	}
	f.forgotErr = errs.New(errs.RateLimited, "Too many requests for a new password. Try again in 9 minutes.")
	s.Post("/forgot", url.Values{"email": {"ana@acme.test"}}).Want(http.StatusTooManyRequests).Has("in 9 minutes")
}

func TestANewPasswordByLink(t *testing.T) {
	t.Parallel()
	f := &fake{}
	s := site(t, f)
	s.Get("/reset/tok").Want(http.StatusOK).Has("For ana@acme.test.")
	form := url.Values{"password": {"short"}, "password_again": {"short"}}
	s.Post("/reset/tok", form).Want(http.StatusUnprocessableEntity).Has("at least 10")
	form.Set("password", "long enough it is")
	s.Post("/reset/tok", form).Want(http.StatusUnprocessableEntity).Has("differ")
	form.Set("password_again", "long enough it is")
	s.Post("/reset/tok", form).WantSeeOther("/login?reset=1")
	s.Get("/login?reset=1").Has("Your password is changed.")
	if len(f.joined) != 1 || f.joined[0] != "tok long enough it is" {
		t.Errorf("set %q", f.joined)
	}
	f.resetErr = errs.New(errs.Gone, "This link was used already, or is older than an hour. Ask for a new one.")
	if s.Get("/reset/tok").Want(http.StatusGone).Has("Ask for a new one.").Buttons("Send the link").Length() != 1 {
		t.Error("there is no way to a new link")
	}
	s.Post("/reset/tok", form).Want(http.StatusGone)
}
