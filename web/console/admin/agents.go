package admin

import (
	"net/http"
	"slices"
	"strconv"
	"strings"

	"caseward/internal/desk/access"
	"caseward/internal/desk/member"
	"caseward/internal/platform/errs"
	"caseward/web/console/shell"
	"caseward/web/kit"
	"caseward/web/ui"
)

type agentsView struct {
	page
	agents    []member.Member
	always    []member.Member // owners and admins, who hold every right
	needsPlan access.Plan     // "" when the plan includes deleting
	others    []access.Permission
}

// otherRights are the grants that are not "Delete Cases", which has a setting of its own (seed 000).
func otherRights() []access.Permission {
	return slices.DeleteFunc(access.Grantable(), func(p access.Permission) bool { return p == access.DeleteCases })
}

var rightNames = map[access.Permission]string{
	access.DeleteCases:      "Delete cases",
	access.EraseInformation: "Erase personal information",
	access.ManageContacts:   "Manage contacts",
	access.ManageSettings:   "Manage case settings",
}

func memberID(id access.MemberID) string { return strconv.FormatInt(int64(id), 10) }

// Agents is GET /w/{ws}/admin/cases/agents. Needs ManageWorkspace.
func (p *Pages) Agents(w http.ResponseWriter, r *http.Request) error { return p.showAgents(w, r, nil) }

func (p *Pages) showAgents(w http.ResponseWriter, r *http.Request, form *kit.Form) error {
	actor := shell.From(r).Actor
	if err := actor.Require(access.ManageWorkspace); err != nil {
		return err
	}
	list, err := p.members.List(r.Context(), actor)
	if err != nil {
		return err
	}
	page, err := p.page(r, "Agents", "What agents may do beyond working cases. A change counts from their next click on.", form)
	if err != nil {
		return err
	}
	view := agentsView{page: page, needsPlan: actor.NeedsPlan(access.DeleteCases), others: otherRights()}
	for _, m := range list {
		switch {
		case !m.Active():
		case m.Role == access.Agent:
			view.agents = append(view.agents, m)
		case m.Role == access.Owner || m.Role == access.Admin:
			view.always = append(view.always, m)
		}
	}
	return kit.Render(w, r, status(form), agentsPage(view))
}

// UpdateDelete is POST /w/{ws}/admin/cases/agents, the setting "Delete Cases": field agents, once for each, and was_agents
// as it was shown. Without was_agents, agents is the whole truth.
func (p *Pages) UpdateDelete(w http.ResponseWriter, r *http.Request) error {
	form, err := kit.ReadForm(w, r, kit.FormLimit)
	if err != nil {
		return err
	}
	agents, was, err := holders(form, "agents")
	if err != nil {
		return err
	}
	if err := form.Absorb(p.members.SetDeleteGrants(r.Context(), shell.From(r).Actor, agents, was)); err != nil {
		return err
	}
	if !form.Valid() {
		return p.showAgents(w, r, form)
	}
	return p.back(w, r, "/cases/agents", "The Delete Cases setting was updated.")
}

// UpdateOthers is POST /w/{ws}/admin/cases/agents/rights: for each right a field of its name, once for each agent, and
// was_ and its name likewise.
func (p *Pages) UpdateOthers(w http.ResponseWriter, r *http.Request) error {
	form, err := kit.ReadForm(w, r, kit.FormLimit)
	if err != nil {
		return err
	}
	for _, right := range otherRights() {
		agents, was, err := holders(form, string(right))
		if err != nil {
			return err
		}
		if err := form.Absorb(p.members.SetHolders(r.Context(), shell.From(r).Actor, right, agents, was)); err != nil {
			return err
		}
		if !form.Valid() {
			return p.showAgents(w, r, form)
		}
	}
	return p.back(w, r, "/cases/agents", "The agents' other rights were saved.")
}

// holders reads who is to hold a right and who did as the form was shown; was is nil where the form does not say.
func holders(form *kit.Form, name string) (agents, was []access.MemberID, err error) {
	if agents, err = memberIDs(form.List(name)); err != nil || !form.Has("was_"+name) {
		return agents, nil, err
	}
	was, err = memberIDs(form.List("was_" + name))
	return agents, was, err
}

// shownHolders are the fields that holders reads; the first says that they are there, even where nobody holds the right.
func (v agentsView) shownHolders(name string, right access.Permission) []ui.HiddenField {
	fields := []ui.HiddenField{{Name: "was_" + name}}
	for _, m := range v.agents {
		if slices.Contains(m.Grants, right) {
			fields = append(fields, ui.HiddenField{Name: "was_" + name, Value: memberID(m.ID)})
		}
	}
	return fields
}

func memberIDs(texts []string) ([]access.MemberID, error) {
	ids := make([]access.MemberID, 0, len(texts))
	for _, text := range texts {
		id, err := strconv.ParseInt(text, 10, 64)
		if err != nil {
			return nil, errs.New(errs.Invalid, "Choose agents from the list.")
		}
		ids = append(ids, access.MemberID(id))
	}
	return ids, nil
}

func (v agentsView) agentBox(m member.Member) ui.CheckboxProps {
	return ui.CheckboxProps{
		FieldProps: ui.FieldProps{Name: "agents", ID: "delete-" + memberID(m.ID), Value: memberID(m.ID), Label: m.Name, Disabled: v.needsPlan != ""},
		Checked:    slices.Contains(m.Grants, access.DeleteCases),
	}
}

func rightBox(m member.Member, right access.Permission) ui.CheckboxProps {
	return ui.CheckboxProps{
		FieldProps: ui.FieldProps{Name: string(right), ID: strings.ReplaceAll(string(right), " ", "-") + "-" + memberID(m.ID),
			Value: memberID(m.ID), Label: rightNames[right]},
		Checked: slices.Contains(m.Grants, right),
	}
}
