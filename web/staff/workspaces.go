package staff

import (
	"net/http"
	"strconv"
	"time"

	"github.com/go-chi/chi/v5"

	"caseward/internal/desk/access"
	"caseward/internal/desk/workspace"
	"caseward/internal/platform/errs"
	"caseward/web/console/shell"
	"caseward/web/kit"
	"caseward/web/ui"
)

const workspacesShown = 50

type workspacesView struct {
	frame ui.StaffProps
	list  []workspace.Overview
	now   time.Time
	pager ui.PagerProps
}

// Workspaces is GET /staff/workspaces.
func (p *Pages) Workspaces(w http.ResponseWriter, r *http.Request) error {
	v := shell.StaffFrom(r)
	before, _ := strconv.ParseInt(r.URL.Query().Get("before"), 10, 64) // a mangled address shows the first page
	list, err := p.workspaces.Overviews(r.Context(), v.Actor, access.WorkspaceID(before), workspacesShown+1)
	if err != nil {
		return err
	}
	view := workspacesView{frame: p.StaffPage(r, "Workspaces", workspacesPath), list: list, now: v.Now}
	if len(list) > workspacesShown {
		view.list = list[:workspacesShown]
		view.pager.Older = workspacesPath + "?before=" + strconv.FormatInt(int64(list[workspacesShown-1].ID), 10)
	}
	if before != 0 {
		view.pager.Newer = workspacesPath
	}
	return kit.Render(w, r, http.StatusOK, workspacesPageView(view))
}

// SetPlan is POST /staff/workspaces/{id}/plan: field plan.
func (p *Pages) SetPlan(w http.ResponseWriter, r *http.Request) error {
	form, err := kit.ReadForm(w, r, kit.FormLimit)
	if err != nil {
		return err
	}
	id, err := strconv.ParseInt(chi.URLParam(r, "id"), 10, 64)
	if err != nil {
		return errs.New(errs.NotFound, "There is no such workspace.")
	}
	plan := access.Plan(form.Text("plan"))
	if err := p.workspaces.SetPlan(r.Context(), shell.StaffFrom(r).Actor, access.WorkspaceID(id), plan); err != nil {
		return err
	}
	p.Flash(r, ui.NoticeProps{Tone: ui.Success, Text: "The plan was set to " + plan.Label() + "."})
	return kit.SeeOther(w, r, workspacesPath)
}

func planOptions() []ui.Option {
	var options []ui.Option
	for _, plan := range access.Plans() {
		options = append(options, ui.Option{Value: string(plan), Label: plan.Label()})
	}
	return options
}

func caseCount(n int) string {
	if n > workspace.CountCap {
		return "1k+"
	}
	return strconv.Itoa(n)
}
