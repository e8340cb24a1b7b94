package portal

import (
	"crypto/rand"
	"net/http"

	"caseward/internal/desk/portal"
	"caseward/internal/platform/errs"
	"caseward/web/kit"
	"caseward/web/ui"
)

type signUpView struct {
	public  ui.PublicProps
	visit   *visit
	form    *kit.Form
	problem string
	sent    bool
}

// browserCookie tells the browser in which somebody signed up.
func browserCookie(slug string) string { return cookie(slug) + "_signup" }

// ShowSignUp is GET /help/{ws}/signup; after one it says what happens now, which is the same for every address.
func (p *Pages) ShowSignUp(w http.ResponseWriter, r *http.Request) error {
	if v := from(r); v.who != nil {
		return kit.SeeOther(w, r, v.path("/cases"))
	}
	return p.renderSignUp(w, r, http.StatusOK, signUpView{form: kit.NewForm(nil), sent: p.done(w, r) == linkSent})
}

func (p *Pages) renderSignUp(w http.ResponseWriter, r *http.Request, status int, view signUpView) error {
	view.public, view.visit = p.public(r, "Create an account", "/signup"), from(r)
	return kit.Render(w, r, status, signUpPage(view))
}

// SignUp is POST /help/{ws}/signup: fields name, email and password, of which the last may be empty.
func (p *Pages) SignUp(w http.ResponseWriter, r *http.Request) error {
	form, err := kit.ReadForm(w, r, kit.FormLimit)
	if err != nil {
		return err
	}
	v, browser := from(r), rand.Text()
	err = p.accounts.SignUp(r.Context(), v.site, portal.SignUpInput{
		Name: form.Text("name"), Email: form.Text("email"), Password: form.Raw("password"), Browser: browser,
	}, p.ClientAddr(r))
	switch {
	case errs.Is(err, errs.RateLimited):
		w.Header().Set("Retry-After", kit.RetryAfter(err))
		return p.renderSignUp(w, r, kit.Status(errs.RateLimited), signUpView{form: form, problem: errs.SafeText(err)})
	case errs.Is(err, errs.Invalid):
		_ = form.Absorb(err) // it takes over what is Invalid
		return p.renderSignUp(w, r, form.Status(), signUpView{form: form})
	case err != nil:
		return err
	}
	p.SetSecret(w, browserCookie(v.site.Slug), browser, portal.LinkLasts)
	return p.did(w, r, linkSent, v.path("/signup"))
}
