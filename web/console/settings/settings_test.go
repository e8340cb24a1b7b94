package settings_test

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/go-chi/chi/v5"

	"caseward/internal/desk/access"
	"caseward/internal/desk/member"
	"caseward/internal/desk/notify"
	"caseward/internal/platform/errs"
	"caseward/web/console/settings"
	"caseward/web/webtest"
)

type fake struct {
	view    member.View
	zone    string
	keys    []bool
	changed []string
	notices []notify.Setting
	saved   []notify.Setting
}

func (f *fake) Settings(context.Context, access.Actor) ([]notify.Setting, error) {
	return f.notices, nil
}

func (f *fake) SaveSettings(_ context.Context, _ access.Actor, wanted []notify.Setting) error {
	if len(wanted) == 0 {
		return errs.Field("notifications", "There is no such notification. Reload the page.")
	}
	f.saved = wanted
	return nil
}

func (f *fake) SetTimeZone(_ context.Context, _ access.Actor, zone string) error {
	f.zone = zone
	return nil
}

func (f *fake) SetShortcuts(_ context.Context, _ access.Actor, on bool) error {
	f.keys = append(f.keys, on)
	return nil
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
	p := settings.New(s.Shell, f, f)
	return s.Console(func(r chi.Router) {
		r.Get("/settings", p.Handle(p.Show))
		r.Post("/settings/time-zone", p.Handle(p.SetTimeZone))
		r.Get("/shortcuts", p.Handle(p.Shortcuts))
		r.Post("/settings/shortcuts", p.Handle(p.SetShortcuts))
		r.Post("/settings/view", p.Handle(p.SetView))
		r.Post("/settings/notifications", p.Handle(p.SetNotifications))
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

func TestNotifications(t *testing.T) {
	t.Parallel()
	f := &fake{notices: []notify.Setting{{Kind: notify.Assigned, InApp: true, Email: true}, {Kind: notify.Reopened, InApp: true}}}
	s := site(t, f)
	page := s.Get("/w/acme/settings").Want(http.StatusOK).Has("Assigned to you", "Case reopened", "ana@acme.test")
	form := url.Values{}
	for _, field := range page.FormOf(page.Buttons("Save notifications")).Find("input").EachIter() {
		if _, checked := field.Attr("checked"); checked || field.AttrOr("type", "") == "hidden" {
			form.Add(field.AttrOr("name", ""), field.AttrOr("value", ""))
		}
	}
	s.Post("/w/acme/settings/notifications", form).WantSeeOther("/w/acme/settings")
	if !slices.Equal(f.saved, f.notices) {
		t.Errorf("the page as it is saves %+v", f.saved)
	}
	s.Get("/w/acme/settings").Has("Your notifications were saved.")
	box := page.Field("Assigned to you: email")
	form[box.AttrOr("name", "")] = nil
	s.Post("/w/acme/settings/notifications", form)
	if want := (notify.Setting{Kind: notify.Assigned, InApp: true}); f.saved[0] != want {
		t.Errorf("without email it saves %+v", f.saved[0])
	}
	s.Post("/w/acme/settings/notifications", nil).Want(http.StatusUnprocessableEntity).Has("There is no such notification.")
}

// TestEveryKindHasWords: one that is added must be called something in the settings.
func TestEveryKindHasWords(t *testing.T) {
	t.Parallel()
	f := &fake{}
	for _, kind := range notify.Kinds() {
		f.notices = append(f.notices, notify.Setting{Kind: kind})
	}
	rows := site(t, f).Get("/w/acme/settings").Doc.Find("#notifications tbody tr")
	if rows.Length() != len(f.notices) {
		t.Errorf("%d rows of %d kinds", rows.Length(), len(f.notices))
	}
	for _, row := range rows.EachIter() {
		if len(strings.Fields(row.Find("th").Text())) < 5 {
			t.Errorf("%s has no words", row.Find("input[type=hidden]").AttrOr("value", ""))
		}
	}
}

func TestShortcutsCanBeTurnedOff(t *testing.T) {
	t.Parallel()
	f := &fake{}
	s := site(t, f)
	s.Post("/w/acme/settings/shortcuts", url.Values{"shortcuts": {"1"}}).WantSeeOther("/w/acme/settings")
	s.Post("/w/acme/settings/shortcuts", url.Values{}).WantSeeOther("/w/acme/settings")
	if !slices.Equal(f.keys, []bool{true, false}) {
		t.Errorf("saved %v, want on and then off", f.keys)
	}
	page := s.Get("/w/acme/shortcuts").Want(http.StatusOK).Has("Assign to me")
	if page.Doc.Find("[data-dialog-content] kbd").Length() < 20 {
		t.Error("the dialog does not list the shortcuts")
	}
	if page.Doc.Find("[data-shortcuts]").Length() != 0 {
		t.Error("shortcuts work for somebody who has turned them off")
	}
}
