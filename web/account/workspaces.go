package account

import (
	"net/http"

	"caseward/internal/desk/member"
	"caseward/web/kit"
	"caseward/web/ui"
)

type workspacesView struct {
	frame ui.Frame
	user  member.User
	list  []member.Membership
}

// Workspaces is GET / and GET /workspaces: the way to the one place that somebody can only mean, or a choice.
func (p *Pages) Workspaces(w http.ResponseWriter, r *http.Request) error {
	user, err := p.visitor(r)
	if err != nil {
		return err
	}
	if user.ID == 0 {
		return kit.SeeOther(w, r, "/login") // which knows about the first visit
	}
	list, err := p.accounts.Workspaces(r.Context(), user.ID)
	switch {
	case err != nil:
		return err
	case len(list) == 1:
		return kit.SeeOther(w, r, inboxOf(list[0].Slug))
	case len(list) == 0 && user.IsStaff:
		return kit.SeeOther(w, r, "/staff/erasures")
	}
	if len(list) == 0 {
		if needed, err := p.setup.NeedsSetup(r.Context()); err != nil {
			return err
		} else if needed {
			return kit.SeeOther(w, r, "/setup")
		}
	}
	return kit.Render(w, r, http.StatusOK, workspacesPage(workspacesView{p.Frame(r, "Workspaces"), user, list}))
}

func inboxOf(slug string) string { return "/w/" + slug + "/inbox" }
