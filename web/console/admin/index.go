package admin

import (
	"net/http"

	"caseward/internal/desk/access"
	"caseward/web/console/shell"
	"caseward/web/kit"
	"caseward/web/ui"
)

type card struct {
	icon  ui.IconName
	label string
	text  string
	below string
	needs access.Permission
}

type section struct {
	title string
	cards []card
}

// sections lists the pages of the settings; each is shown to those who may use it.
func sections() []section {
	return []section{
		{"Cases", []card{
			{ui.IconUserCheck, "Agents", "Who may delete cases, and other extra rights", "/cases/agents", access.ManageWorkspace},
			{ui.IconTimer, "Retention", "How long deleted cases can be restored", "/cases/retention", access.ManageSettings},
			{ui.IconGavel, "Legal holds", "What must be kept, and until when that is looked at again", "/holds", access.ManageHolds},
			{ui.IconSlidersHorizontal, "Custom fields", "What you want to know of cases and contacts", "/cases/fields", access.ManageSettings},
			{ui.IconHourglass, "Inactivity", "Close inactive cases, and what answers to closed ones do", "/cases/inactivity", access.ManageSettings},
			{ui.IconBan, "Spam", "Whose mail can never be blocked", "/cases/spam", access.ManageSettings},
			{ui.IconSmile, "Satisfaction", "Ask customers how they were helped", "/cases/rating", access.ManageSettings},
			{ui.IconLayers, "Queues", "The places where cases wait", "/queues", access.ManageWorkspace},
			{ui.IconLayers, "Routing", "Rules that bring cases to queues", "/routing", access.ManageWorkspace},
			{ui.IconAtSign, "Email", "The addresses your customers write to", "/email", access.ManageWorkspace},
		}},
		{"Workspace", []card{
			{ui.IconUsers, "Members", "Invite people, change roles, deactivate", "/members", access.ManageWorkspace},
			{ui.IconBuilding2, "Workspace", "Name and time zone", "/workspace", access.ManageWorkspace},
			{ui.IconLifeBuoy, "Customer portal", "Whether customers can sign in and see their cases", "/portal", access.ManageWorkspace},
			{ui.IconCreditCard, "Billing", "Your plan, and what another one adds", "/billing", access.ManageWorkspace},
		}},
	}
}

type indexView struct {
	page
	sections []section
}

// Index is GET /w/{ws}/admin. Needs ManageWorkspace or ManageSettings.
func (p *Pages) Index(w http.ResponseWriter, r *http.Request) error {
	actor := shell.From(r).Actor
	var shown []section
	for _, s := range sections() {
		visible := section{title: s.title}
		for _, c := range s.cards {
			if actor.Can(c.needs) {
				visible.cards = append(visible.cards, c)
			}
		}
		if len(visible.cards) > 0 {
			shown = append(shown, visible)
		}
	}
	if len(shown) == 0 {
		return actor.Require(access.ManageWorkspace)
	}
	page, err := p.page(r, "Admin", "", nil)
	if err != nil {
		return err
	}
	return kit.Render(w, r, http.StatusOK, indexPage(indexView{page, shown}))
}
