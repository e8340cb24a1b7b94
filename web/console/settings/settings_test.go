package settings_test

import (
	"context"
	"net/http"
	"net/url"
	"testing"

	"github.com/go-chi/chi/v5"

	"caseward/internal/desk/access"
	"caseward/internal/desk/member"
	"caseward/internal/platform/errs"
	"caseward/web/console/settings"
	"caseward/web/webtest"
)

type fake struct {
	view    member.View
	changed []string
}

func (f *fake) SetDefaultView(_ context.Context, _ access.Actor, view member.View) error {
	if view != member.Full && view != member.Table {
		return errs.Field("default_view", "Choose Full or Table.")
	}
	f.view = view
	return nil
}

func (f *fake) ChangePassword(_ context.Context, _ access.Actor, old, next string) (int, error) {
	if old != "right" {
		return 0, errs.Field("old_password", "This is not your present password.")
	}
	f.changed = append(f.changed, next)
	return 2, nil
}

func site(t *testing.T, f *fake) *webtest.Site {
	t.Helper()
	s := webtest.New(t)
	p := settings.New(s.Shell, f)
	return s.Console(func(r chi.Router) {
		r.Get("/settings", p.Handle(p.Show))
		r.Post("/settings/view", p.Handle(p.SetView))
		r.Post("/settings/password", p.Handle(p.ChangePassword))
	}).SignIn()
}

func TestDefaultView(t *testing.T) {
	t.Parallel()
	f := &fake{}
	s := site(t, f)
	group := s.Get("/w/acme/settings").Want(http.StatusOK).Group("Default Case Filter View")
	if group.Find("input[checked]").AttrOr("value", "") != "full" || group.Find("input").Length() != 2 {
		t.Error("the setting does not offer Full and Table, or shows the wrong one")
	}
	s.Post("/w/acme/settings/view", url.Values{"default_view": {"table"}}).WantSeeOther("/w/acme/settings")
	if f.view != member.Table {
		t.Error("not saved")
	}
	s.Post("/w/acme/settings/view", url.Values{"default_view": {"x"}}).Want(http.StatusUnprocessableEntity).Has("Choose Full or Table.")
}

func TestPasswordChangeKeepsThisSession(t *testing.T) {
	t.Parallel()
	f := &fake{}
	s := site(t, f)
	form := url.Values{"old_password": {"wrong"}, "new_password": {"a new password"}, "new_password_again": {"a new passwort"}}
	s.Post("/w/acme/settings/password", form).Want(http.StatusUnprocessableEntity).Has("differ")
	form.Set("new_password_again", "a new password")
	page := s.Post("/w/acme/settings/password", form).Want(http.StatusUnprocessableEntity)
	if page.Field("Present password").AttrOr("aria-invalid", "") != "true" || len(f.changed) != 0 {
		t.Error("a wrong password is no error")
	}
	form.Set("old_password", "right")
	s.Post("/w/acme/settings/password", form).WantSeeOther("/w/acme/settings")
	s.Get("/w/acme/settings").Want(http.StatusOK).Has("Your password was changed.", "signed out everywhere else")
}
