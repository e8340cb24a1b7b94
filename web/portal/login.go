package portal

import (
	"net/http"
	"net/url"

	"caseward/internal/desk/portal"
	"caseward/internal/platform/errs"
	"caseward/web/kit"
	"caseward/web/ui"
)

type loginView struct {
	public  ui.PublicProps
	visit   *visit
	form    *kit.Form
	next    string
	problem string
	sent    bool   // a link was asked for just now
	notice  string // what else has just happened
}

func nextQuery(path string) string { return "?next=" + url.QueryEscape(path) }

// linkSent is what has happened when a link was asked for.
const linkSent = "link"

// notices are what the sign-in page can say of what led to it.
var notices = map[string]string{
	"out":        "You are signed out.",
	"everywhere": "You are signed out on every device.",
}

// ShowLogin is GET /help/{ws}/login. Somebody who is signed in goes on.
func (p *Pages) ShowLogin(w http.ResponseWriter, r *http.Request) error {
	v := from(r)
	next := inside(v, r.URL.Query().Get("next"))
	if v.who != nil {
		return kit.SeeOther(w, r, next)
	}
	done := p.done(w, r)
	view := loginView{form: kit.NewForm(nil), next: next, sent: done == linkSent, notice: notices[done]}
	return p.renderLogin(w, r, http.StatusOK, view)
}

func (p *Pages) renderLogin(w http.ResponseWriter, r *http.Request, status int, view loginView) error {
	view.public, view.visit = p.public(r, "Sign in", "/login"), from(r)
	return kit.Render(w, r, status, loginPage(view))
}

// Login is POST /help/{ws}/login: fields email, password and next. Without a password a link is mailed.
func (p *Pages) Login(w http.ResponseWriter, r *http.Request) error {
	form, err := kit.ReadForm(w, r, kit.FormLimit)
	if err != nil {
		return err
	}
	if form.Raw("password") == "" { // as the form says
		return p.sendLink(w, r, form)
	}
	v := from(r)
	next := inside(v, form.Text("next"))
	token, err := p.accounts.SignIn(r.Context(), v.site, form.Text("email"), form.Raw("password"), p.ClientAddr(r))
	if err == nil {
		return p.begin(w, r, token, next)
	}
	return p.loginProblem(w, r, form, next, err)
}

// loginProblem shows the form again with what the services say: it is the same for every address.
func (p *Pages) loginProblem(w http.ResponseWriter, r *http.Request, form *kit.Form, next string, err error) error {
	switch kind := errs.KindOf(err); kind {
	case errs.Invalid:
	case errs.RateLimited:
		w.Header().Set("Retry-After", kit.RetryAfter(err))
	default:
		return err
	}
	return p.renderLogin(w, r, kit.Status(errs.KindOf(err)), loginView{form: form, next: next, problem: errs.SafeText(err)})
}

// SendLink is POST /help/{ws}/login/link: field email. It answers the same whether the address is known or not.
func (p *Pages) SendLink(w http.ResponseWriter, r *http.Request) error {
	form, err := kit.ReadForm(w, r, kit.FormLimit)
	if err != nil {
		return err
	}
	return p.sendLink(w, r, form)
}

func (p *Pages) sendLink(w http.ResponseWriter, r *http.Request, form *kit.Form) error {
	v := from(r)
	if err := p.accounts.RequestLink(r.Context(), v.site, form.Text("email"), p.ClientAddr(r)); err != nil {
		return p.loginProblem(w, r, form, inside(v, form.Text("next")), err)
	}
	return p.did(w, r, linkSent, v.path("/login"))
}

// begin keeps a new session in the browser, in place of any from before.
func (p *Pages) begin(w http.ResponseWriter, r *http.Request, token, next string) error {
	v := from(r)
	if old := p.Secret(r, cookie(v.site.Slug)); old != "" {
		if err := p.accounts.SignOut(r.Context(), v.site.ID, old); err != nil {
			return err
		}
	}
	p.SetSecret(w, cookie(v.site.Slug), token, portal.SessionLasts)
	return kit.SeeOther(w, r, next)
}

// Logout is POST /help/{ws}/logout.
func (p *Pages) Logout(w http.ResponseWriter, r *http.Request) error {
	v := from(r)
	if err := p.accounts.SignOut(r.Context(), v.site.ID, p.Secret(r, cookie(v.site.Slug))); err != nil {
		return err
	}
	p.SetSecret(w, cookie(v.site.Slug), "", 0)
	return p.did(w, r, "out", v.path("/login"))
}
