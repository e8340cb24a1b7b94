// Package portalpage is what the console has of the customers' portal: whether it is on, and who asked there for erasure.
package portalpage

import (
	"context"
	"net/http"
	"strings"

	"caseward/internal/desk/access"
	"caseward/web/console/shell"
	"caseward/web/kit"
	"caseward/web/ui"
)

// Portal is what these pages need of the portal.
type Portal interface {
	On(ctx context.Context, actor access.Actor) (bool, error)
	SetOn(ctx context.Context, actor access.Actor, on bool) error
}

// Pages are the pages of this package.
type Pages struct {
	*shell.Shell
	portal   Portal
	requests Requests
	holds    Holds
	baseURL  string // how people reach this installation, for the address to pass on
}

// New returns the pages.
func New(s *shell.Shell, p Portal, requests Requests, holds Holds, baseURL string) *Pages {
	return &Pages{s, p, requests, holds, strings.TrimRight(baseURL, "/")}
}

const settingsPath = "/admin/portal"

// The two ways of the setting.
const (
	off = "off"
	on  = "on"
)

type settingsView struct {
	console ui.ConsoleProps
	visit   *shell.Visit
	on      bool
	mode    string
	problem string
	address string
}

// Settings is GET /w/{ws}/admin/portal. Needs ManageWorkspace.
func (p *Pages) Settings(w http.ResponseWriter, r *http.Request) error {
	return p.showSettings(w, r, http.StatusOK, nil)
}

func (p *Pages) showSettings(w http.ResponseWriter, r *http.Request, status int, form *kit.Form) error {
	v := shell.From(r)
	if err := v.Actor.Require(access.ManageWorkspace); err != nil {
		return err
	}
	isOn, err := p.portal.On(r.Context(), v.Actor)
	if err != nil {
		return err
	}
	console, err := p.Console(r, shell.Page{Title: "Customer portal", Current: "/admin"})
	if err != nil {
		return err
	}
	view := settingsView{console: console, visit: v, on: isOn, mode: off, address: p.baseURL + "/help/" + v.Workspace.Slug}
	if isOn {
		view.mode = on
	}
	if form != nil {
		view.mode, view.problem = form.Text("portal"), form.Error("portal")
	}
	return kit.Render(w, r, status, settingsPage(view))
}

// UpdateSettings is POST /w/{ws}/admin/portal: field portal, on or off.
func (p *Pages) UpdateSettings(w http.ResponseWriter, r *http.Request) error {
	form, err := kit.ReadForm(w, r, kit.FormLimit)
	if err != nil {
		return err
	}
	mode := form.Text("portal")
	if mode != on && mode != off {
		form.Fail("portal", "Choose one of the two.")
		return p.showSettings(w, r, form.Status(), form)
	}
	if err := p.portal.SetOn(r.Context(), shell.From(r).Actor, mode == on); err != nil {
		return err
	}
	text := "The customer portal is off."
	if mode == on {
		text = "The customer portal is on."
	}
	p.Flash(r, ui.NoticeProps{Tone: ui.Success, Text: text})
	return kit.SeeOther(w, r, shell.From(r).Path(settingsPath))
}
