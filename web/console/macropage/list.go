package macropage

import (
	"net/http"
	"strings"

	"caseward/internal/desk/access"
	"caseward/internal/desk/macro"
	"caseward/internal/platform/errs"
	"caseward/web/console/badges"
	"caseward/web/console/shell"
	"caseward/web/kit"
	"caseward/web/ui"
)

type listView struct {
	console ui.ConsoleProps
	visit   *shell.Visit
	own     []macro.Macro
	shared  []macro.Macro
}

// List is GET /w/{ws}/macros.
func (p *Pages) List(w http.ResponseWriter, r *http.Request) error {
	v := shell.From(r)
	list, err := p.macros.List(r.Context(), v.Actor)
	if err != nil {
		return err
	}
	view := listView{visit: v}
	for _, m := range list {
		if m.Shared() {
			view.shared = append(view.shared, m)
		} else {
			view.own = append(view.own, m)
		}
	}
	if view.console, err = p.Console(r, shell.Page{Title: "Macros"}); err != nil {
		return err
	}
	return kit.Render(w, r, http.StatusOK, listPage(view))
}

// does says in a few words what a macro is for.
func (v listView) does(m macro.Macro) string {
	var parts []string
	if m.Body != "" {
		parts = append(parts, "writes a reply")
	}
	if m.SetStatus != "" {
		parts = append(parts, "sets the status to "+badges.StatusLabel(m.SetStatus))
	}
	if m.Assign != macro.Leave {
		parts = append(parts, "assigns the case")
	}
	if m.Priority != nil {
		parts = append(parts, "sets the priority to "+badges.PriorityLabel(*m.Priority))
	}
	if m.QueueID != nil {
		parts = append(parts, "moves the case to a queue")
	}
	if len(m.AddTags) > 0 {
		parts = append(parts, "adds "+strings.Join(m.AddTags, ", "))
	}
	text := strings.Join(parts, ", ")
	return strings.ToUpper(text[:1]) + text[1:]
}

func (v listView) mayShare() bool { return v.visit.Actor.Can(access.ManageSettings) }

// Move is POST /w/{ws}/macros/{id}/move, field to: up or down.
func (p *Pages) Move(w http.ResponseWriter, r *http.Request) error {
	id, err := pathID(r)
	if err != nil {
		return err
	}
	form, err := kit.ReadForm(w, r, kit.FormLimit)
	if err != nil {
		return err
	}
	to := form.Text("to")
	if to != "up" && to != "down" {
		return errs.New(errs.Invalid, "Say whether the macro moves up or down.")
	}
	v := shell.From(r)
	if err := p.macros.Move(r.Context(), v.Actor, id, to == "up"); err != nil {
		return err
	}
	return kit.SeeOther(w, r, v.Path("/macros#macro-"+text(id)))
}
