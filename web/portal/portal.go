// Package portal is what customers see at /help/{ws}: sign-up and sign-in, their own cases and their own data. A member's
// session counts nothing here, nor a customer's in the console: they are different cookies and different tables.
package portal

import (
	"context"
	"net/http"
	"net/netip"
	"strings"
	"time"

	"github.com/go-chi/chi/v5"

	"caseward/internal/desk/access"
	"caseward/internal/desk/audit"
	"caseward/internal/desk/cases"
	"caseward/internal/desk/message"
	"caseward/internal/desk/portal"
	"caseward/internal/desk/rating"
	"caseward/internal/platform/clock"
	"caseward/web/kit"
	"caseward/web/ui"
)

// Accounts is what sign-up and sign-in need of the portal.
type Accounts interface {
	Visit(ctx context.Context, slug, token string) (portal.Site, *portal.Visitor, error)
	SignUp(ctx context.Context, site portal.Site, in portal.SignUpInput, addr netip.Addr) error
	RequestLink(ctx context.Context, site portal.Site, email string, addr netip.Addr) error
	OfferLink(ctx context.Context, site portal.Site, token, browser string) (portal.Offer, error)
	UseLink(ctx context.Context, site portal.Site, token, browser string, addr netip.Addr) (session string, err error)
	SignIn(ctx context.Context, site portal.Site, email, password string, addr netip.Addr) (token string, err error)
	SignOut(ctx context.Context, ws access.WorkspaceID, token string) error
}

// Cases is what the pages of a customer's cases need of the portal.
type Cases interface {
	Cases(ctx context.Context, actor access.Actor, closed bool, in cases.PageInput) (cases.OwnPage, error)
	Case(ctx context.Context, actor access.Actor, n cases.Number, before message.ID) (portal.Case, error)
	File(ctx context.Context, actor access.Actor, n cases.Number, id int64) (message.File, error)
	Write(ctx context.Context, actor access.Actor, in message.CustomerInput) (message.Written, error)
	Close(ctx context.Context, actor access.Actor, n cases.Number) error
	Rate(ctx context.Context, actor access.Actor, n cases.Number, in rating.Answer) error
}

// Pages are the pages of the portal.
type Pages struct {
	*kit.Kit
	accounts Accounts
	cases    Cases
	data     Data
	now      clock.Clock
}

// New returns the pages.
func New(k *kit.Kit, accounts Accounts, c Cases, d Data, now clock.Clock) *Pages {
	return &Pages{k, accounts, c, d, now}
}

// How many requests one address may send in a minute. The services count failed sign-ins and mailed links besides.
const (
	looks = 120
	tries = 30
)

// LimitLooks and LimitTries keep programs from hammering pages that need no sign-in.
func (p *Pages) LimitLooks() func(http.Handler) http.Handler { return p.Limit(looks) }

// LimitTries is LimitLooks for forms.
func (p *Pages) LimitTries() func(http.Handler) http.Handler { return p.Limit(tries) }

// visit is a request to the portal of a workspace.
type visit struct {
	site portal.Site
	who  *portal.Visitor // nil: nobody is signed in
	now  time.Time
	loc  *time.Location
}

// path is below the portal.
func (v *visit) path(below string) string { return "/help/" + v.site.Slug + below }

type visitKey struct{}

func from(r *http.Request) *visit { return r.Context().Value(visitKey{}).(*visit) }

func actor(r *http.Request) access.Actor { return from(r).who.Actor }

// cookie is the name of the session of a workspace: who has accounts in two is signed in to each by itself.
func cookie(slug string) string { return "help_" + slug }

// Visit finds the portal in the path and who is signed in to it. Where there is none, everything below is a 404.
func (p *Pages) Visit(next http.Handler) http.Handler {
	return p.Handle(func(w http.ResponseWriter, r *http.Request) error {
		slug := chi.URLParam(r, "ws")
		site, who, err := p.accounts.Visit(r.Context(), slug, p.Secret(r, cookie(slug)))
		if err != nil {
			return err
		}
		v := &visit{site: site, who: who, now: p.now(), loc: time.UTC}
		if loc, err := time.LoadLocation(site.TimeZone); err == nil {
			v.loc = loc
		}
		if who != nil {
			who.Actor.Address = p.ClientAddr(r)
		}
		w.Header().Set("X-Robots-Tag", "noindex, nofollow")
		ctx := context.WithValue(r.Context(), visitKey{}, v)
		if kit.OnlyLooks(r) {
			ctx = audit.Looking(ctx)
		}
		next.ServeHTTP(w, r.WithContext(kit.WithSurroundings(ctx, p.aroundError)))
		return nil
	})
}

// SignedIn lets only customers who are signed in through; others are led to the sign-in page, or keep what they have sent.
func (p *Pages) SignedIn(next http.Handler) http.Handler {
	return p.Handle(func(w http.ResponseWriter, r *http.Request) error {
		v := from(r)
		switch {
		case v.who != nil:
			next.ServeHTTP(w, r)
			return nil
		case kit.OnlyLooks(r):
			return kit.SeeOther(w, r, v.path("/login")+nextQuery(r.URL.RequestURI()))
		}
		return p.SignedOut(w, r)
	})
}

func (p *Pages) aroundError(r *http.Request, title string) (kit.Surroundings, error) {
	v := from(r)
	home := ui.Link{Label: "Sign in", Href: v.path("/login")}
	if v.who != nil {
		home = ui.Link{Label: "Go to your cases", Href: v.path("/cases")}
	}
	return kit.Surroundings{Frame: ui.Public(p.public(r, title, "")), Home: home}, nil
}

// public is the frame of a page; current is the path of its entry.
func (p *Pages) public(r *http.Request, title, current string) ui.PublicProps {
	v := from(r)
	props := ui.PublicProps{Frame: p.Frame(r, title), Workspace: v.site.Name, HomeHref: v.path("/cases"), LogoutPath: v.path("/logout")}
	if v.who == nil {
		props.HomeHref = v.path("/login")
		return props
	}
	item := func(label, below string, icon ui.IconName) ui.NavItem {
		return ui.NavItem{Label: label, Href: v.path(below), Icon: icon, Current: below == current}
	}
	props.Items = []ui.NavItem{item("Your cases", "/cases", ui.IconInbox), item("New case", "/cases/new", ui.IconPlus), item("My data", "/data", ui.IconUser)}
	props.User = &ui.User{Name: v.who.Name, Detail: v.who.Email}
	return props
}

// Home is GET /help/{ws}.
func (p *Pages) Home(w http.ResponseWriter, r *http.Request) error {
	return kit.SeeOther(w, r, from(r).path("/cases"))
}

// inside returns a path if it leads into this portal and otherwise its first page.
func inside(v *visit, path string) string {
	if home := v.path("/"); strings.HasPrefix(path, home) && !strings.Contains(path, "..") {
		return kit.LocalPath(path, home)
	}
	return v.path("/cases")
}
