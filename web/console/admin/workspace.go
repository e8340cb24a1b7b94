package admin

import (
	"net/http"

	"caseward/internal/desk/access"
	"caseward/internal/desk/workspace"
	"caseward/web/console/shell"
	"caseward/web/kit"
	"caseward/web/ui"
)

type workspaceView struct {
	page
	name  string
	zone  string
	zones []ui.Option
}

// Workspace is GET /w/{ws}/admin/workspace. Needs ManageWorkspace.
func (p *Pages) Workspace(w http.ResponseWriter, r *http.Request) error {
	return p.showWorkspace(w, r, nil)
}

func (p *Pages) showWorkspace(w http.ResponseWriter, r *http.Request, form *kit.Form) error {
	v := shell.From(r)
	if err := v.Actor.Require(access.ManageWorkspace); err != nil {
		return err
	}
	page, err := p.page(r, "Workspace", "", form)
	if err != nil {
		return err
	}
	view := workspaceView{page: page, name: v.Workspace.Name, zone: v.Workspace.TimeZone}
	if form != nil {
		view.name, view.zone = form.Text("name"), form.Text("time_zone")
	}
	view.zones = ui.ZoneOptions(v.Workspace.TimeZone)
	return kit.Render(w, r, status(form), workspacePage(view))
}

// UpdateWorkspace is POST /w/{ws}/admin/workspace: fields name and time_zone.
func (p *Pages) UpdateWorkspace(w http.ResponseWriter, r *http.Request) error {
	form, err := kit.ReadForm(w, r, kit.FormLimit)
	if err != nil {
		return err
	}
	in := workspace.UpdateInput{Name: form.Text("name"), TimeZone: form.Text("time_zone")}
	if err := form.Absorb(p.workspaces.Update(r.Context(), shell.From(r).Actor, in)); err != nil {
		return err
	}
	if !form.Valid() {
		return p.showWorkspace(w, r, form)
	}
	return p.back(w, r, "/workspace", "The workspace was saved.")
}
