// Package settings is "Your settings": what each member chooses for themselves.
package settings

import (
	"context"
	"net/http"
	"slices"

	"caseward/internal/desk/access"
	"caseward/internal/desk/member"
	"caseward/internal/desk/notify"
	"caseward/internal/platform/errs"
	"caseward/web/console/shell"
	"caseward/web/kit"
	"caseward/web/ui"
)

// Members is what the page needs of members.
type Members interface {
	SetTimeZone(ctx context.Context, actor access.Actor, zone string) error
	SetShortcuts(ctx context.Context, actor access.Actor, on bool) error
	SetDefaultView(ctx context.Context, actor access.Actor, view member.View) error
	ChangePassword(ctx context.Context, actor access.Actor, oldPassword, newPassword string) (epoch int, err error)
}

// Notices is what the page needs of notifications.
type Notices interface {
	Settings(ctx context.Context, actor access.Actor) ([]notify.Setting, error)
	SaveSettings(ctx context.Context, actor access.Actor, wanted []notify.Setting) error
}

// Pages are the pages of this package.
type Pages struct {
	*shell.Shell
	members Members
	notices Notices
}

// New returns the pages.
func New(s *shell.Shell, m Members, n Notices) *Pages { return &Pages{s, m, n} }

type settingsView struct {
	console ui.ConsoleProps
	base    string
	user    member.User
	view    member.View
	notices []notify.Setting
	zone    string
	zones   []ui.Option
	keys    bool // shortcuts of a single key are on
	forms
}

// forms are those of the page, with what was wrong in one that came back.
type forms struct {
	views, notified, password *kit.Form
}

func noForms() forms { return forms{kit.NewForm(nil), kit.NewForm(nil), kit.NewForm(nil)} }

func (v settingsView) theme() string {
	if v.console.Theme == ui.System {
		return "system"
	}
	return string(v.console.Theme)
}

func (v settingsView) errors() []ui.FieldError {
	return slices.Concat(v.views.Errors(), v.notified.Errors(), v.password.Errors())
}

// Show is GET /w/{ws}/settings.
func (p *Pages) Show(w http.ResponseWriter, r *http.Request) error {
	return p.render(w, r, http.StatusOK, noForms())
}

func (p *Pages) render(w http.ResponseWriter, r *http.Request, status int, f forms) error {
	v := shell.From(r)
	notices, err := p.notices.Settings(r.Context(), v.Actor)
	if err != nil {
		return err
	}
	console, err := p.Console(r, shell.Page{Title: "Your settings", Current: "/settings"})
	if err != nil {
		return err
	}
	console.Path = v.Path("/settings") // where choosing a theme comes back to, also after a mistake in a form
	return kit.Render(w, r, status, settingsPage(settingsView{
		console: console, base: v.Path("/settings"), user: v.User, view: v.DefaultView, notices: notices, forms: f, keys: v.Shortcuts,
		zone: v.TimeZone, zones: append([]ui.Option{{Value: "", Label: "As the workspace: " + v.Workspace.TimeZone}}, ui.ZoneOptions(v.TimeZone)...),
	}))
}

// SetView is POST /w/{ws}/settings/view, the setting "Default Case Filter View".
func (p *Pages) SetView(w http.ResponseWriter, r *http.Request) error {
	form, err := kit.ReadForm(w, r, kit.FormLimit)
	if err != nil {
		return err
	}
	v := shell.From(r)
	if err := form.Absorb(p.members.SetDefaultView(r.Context(), v.Actor, member.View(form.Text("default_view")))); err != nil {
		return err
	}
	if !form.Valid() {
		f := noForms()
		f.views = form
		return p.render(w, r, kit.Status(errs.Invalid), f)
	}
	p.Flash(r, ui.NoticeProps{Tone: ui.Success, Text: "Your default view was saved."})
	return kit.SeeOther(w, r, v.Path("/settings"))
}

// SetTimeZone is POST /w/{ws}/settings/time-zone.
func (p *Pages) SetTimeZone(w http.ResponseWriter, r *http.Request) error {
	form, err := kit.ReadForm(w, r, kit.FormLimit)
	if err != nil {
		return err
	}
	v := shell.From(r)
	if err := form.Absorb(p.members.SetTimeZone(r.Context(), v.Actor, form.Text("time_zone"))); err != nil {
		return err
	}
	if !form.Valid() {
		f := noForms()
		f.views = form
		return p.render(w, r, kit.Status(errs.Invalid), f)
	}
	p.Flash(r, ui.NoticeProps{Tone: ui.Success, Text: "Your time zone was saved."})
	return kit.SeeOther(w, r, v.Path("/settings"))
}

// ChangePassword is POST /w/{ws}/settings/password. It ends every session of the user but this one.
func (p *Pages) ChangePassword(w http.ResponseWriter, r *http.Request) error {
	form, err := kit.ReadForm(w, r, kit.FormLimit)
	if err != nil {
		return err
	}
	v := shell.From(r)
	if form.Raw("new_password") != form.Raw("new_password_again") {
		form.Fail("new_password_again", "The two passwords differ.")
	}
	epoch := 0
	if form.Valid() {
		epoch, err = p.members.ChangePassword(r.Context(), v.Actor, form.Raw("old_password"), form.Raw("new_password"))
		if err := form.Absorb(err); err != nil {
			return err
		}
	}
	if !form.Valid() {
		f := noForms()
		f.password = form
		return p.render(w, r, kit.Status(errs.Invalid), f)
	}
	if err := p.SignIn(r.Context(), v.User.ID, epoch); err != nil {
		return err
	}
	p.Flash(r, ui.NoticeProps{Tone: ui.Success, Text: "Your password was changed.", Detail: "You are signed out everywhere else."})
	return kit.SeeOther(w, r, v.Path("/settings"))
}
