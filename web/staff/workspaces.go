package staff

import (
	"net/http"
	"slices"
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

type planView struct {
	frame  ui.StaffProps
	of     workspace.Overview
	plan   access.Plan
	stops  []access.Feature // what the workspace loses
	begins []access.Feature // what it gains
}

func (v planView) path() string {
	return workspacesPath + "/" + strconv.FormatInt(int64(v.of.ID), 10) + "/plan"
}

// ConfirmPlan is GET /staff/workspaces/{id}/plan?plan=: what a change of the plan would do.
func (p *Pages) ConfirmPlan(w http.ResponseWriter, r *http.Request) error {
	id, err := workspaceID(r)
	if err != nil {
		return err
	}
	of, err := p.workspaces.Overview(r.Context(), shell.StaffFrom(r).Actor, id)
	if err != nil {
		return err
	}
	plan := access.Plan(r.URL.Query().Get("plan"))
	if !slices.Contains(access.Plans(), plan) {
		return errs.New(errs.Invalid, "Choose a plan from the list.")
	}
	if plan == of.Plan {
		p.Flash(r, ui.NoticeProps{Tone: ui.Info, Text: of.Name + " has the plan " + plan.Label() + " already."})
		return kit.SeeOther(w, r, workspacesPath)
	}
	view := planView{frame: p.StaffPage(r, "Plan of "+of.Name, workspacesPath), of: of, plan: plan}
	for _, f := range access.Between(of.Plan, plan) {
		if plan.Includes(f.From) {
			view.begins = append(view.begins, f)
		} else {
			view.stops = append(view.stops, f)
		}
	}
	return kit.Render(w, r, http.StatusOK, planPage(view))
}

// SetPlan is POST /staff/workspaces/{id}/plan: fields plan, and was, the plan that the question was about.
func (p *Pages) SetPlan(w http.ResponseWriter, r *http.Request) error {
	form, err := kit.ReadForm(w, r, kit.FormLimit)
	if err != nil {
		return err
	}
	id, err := workspaceID(r)
	if err != nil {
		return err
	}
	plan := access.Plan(form.Text("plan"))
	if err := p.workspaces.SetPlan(r.Context(), shell.StaffFrom(r).Actor, id, plan, access.Plan(form.Text("was"))); err != nil {
		return err
	}
	p.Flash(r, ui.NoticeProps{Tone: ui.Success, Text: "The plan was set to " + plan.Label() + ". The workspace's owners are told."})
	return kit.SeeOther(w, r, workspacesPath)
}

func workspaceID(r *http.Request) (access.WorkspaceID, error) {
	id, err := strconv.ParseInt(chi.URLParam(r, "id"), 10, 64)
	if err != nil {
		return 0, errs.New(errs.NotFound, "There is no such workspace.")
	}
	return access.WorkspaceID(id), nil
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
