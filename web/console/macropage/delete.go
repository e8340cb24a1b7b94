package macropage

import (
	"net/http"

	"caseward/web/console/shell"
	"caseward/web/kit"
	"caseward/web/ui"
)

// ConfirmDelete is GET /w/{ws}/macros/{id}/delete.
func (p *Pages) ConfirmDelete(w http.ResponseWriter, r *http.Request) error {
	m, err := p.changeable(r)
	if err != nil {
		return err
	}
	frame, err := p.Console(r, shell.Page{Title: "Delete the macro"})
	if err != nil {
		return err
	}
	return kit.Render(w, r, http.StatusOK, deletePage(frame, shell.From(r), m))
}

// Delete is POST /w/{ws}/macros/{id}/delete.
func (p *Pages) Delete(w http.ResponseWriter, r *http.Request) error {
	id, err := pathID(r)
	if err != nil {
		return err
	}
	v := shell.From(r)
	if err := p.macros.Delete(r.Context(), v.Actor, id); err != nil {
		return err
	}
	p.Flash(r, ui.NoticeProps{Tone: ui.Success, Text: "The macro was deleted.", Detail: "What was sent with it stays as it is."})
	return kit.SeeOther(w, r, v.Path("/macros"))
}
