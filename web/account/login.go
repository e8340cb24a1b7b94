package account

import (
	"net/http"

	"caseward/internal/platform/errs"
	"caseward/web/kit"
	"caseward/web/ui"
)

// wrong is the one answer to a failed sign-in: whether the account exists stays unsaid.
const wrong = "The email address or the password is wrong."

type loginView struct {
	frame   ui.Frame
	form    *kit.Form
	next    string
	problem string
	reset   bool // a new password was set just now
}

// ShowLogin is GET /login. Somebody who is signed in already goes on; on the first visit there is nobody to sign in.
func (p *Pages) ShowLogin(w http.ResponseWriter, r *http.Request) error {
	next := kit.LocalPath(r.URL.Query().Get("next"), "/")
	user, err := p.visitor(r)
	if err != nil {
		return err
	}
	if user.ID != 0 {
		return kit.SeeOther(w, r, next)
	}
	if needed, err := p.setup.NeedsSetup(r.Context()); err != nil {
		return err
	} else if needed {
		return kit.SeeOther(w, r, "/setup")
	}
	return kit.Render(w, r, http.StatusOK, loginPage(loginView{
		frame: p.Frame(r, "Sign in"), form: kit.NewForm(nil), next: next, reset: r.URL.Query().Get("reset") == "1",
	}))
}

// Login is POST /login.
func (p *Pages) Login(w http.ResponseWriter, r *http.Request) error {
	form, err := kit.ReadForm(w, r, kit.FormLimit)
	if err != nil {
		return err
	}
	next := kit.LocalPath(form.Text("next"), "/")
	user, err := p.accounts.SignIn(r.Context(), form.Text("email"), form.Raw("password"), p.ClientAddr(r))
	if err == nil {
		if err := p.SignIn(r.Context(), user.ID, user.SessionEpoch); err != nil {
			return err
		}
		return kit.SeeOther(w, r, next)
	}
	problem := wrong
	switch kind := errs.KindOf(err); kind {
	case errs.Invalid:
	case errs.RateLimited:
		problem = errs.SafeText(err) // says when to try again
		w.Header().Set("Retry-After", kit.RetryAfter(err))
	default:
		return err
	}
	return kit.Render(w, r, kit.Status(errs.KindOf(err)),
		loginPage(loginView{frame: p.Frame(r, "Sign in"), form: form, next: next, problem: problem}))
}

// Logout is POST /logout. It may lead on to a path of this site: an invitation for somebody else begins with it.
func (p *Pages) Logout(w http.ResponseWriter, r *http.Request) error {
	form, err := kit.ReadForm(w, r, kit.FormLimit)
	if err != nil {
		return err
	}
	if err := p.SignOut(r.Context()); err != nil {
		return err
	}
	return kit.SeeOther(w, r, kit.LocalPath(form.Text("next"), "/login"))
}
