package casepage

import (
	"net/http"

	"caseward/internal/desk/access"
	"caseward/internal/platform/errs"
	"caseward/web/console/shell"
	"caseward/web/kit"
	"caseward/web/ui"
)

// draftView gives people back what they wrote to a case that takes no more.
type draftView struct {
	problem    string
	submission string
	action     string // where "Restore and send" posts; "" where that is not possible
	body       string
	status     string
	casep      ui.Link
	from       string
	files      ui.FilesProps
}

// keepDraft answers a reply or note that was refused: the words in a field to copy from, and, where the case was
// deleted meanwhile and the writer may, "Restore and send".
func (p *Pages) keepDraft(w http.ResponseWriter, r *http.Request, in posted, below string, refused error) error {
	view := draftView{problem: errs.SafeText(refused), submission: in.form.Submission(), body: in.form.Text("body"), status: in.form.Text("status"), from: in.form.Text("from"),
		files: shell.FilesProps(in.form, "draft-files"),
		casep: ui.Link{Label: "Go to the inbox", Href: in.visit.Path("/inbox")}}
	c, err := p.cases.Get(r.Context(), in.visit.Actor, in.number)
	if err == nil {
		view.casep = ui.Link{Label: "Go to case " + text(in.number), Href: in.page()}
		if c.DeletedAt != nil && c.ErasureRequestedAt == nil && in.visit.Actor.Can(access.RestoreCases) {
			view.action = casePath(in.visit, in.number, below)
		}
	}
	frame, err := p.Console(r, shell.Page{Title: "Your text was not sent"})
	if err != nil {
		return err
	}
	return kit.Render(w, r, kit.Status(errs.KindOf(refused)), draftPage(frame, view))
}
