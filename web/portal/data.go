package portal

import (
	"context"
	"net/http"
	"net/url"

	"caseward/internal/desk/access"
	"caseward/internal/desk/people"
	"caseward/internal/desk/portal"
	"caseward/internal/platform/errs"
	"caseward/web/kit"
	"caseward/web/ui"
)

// Data is what the page of a customer's own data needs of the portal.
type Data interface {
	Own(ctx context.Context, actor access.Actor) (people.Own, error)
	UpdateOwn(ctx context.Context, actor access.Actor, in people.Own) error
	SetPassword(ctx context.Context, site portal.Site, who portal.Visitor, in portal.PasswordInput) (token string, err error)
	SignOutEverywhere(ctx context.Context, actor access.Actor) error
	Request(ctx context.Context, actor access.Actor) (*portal.OwnRequest, error)
	AskErasure(ctx context.Context, actor access.Actor) error
	WithdrawErasure(ctx context.Context, actor access.Actor) error
	BeginExport(ctx context.Context, actor access.Actor) (portal.Person, error)
	EachCase(ctx context.Context, actor access.Actor, fn func(portal.Case) error) error
}

type dataView struct {
	public  ui.PublicProps
	visit   *visit
	own     *kit.Form
	secret  *kit.Form // the form of the password
	problem string
	request *portal.OwnRequest
}

// dataDone are what the page can say of what led to it.
var dataDone = map[string]string{
	"saved":     "Your details were saved.",
	"password":  "Your password is set. Every other device is signed out.",
	"asked":     "Your request was sent. You get the answer by mail.",
	"withdrawn": "Your request is withdrawn. Nothing was erased.",
}

// ShowData is GET /help/{ws}/data.
func (p *Pages) ShowData(w http.ResponseWriter, r *http.Request) error {
	return p.renderData(w, r, http.StatusOK, dataView{})
}

func (p *Pages) renderData(w http.ResponseWriter, r *http.Request, status int, view dataView) error {
	if view.own == nil {
		own, err := p.data.Own(r.Context(), actor(r))
		if err != nil {
			return err
		}
		view.own = kit.NewForm(url.Values{"name": {own.Name}, "phone": {own.Phone}})
	}
	if view.secret == nil {
		view.secret = kit.NewForm(nil)
	}
	var err error
	if view.request, err = p.data.Request(r.Context(), actor(r)); err != nil {
		return err
	}
	view.public, view.visit = p.public(r, "My data", "/data"), from(r)
	if done := dataDone[p.done(w, r)]; done != "" {
		view.public.Notices = append(view.public.Notices, ui.NoticeProps{Tone: ui.Success, Text: done})
	}
	return kit.Render(w, r, status, dataPage(view))
}

// UpdateData is POST /help/{ws}/data: fields name and phone.
func (p *Pages) UpdateData(w http.ResponseWriter, r *http.Request) error {
	form, err := kit.ReadForm(w, r, kit.FormLimit)
	if err != nil {
		return err
	}
	if err := form.Absorb(p.data.UpdateOwn(r.Context(), actor(r), people.Own{Name: form.Text("name"), Phone: form.Text("phone")})); err != nil {
		return err
	}
	if !form.Valid() {
		return p.renderData(w, r, form.Status(), dataView{own: form})
	}
	return p.did(w, r, "saved", from(r).path("/data"))
}

// SetPassword is POST /help/{ws}/data/password: fields old_password, where one is asked for, and new_password.
func (p *Pages) SetPassword(w http.ResponseWriter, r *http.Request) error {
	form, err := kit.ReadForm(w, r, kit.FormLimit)
	if err != nil {
		return err
	}
	v := from(r)
	token, err := p.data.SetPassword(r.Context(), v.site, *v.who, portal.PasswordInput{Old: form.Raw("old_password"), New: form.Raw("new_password")})
	if errs.Is(err, errs.RateLimited) {
		w.Header().Set("Retry-After", kit.RetryAfter(err))
		return p.renderData(w, r, kit.Status(errs.RateLimited), dataView{secret: form, problem: errs.SafeText(err)})
	}
	if err := form.Absorb(err); err != nil {
		return err
	}
	if !form.Valid() {
		return p.renderData(w, r, form.Status(), dataView{secret: form})
	}
	p.keepDone(w, r, "password", v.path("/data"))
	return p.begin(w, r, token, v.path("/data"))
}

// SignOutEverywhere is POST /help/{ws}/data/sign-out.
func (p *Pages) SignOutEverywhere(w http.ResponseWriter, r *http.Request) error {
	if err := p.data.SignOutEverywhere(r.Context(), actor(r)); err != nil {
		return err
	}
	v := from(r)
	p.SetSecret(w, cookie(v.site.Slug), "", 0)
	return p.did(w, r, "everywhere", v.path("/login"))
}

// ConfirmErasure is GET /help/{ws}/data/erasure.
func (p *Pages) ConfirmErasure(w http.ResponseWriter, r *http.Request) error {
	return kit.Render(w, r, http.StatusOK, confirmErasurePage(dataView{public: p.public(r, "Ask for erasure", "/data"), visit: from(r)}))
}

// AskErasure is POST /help/{ws}/data/erasure.
func (p *Pages) AskErasure(w http.ResponseWriter, r *http.Request) error {
	if err := p.data.AskErasure(r.Context(), actor(r)); err != nil {
		return err
	}
	return p.did(w, r, "asked", from(r).path("/data"))
}

// WithdrawErasure is POST /help/{ws}/data/erasure/withdraw.
func (p *Pages) WithdrawErasure(w http.ResponseWriter, r *http.Request) error {
	if err := p.data.WithdrawErasure(r.Context(), actor(r)); err != nil {
		return err
	}
	return p.did(w, r, "withdrawn", from(r).path("/data"))
}
