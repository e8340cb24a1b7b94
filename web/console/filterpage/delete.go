package filterpage

import (
	"net/http"

	"caseward/web/console/shell"
	"caseward/web/kit"
	"caseward/web/ui"
)

// ConfirmDelete is GET /w/{ws}/filters/{id}/delete.
func (p *Pages) ConfirmDelete(w http.ResponseWriter, r *http.Request) error {
	f, err := p.changeable(r)
	if err != nil {
		return err
	}
	frame, err := p.Console(r, shell.Page{Title: "Delete the filter", Current: "/inbox?filter=" + shell.SavedFilter(f.ID)})
	if err != nil {
		return err
	}
	return kit.Render(w, r, http.StatusOK, deletePage(frame, shell.From(r), f))
}

// Delete is POST /w/{ws}/filters/{id}/delete.
func (p *Pages) Delete(w http.ResponseWriter, r *http.Request) error {
	id, err := pathID(r)
	if err != nil {
		return err
	}
	v := shell.From(r)
	if err := p.filters.Delete(r.Context(), v.Actor, id); err != nil {
		return err
	}
	p.Flash(r, ui.NoticeProps{Tone: ui.Success, Text: "The filter was deleted.", Detail: "The cases that were in it are where they were."})
	return kit.SeeOther(w, r, v.Path("/filters"))
}
