package admin

import (
	"context"
	"net/http"
	"strings"

	"caseward/internal/desk/access"
	"caseward/internal/desk/contact"
	"caseward/web/console/shell"
	"caseward/web/kit"
)

// Suspensions is what these pages need of suspended contacts.
type Suspensions interface {
	Domains(ctx context.Context, actor access.Actor) (contact.Domains, error)
	SetDomains(ctx context.Context, actor access.Actor, list []string) error
}

type spamView struct {
	page
	own     string
	domains string // one in each line
}

// Spam is GET /w/{ws}/admin/cases/spam. Needs ManageSettings.
func (p *Pages) Spam(w http.ResponseWriter, r *http.Request) error {
	return p.showSpam(w, r, nil)
}

func (p *Pages) showSpam(w http.ResponseWriter, r *http.Request, form *kit.Form) error {
	list, err := p.suspensions.Domains(r.Context(), shell.From(r).Actor)
	if err != nil {
		return err
	}
	page, err := p.page(r, "Spam", "Whose mail can never be blocked.", form)
	if err != nil {
		return err
	}
	view := spamView{page: page, own: strings.Join(list.Own, ", "), domains: strings.Join(list.Chosen, "\n")}
	if form != nil {
		view.domains = form.Raw("domains")
	}
	return kit.Render(w, r, status(form), spamPage(view))
}

// UpdateSpam is POST /w/{ws}/admin/cases/spam: field domains, one in each line.
func (p *Pages) UpdateSpam(w http.ResponseWriter, r *http.Request) error {
	form, err := kit.ReadForm(w, r, kit.FormLimit)
	if err != nil {
		return err
	}
	list := strings.FieldsFunc(form.Raw("domains"), func(c rune) bool { return strings.ContainsRune("\r\n,; \t", c) })
	if err := form.Absorb(p.suspensions.SetDomains(r.Context(), shell.From(r).Actor, list)); err != nil {
		return err
	}
	if !form.Valid() {
		return p.showSpam(w, r, form)
	}
	return p.back(w, r, "/cases/spam", "The protected domains were saved.")
}
