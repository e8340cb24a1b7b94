package admin

import (
	"net/http"
	"slices"

	"caseward/internal/desk/access"
	"caseward/web/console/shell"
	"caseward/web/kit"
)

// feature is a line of what plans include, and the smallest plan that does. What is refused below it is decided by
// desk/access; a test compares the two.
type feature struct {
	name string
	from access.Plan
	gate access.Permission // "" where nothing is refused
}

func features() []feature {
	return []feature{
		{"Cases by email and by hand, in any number", access.Starter, ""},
		{"Queues, tags, priorities and internal notes", access.Starter, ""},
		{"Members, roles and the audit trail", access.Starter, ""},
		{"Deleting cases, with restore and purge", access.Standard, access.DeleteCases},
		{"Permanent deletion on request, with a certificate", access.Standard, access.DeleteCases},
		{"Case Auto Close after inactivity", access.Advanced, access.AutoClose},
	}
}

type planColumn struct {
	plan    access.Plan
	name    string
	current bool
	adds    []string // beyond the plan before it
}

type billingView struct {
	page
	plans    []planColumn
	includes []string
}

// Billing is GET /w/{ws}/admin/billing. Needs ManageWorkspace.
func (p *Pages) Billing(w http.ResponseWriter, r *http.Request) error {
	v := shell.From(r)
	if err := v.Actor.Require(access.ManageWorkspace); err != nil {
		return err
	}
	page, err := p.page(r, "Billing", "Your plan, what it includes, and what an upgrade would add.", nil)
	if err != nil {
		return err
	}
	view := billingView{page: page}
	for _, f := range features() {
		if v.Workspace.Plan.Includes(f.from) {
			view.includes = append(view.includes, f.name)
		}
	}
	for _, plan := range access.Plans() {
		column := planColumn{plan: plan, name: plan.Label(), current: plan == v.Workspace.Plan}
		for _, f := range features() {
			if f.from == plan {
				column.adds = append(column.adds, f.name)
			}
		}
		view.plans = append(view.plans, column)
	}
	return kit.Render(w, r, http.StatusOK, billingPage(view))
}

// upgrades are the plans above the present one.
func (v billingView) upgrades() []planColumn {
	at := slices.IndexFunc(v.plans, func(c planColumn) bool { return c.current })
	return v.plans[at+1:]
}
