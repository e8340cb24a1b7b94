package holdpage

import (
	"net/http"
	"time"

	"caseward/internal/desk/hold"
	"caseward/web/console/shell"
	"caseward/web/kit"
	"caseward/web/ui"
)

// releaseView is the question before a hold is released.
type releaseView struct {
	hold.Hold
	path string // of the list
	form *kit.Form
	now  time.Time
	loc  *time.Location
}

// ConfirmRelease is GET /w/{ws}/admin/holds/{hold}/release. Needs ManageHolds.
func (p *Pages) ConfirmRelease(w http.ResponseWriter, r *http.Request) error {
	return p.askRelease(w, r, http.StatusOK, kit.NewForm(nil))
}

func (p *Pages) askRelease(w http.ResponseWriter, r *http.Request, status int, form *kit.Form) error {
	v := shell.From(r)
	id, err := pathID(r, "hold")
	if err != nil {
		return err
	}
	h, err := p.holds.Get(r.Context(), v.Actor, hold.ID(id))
	if err != nil {
		return err
	}
	if h.ReleasedAt != nil {
		p.Flash(r, ui.NoticeProps{Tone: ui.Info, Text: "This hold was released already, by " + h.ReleasedByName + "."})
		return kit.SeeOther(w, r, v.Path(root+"?show=released"))
	}
	frame, err := p.Console(r, shell.Page{Title: "Release the hold on " + called(h), Current: "/admin"})
	if err != nil {
		return err
	}
	return kit.Render(w, r, status, releasePage(frame, releaseView{h, v.Path(root), form, v.Now, v.Location}))
}

// Release is POST /w/{ws}/admin/holds/{hold}/release, field reason.
func (p *Pages) Release(w http.ResponseWriter, r *http.Request) error {
	id, err := pathID(r, "hold")
	if err != nil {
		return err
	}
	form, err := kit.ReadForm(w, r, kit.FormLimit)
	if err != nil {
		return err
	}
	v := shell.From(r)
	if err := p.holds.Release(r.Context(), v.Actor, hold.ReleaseInput{ID: hold.ID(id), Reason: form.Text("reason")}); err != nil {
		if err := form.Absorb(err); err != nil {
			return err
		}
		return p.askRelease(w, r, http.StatusUnprocessableEntity, form)
	}
	p.Flash(r, ui.NoticeProps{Tone: ui.Success, Text: "The hold is released"})
	return kit.SeeOther(w, r, v.Path(root))
}
