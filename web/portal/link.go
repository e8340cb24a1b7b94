package portal

import (
	"net/http"

	"github.com/go-chi/chi/v5"

	"caseward/internal/desk/portal"
	"caseward/internal/platform/errs"
	"caseward/web/kit"
	"caseward/web/ui"
)

type linkView struct {
	public ui.PublicProps
	visit  *visit
	path   string
	offer  portal.Offer
}

// ShowLink is GET /help/{ws}/link/{token}. It uses nothing up: only the button does.
func (p *Pages) ShowLink(w http.ResponseWriter, r *http.Request) error {
	v := from(r)
	offer, err := p.accounts.OfferLink(r.Context(), v.site, chi.URLParam(r, "token"), p.Secret(r, browserCookie(v.site.Slug)))
	if errs.Is(err, errs.Gone) {
		return p.linkGone(w, r, err)
	}
	if err != nil {
		return err
	}
	title := "Sign in"
	if offer.New {
		title = "Confirm your address"
	}
	return kit.Render(w, r, http.StatusOK, linkPage(linkView{public: p.public(r, title, ""), visit: v, path: r.URL.Path, offer: offer}))
}

// UseLink is POST /help/{ws}/link/{token}.
func (p *Pages) UseLink(w http.ResponseWriter, r *http.Request) error {
	v := from(r)
	browser := p.Secret(r, browserCookie(v.site.Slug))
	token, err := p.accounts.UseLink(r.Context(), v.site, chi.URLParam(r, "token"), browser, p.ClientAddr(r))
	if errs.Is(err, errs.Gone) {
		return p.linkGone(w, r, err)
	}
	if err != nil {
		return err
	}
	p.SetSecret(w, browserCookie(v.site.Slug), "", 0)
	return p.begin(w, r, token, v.path("/cases"))
}

// linkGone says so beside the form that sends another one.
func (p *Pages) linkGone(w http.ResponseWriter, r *http.Request, gone error) error {
	return p.renderLogin(w, r, kit.Status(errs.Gone), loginView{form: kit.NewForm(nil), next: from(r).path("/cases"), problem: errs.SafeText(gone)})
}
