package admin

import (
	"context"
	"net/http"

	"caseward/internal/desk/access"
	"caseward/internal/desk/workspace"
	"caseward/web/console/shell"
	"caseward/web/kit"
	"caseward/web/ui"
)

type billingView struct {
	page
	asked  *workspace.PlanRequest
	mayAsk bool
}

// Billing is GET /w/{ws}/admin/billing. Needs ManageWorkspace.
func (p *Pages) Billing(w http.ResponseWriter, r *http.Request) error {
	return p.billing(w, r, nil)
}

func (p *Pages) billing(w http.ResponseWriter, r *http.Request, form *kit.Form) error {
	v := shell.From(r)
	if err := v.Actor.Require(access.ManageWorkspace); err != nil {
		return err
	}
	var view billingView
	err := p.Snapshot(r, func(ctx context.Context) (err error) {
		if view.asked, err = p.workspaces.AskedPlan(ctx, v.Actor); err != nil {
			return err
		}
		view.page, err = p.page(r.WithContext(ctx), "Billing", "Your plan, what it includes, and what an upgrade would add.", form)
		return err
	})
	if err != nil {
		return err
	}
	view.mayAsk = v.Actor.Can(access.ManageOwners)
	return kit.Render(w, r, status(form), billingPage(view))
}

// AskPlan is POST /w/{ws}/admin/billing/ask: field plan; empty takes back what was asked for. Needs ManageOwners.
func (p *Pages) AskPlan(w http.ResponseWriter, r *http.Request) error {
	form, err := kit.ReadForm(w, r, kit.FormLimit)
	if err != nil {
		return err
	}
	v := shell.From(r)
	plan := access.Plan(form.Text("plan"))
	if err := form.Absorb(p.workspaces.AskPlan(r.Context(), v.Actor, plan)); err != nil {
		return err
	}
	if !form.Valid() {
		return p.billing(w, r, form)
	}
	text := "Support staff see that you ask for the " + plan.Label() + " plan. You are told when they have set it."
	if plan == "" {
		text = "Support staff see no request any more."
	}
	p.Flash(r, ui.NoticeProps{Tone: ui.Success, Text: text})
	return kit.SeeOther(w, r, v.Path("/admin/billing"))
}

// others are the plans that can be asked for.
func (v billingView) others() (list []ui.Option) {
	for _, plan := range access.Plans() {
		if plan != v.visit.Workspace.Plan {
			list = append(list, ui.Option{Value: string(plan), Label: plan.Label()})
		}
	}
	return list
}

func columns(current access.Plan) []ui.Column {
	list := []ui.Column{{Label: "Feature"}}
	for _, plan := range access.Plans() {
		list = append(list, ui.Column{Label: columnName(plan, current), Numeric: true})
	}
	return list
}

// alike says which plans, one after the other, include the same.
func alike() (list []string) {
	all := access.Plans()
	for i := range all[1:] {
		if len(access.Between(all[i], all[i+1])) == 0 {
			list = append(list, all[i].Label()+" and "+all[i+1].Label()+" include the same at present.")
		}
	}
	return list
}

// columnName tells which plan is the workspace's own.
func columnName(plan, current access.Plan) string {
	if plan == current {
		return plan.Label() + " (yours)"
	}
	return plan.Label()
}
