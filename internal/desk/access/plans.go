package access

import "slices"

// Plan is what a workspace has subscribed to (seeds 000, 003).
type Plan string

// The plans, smallest first.
const (
	Starter    Plan = "starter"
	Standard   Plan = "standard"
	Advanced   Plan = "advanced"
	Enterprise Plan = "enterprise"
)

// Plans lists every plan, the smallest first.
func Plans() []Plan { return []Plan{Starter, Standard, Advanced, Enterprise} }

// Label is the plan's name on pages.
func (p Plan) Label() string {
	return map[Plan]string{Starter: "Starter", Standard: "Standard", Advanced: "Advanced", Enterprise: "Enterprise"}[p]
}

// Includes reports whether the plan has what needs at least the other plan.
func (p Plan) Includes(needed Plan) bool {
	return slices.Index(Plans(), p) >= slices.Index(Plans(), needed)
}

// Feature is a line of what plans include.
type Feature struct {
	Name  string
	From  Plan         // the smallest plan that has it
	Gates []Permission // what is refused below From; none where every plan has it
	Stops string       // what a change to a plan without it stops
	Kept  string       // and what stays as it is
}

// Features is the table of plans and what they include: the only place that says so. Whatever brings data back, gives it out or
// has it forgotten is in every plan, and stays there: nobody may lose data, or a right over their own, with a plan.
func Features() []Feature {
	return []Feature{
		{Name: "Cases by email, by hand and from the portal, in any number", From: Starter},
		{Name: "Queues, routing, tags, fields, macros and internal notes", From: Starter},
		{Name: "Members, roles, insights and the audit trail", From: Starter},
		{Name: "Restoring deleted cases", From: Starter},
		{Name: "Exports, and all that is held on a contact", From: Starter},
		{Name: "Erasure: on request, of contacts, of single content", From: Starter},
		{Name: "Legal holds", From: Starter},
		{Name: "Deleting cases", From: Standard, Gates: []Permission{DeleteCases},
			Stops: "Nobody can delete cases any more.", Kept: "Cases deleted before can still be restored, and go for good on their day."},
		{Name: "Delete Forever for spam", From: Standard, Gates: []Permission{EraseSpam},
			Stops: "Spam cannot be deleted forever any more.", Kept: "It can still be marked, suspended and restored."},
		{Name: "Case Auto Close", From: Advanced, Gates: []Permission{AutoClose},
			Stops: "Case Auto Close stops with its next run.", Kept: "Its settings stay, and count again after an upgrade; closed cases stay closed."},
	}
}

// planNeeded names the smallest plan of a permission that is not in every plan.
var planNeeded = gates(Features())

func gates(features []Feature) map[Permission]Plan {
	needed := map[Permission]Plan{}
	for _, f := range features {
		for _, p := range f.Gates {
			needed[p] = f.From
		}
	}
	return needed
}

// With lists the plans that have what the permission is about: for a job, which acts in workspaces of all plans.
func With(p Permission) (list []Plan) {
	for _, plan := range Plans() {
		if plan.Includes(planNeeded[p]) {
			list = append(list, plan)
		}
	}
	return list
}

// Between lists the features that one of two plans has and the other has not.
func Between(one, other Plan) (list []Feature) {
	for _, f := range Features() {
		if one.Includes(f.From) != other.Includes(f.From) {
			list = append(list, f)
		}
	}
	return list
}
