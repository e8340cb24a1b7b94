package filterpage

import (
	"net/http"

	"caseward/internal/desk/access"
	"caseward/internal/desk/filters"
	"caseward/internal/platform/errs"
	"caseward/web/console/shell"
	"caseward/web/kit"
	"caseward/web/ui"
)

type listView struct {
	console ui.ConsoleProps
	visit   *shell.Visit
	own     []filters.Filter
	shared  []filters.Filter
}

// List is GET /w/{ws}/filters.
func (p *Pages) List(w http.ResponseWriter, r *http.Request) error {
	v := shell.From(r)
	list, err := p.filters.List(r.Context(), v.Actor)
	if err != nil {
		return err
	}
	view := listView{visit: v}
	for _, f := range list {
		if f.Shared() {
			view.shared = append(view.shared, f)
		} else {
			view.own = append(view.own, f)
		}
	}
	if view.console, err = p.Console(r, shell.Page{Title: "Filters"}); err != nil {
		return err
	}
	return kit.Render(w, r, http.StatusOK, listPage(view))
}

func (v listView) mayShare() bool { return v.visit.Actor.Can(access.ManageSettings) }

// Move is POST /w/{ws}/filters/{id}/move, field to: up or down.
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
		return errs.New(errs.Invalid, "Say whether the filter moves up or down.")
	}
	v := shell.From(r)
	if err := p.filters.Move(r.Context(), v.Actor, id, to == "up"); err != nil {
		return err
	}
	return kit.SeeOther(w, r, v.Path("/filters#filter-"+text(id)))
}
