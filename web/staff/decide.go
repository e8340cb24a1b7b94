package staff

import (
	"net/http"
	"strconv"

	"github.com/go-chi/chi/v5"

	"caseward/internal/desk/access"
	"caseward/internal/desk/retention"
	"caseward/internal/platform/errs"
	"caseward/web/console/shell"
	"caseward/web/kit"
	"caseward/web/ui"
)

type decideView struct {
	frame   ui.StaffProps
	request request
	form    *kit.Form
}

// requestID reads which request the path names: ids of requests are counted in each workspace.
func requestID(r *http.Request) (access.WorkspaceID, retention.RequestID, error) {
	ws, err1 := strconv.ParseInt(chi.URLParam(r, "workspace"), 10, 64)
	id, err2 := strconv.ParseInt(chi.URLParam(r, "id"), 10, 64)
	if err1 != nil || err2 != nil {
		return 0, 0, errs.New(errs.NotFound, "There is no such request.")
	}
	return access.WorkspaceID(ws), retention.RequestID(id), nil
}

func (p *Pages) decideView(r *http.Request, title string, form *kit.Form) (decideView, error) {
	ws, id, err := requestID(r)
	if err != nil {
		return decideView{}, err
	}
	v := shell.StaffFrom(r)
	waiting, err := p.erasures.Waiting(r.Context(), v.Actor, ws, id)
	if err != nil {
		return decideView{}, err
	}
	return decideView{p.StaffPage(r, title, erasuresPath), newRequest(waiting, v.Actor), form}, nil
}

// ConfirmApprove is GET /staff/erasures/{workspace}/{id}/approve.
func (p *Pages) ConfirmApprove(w http.ResponseWriter, r *http.Request) error {
	view, err := p.decideView(r, "Approve permanent deletion", nil)
	if err != nil {
		return err
	}
	if view.request.own {
		return errs.New(errs.Forbidden, "You made this request, so somebody else has to approve it.")
	}
	return kit.Render(w, r, http.StatusOK, approvePage(view))
}

// Approve is POST /staff/erasures/{workspace}/{id}/approve. There is no way back from it.
func (p *Pages) Approve(w http.ResponseWriter, r *http.Request) error {
	ws, id, err := requestID(r)
	if err != nil {
		return err
	}
	staff := shell.StaffFrom(r).Actor
	if err := p.erasures.Approve(r.Context(), staff, ws, id); err != nil {
		return err
	}
	notice := ui.NoticeProps{Tone: ui.Success, Text: "The request was approved.",
		Detail: "The erasure runs now and is verified. Its certificate appears among the recent decisions."}
	// Where the erasure was quicker, the request waits no more: then nothing held it.
	if waiting, err := p.erasures.Waiting(r.Context(), staff, ws, id); err == nil && waiting.OnHold {
		notice.Tone, notice.Text = ui.Warning, "The request was approved, and a legal hold stops it."
		notice.Detail = "Nothing is erased yet. It goes on by itself when the workspace releases its last hold on the case, and is verified then."
	}
	p.Flash(r, notice)
	return kit.SeeOther(w, r, erasuresPath)
}

// ConfirmRefuse is GET /staff/erasures/{workspace}/{id}/refuse.
func (p *Pages) ConfirmRefuse(w http.ResponseWriter, r *http.Request) error {
	return p.showRefuse(w, r, kit.NewForm(nil))
}

func (p *Pages) showRefuse(w http.ResponseWriter, r *http.Request, form *kit.Form) error {
	view, err := p.decideView(r, "Refuse permanent deletion", form)
	if err != nil {
		return err
	}
	status := http.StatusOK
	if !form.Valid() {
		status = kit.Status(errs.Invalid)
	}
	return kit.Render(w, r, status, refusePage(view))
}

// Refuse is POST /staff/erasures/{workspace}/{id}/refuse: field reason.
func (p *Pages) Refuse(w http.ResponseWriter, r *http.Request) error {
	form, err := kit.ReadForm(w, r, kit.FormLimit)
	if err != nil {
		return err
	}
	ws, id, err := requestID(r)
	if err != nil {
		return err
	}
	err = p.erasures.Refuse(r.Context(), shell.StaffFrom(r).Actor, ws, id, form.Text("reason"))
	if err := form.Absorb(err); err != nil {
		return err
	}
	if !form.Valid() {
		return p.showRefuse(w, r, form)
	}
	p.Flash(r, ui.NoticeProps{Tone: ui.Success, Text: "The request was refused.",
		Detail: "The workspace reads your reason, and the countdown to the removal goes on with the time it had left."})
	return kit.SeeOther(w, r, erasuresPath)
}
