package account

import (
	"net/http"

	"github.com/go-chi/chi/v5"

	"caseward/internal/platform/errs"
	"caseward/web/kit"
	"caseward/web/ui"
)

type forgotView struct {
	frame ui.Frame
	form  *kit.Form
	sent  bool
	gone  string // why the link that led here does not work; "" without one
}

type resetView struct {
	frame ui.Frame
	form  *kit.Form
	path  string
	email string
}

// ShowForgot is GET /forgot; with sent=1 it says what happens now, which is the same whether there is an account or not.
func (p *Pages) ShowForgot(w http.ResponseWriter, r *http.Request) error {
	view := forgotView{frame: p.Frame(r, "Forgot your password?"), form: kit.NewForm(nil), sent: r.URL.Query().Get("sent") == "1"}
	return kit.Render(w, r, http.StatusOK, forgotPage(view))
}

// Forgot is POST /forgot: field email.
func (p *Pages) Forgot(w http.ResponseWriter, r *http.Request) error {
	form, err := kit.ReadForm(w, r, kit.FormLimit)
	if err != nil {
		return err
	}
	err = p.accounts.RequestReset(r.Context(), form.Text("email"), p.ClientAddr(r))
	if err := form.Absorb(err); err != nil {
		return err
	}
	if !form.Valid() {
		return kit.Render(w, r, kit.Status(errs.Invalid), forgotPage(forgotView{frame: p.Frame(r, "Forgot your password?"), form: form}))
	}
	return kit.SeeOther(w, r, "/forgot?sent=1")
}

// ShowReset is GET /reset/{token}.
func (p *Pages) ShowReset(w http.ResponseWriter, r *http.Request) error {
	return p.renderReset(w, r, http.StatusOK, kit.NewForm(nil))
}

// Reset is POST /reset/{token}: fields password and password_again.
func (p *Pages) Reset(w http.ResponseWriter, r *http.Request) error {
	form, err := kit.ReadForm(w, r, kit.FormLimit)
	if err != nil {
		return err
	}
	if form.Raw("password") != form.Raw("password_again") {
		form.Fail("password_again", "The two passwords differ.")
	}
	if form.Valid() {
		err := p.accounts.ResetPassword(r.Context(), chi.URLParam(r, "token"), form.Raw("password"), p.ClientAddr(r))
		if errs.Is(err, errs.Gone) {
			return p.linkGone(w, r, err)
		}
		if err := form.Absorb(err); err != nil {
			return err
		}
	}
	if !form.Valid() {
		return p.renderReset(w, r, kit.Status(errs.Invalid), form)
	}
	return kit.SeeOther(w, r, "/login?reset=1")
}

func (p *Pages) renderReset(w http.ResponseWriter, r *http.Request, status int, form *kit.Form) error {
	email, err := p.accounts.OfferReset(r.Context(), chi.URLParam(r, "token"))
	if errs.Is(err, errs.Gone) {
		return p.linkGone(w, r, err)
	}
	if err != nil {
		return err
	}
	return kit.Render(w, r, status, resetPage(resetView{frame: p.Frame(r, "Set a new password"), form: form, path: r.URL.Path, email: email}))
}

// linkGone says so beside the form that sends another one.
func (p *Pages) linkGone(w http.ResponseWriter, r *http.Request, gone error) error {
	view := forgotView{frame: p.Frame(r, "This link does not work any more"), form: kit.NewForm(nil), gone: errs.SafeText(gone)}
	return kit.Render(w, r, kit.Status(errs.Gone), forgotPage(view))
}
