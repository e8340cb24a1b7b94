package account

import (
	"net/http"

	"github.com/go-chi/chi/v5"

	"caseward/internal/desk/member"
	"caseward/internal/platform/errs"
	"caseward/web/kit"
	"caseward/web/ui"
)

type inviteView struct {
	frame ui.Frame
	form  *kit.Form
	path  string
	offer member.Offer
	user  member.User // signed in, or zero
}

// ours says that the person signed in is the one invited.
func (v inviteView) ours() bool { return v.user.ID != 0 && v.user.Email == v.offer.Email }

// ShowInvite is GET /invite/{token}.
func (p *Pages) ShowInvite(w http.ResponseWriter, r *http.Request) error {
	view, err := p.invitation(r)
	if err != nil {
		return err
	}
	view.form = kit.NewForm(nil)
	view.frame = p.Frame(r, "Join "+view.offer.Workspace)
	return kit.Render(w, r, http.StatusOK, invitePage(view))
}

// AcceptInvite is POST /invite/{token}: as the person signed in, or with a name and a password as somebody new.
func (p *Pages) AcceptInvite(w http.ResponseWriter, r *http.Request) error {
	form, err := kit.ReadForm(w, r, kit.FormLimit)
	if err != nil {
		return err
	}
	view, err := p.invitation(r)
	if err != nil {
		return err
	}
	view.form = form
	if view.user.ID != 0 {
		return p.acceptAs(w, r, view)
	}
	if form.Raw("password") != form.Raw("password_again") {
		form.Fail("password_again", "The two passwords differ.")
	}
	form.Required("name", "Enter your name.")
	if form.Valid() {
		user, offer, err := p.accounts.AcceptInvite(r.Context(), chi.URLParam(r, "token"), form.Text("name"), form.Raw("password"))
		if err := form.Absorb(err); err != nil {
			return err
		}
		if form.Valid() {
			if err := p.SignIn(r.Context(), user.ID, user.SessionEpoch); err != nil {
				return err
			}
			return p.welcome(w, r, offer)
		}
	}
	view.frame = p.Frame(r, "Join "+view.offer.Workspace)
	return kit.Render(w, r, kit.Status(errs.Invalid), invitePage(view))
}

func (p *Pages) acceptAs(w http.ResponseWriter, r *http.Request, view inviteView) error {
	offer, err := p.accounts.AcceptInviteAs(r.Context(), view.user.ID, chi.URLParam(r, "token"))
	if err != nil {
		return err
	}
	return p.welcome(w, r, offer)
}

func (p *Pages) welcome(w http.ResponseWriter, r *http.Request, offer member.Offer) error {
	p.Flash(r, ui.NoticeProps{Tone: ui.Success, Text: "Welcome to " + offer.Workspace + "."})
	return kit.SeeOther(w, r, inboxOf(offer.Slug))
}

func (p *Pages) invitation(r *http.Request) (inviteView, error) {
	user, err := p.visitor(r)
	if err != nil {
		return inviteView{}, err
	}
	offer, err := p.accounts.Offer(r.Context(), chi.URLParam(r, "token"))
	return inviteView{path: r.URL.Path, offer: offer, user: user}, err
}
