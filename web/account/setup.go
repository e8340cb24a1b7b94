package account

import (
	"errors"
	"net/http"
	"strings"
	"unicode"

	"golang.org/x/text/runes"
	"golang.org/x/text/transform"
	"golang.org/x/text/unicode/norm"

	"caseward/internal/desk/setup"
	"caseward/internal/desk/workspace"
	"caseward/internal/platform/errs"
	"caseward/web/kit"
	"caseward/web/ui"
)

type setupView struct {
	frame ui.Frame
	form  *kit.Form
}

// ShowSetup is GET /setup: the first visit to an installation without a workspace.
func (p *Pages) ShowSetup(w http.ResponseWriter, r *http.Request) error {
	if needed, err := p.setup.NeedsSetup(r.Context()); err != nil || !needed {
		return orLogin(w, r, err)
	}
	return kit.Render(w, r, http.StatusOK, setupPage(setupView{p.Frame(r, "Set up Caseward"), kit.NewForm(nil)}))
}

// Setup is POST /setup. It signs the owner in. Of two people at once one wins; the other is sent to sign in.
func (p *Pages) Setup(w http.ResponseWriter, r *http.Request) error {
	form, err := kit.ReadForm(w, r, kit.FormLimit)
	if err != nil {
		return err
	}
	if needed, err := p.setup.NeedsSetup(r.Context()); err != nil || !needed {
		return orLogin(w, r, err)
	}
	in := setupInput(form)
	if form.Valid() {
		created, err := p.setup.Create(r.Context(), in)
		if errs.Is(err, errs.Conflict) {
			return kit.SeeOther(w, r, "/login")
		}
		if err := form.Absorb(err); err != nil {
			return err
		}
		if form.Valid() {
			return p.enter(w, r, in.Owner.Email, in.Owner.Password, created.Workspace.Slug)
		}
	}
	return kit.Render(w, r, kit.Status(errs.Invalid), setupPage(setupView{p.Frame(r, "Set up Caseward"), form}))
}

// setupInput reads the form. The workspace's fields are checked here first, since the service calls both the
// workspace's and the owner's name "name".
func setupInput(form *kit.Form) setup.Input {
	in := setup.Input{
		Name: form.Text("workspace"), Slug: form.Text("slug"), Address: form.Text("address"), First: true,
		Owner: setup.Person{Name: form.Text("name"), Email: form.Text("email"), Password: form.Raw("password")},
	}
	form.Required("workspace", "Enter a name for the workspace.")
	if in.Slug == "" {
		in.Slug = suggestSlug(in.Name)
	}
	check := workspace.CreateInput{Name: in.Name, Slug: in.Slug, Address: in.Address}.Check()
	if e, ok := errors.AsType[*errs.Error](check); ok && in.Name != "" {
		for field, problem := range e.Fields {
			if field == "name" {
				field = "workspace"
			}
			form.Fail(field, problem)
		}
	}
	form.Required("name", "Enter your name.")
	form.Required("email", "Enter your email address.")
	if in.Owner.Password != form.Raw("password_again") {
		form.Fail("password_again", "The two passwords differ.")
	}
	return in
}

func orLogin(w http.ResponseWriter, r *http.Request, err error) error {
	if err != nil {
		return err
	}
	return kit.SeeOther(w, r, "/login")
}

// enter signs somebody in who has just chosen a password, and shows them their inbox.
func (p *Pages) enter(w http.ResponseWriter, r *http.Request, email, password, slug string) error {
	user, err := p.accounts.SignIn(r.Context(), email, password, p.ClientAddr(r))
	if err != nil {
		return err
	}
	if err := p.SignIn(r.Context(), user.ID, user.SessionEpoch); err != nil {
		return err
	}
	p.Flash(r, ui.NoticeProps{Tone: ui.Success, Text: "Your workspace is ready.",
		Detail: "Invite your colleagues under Admin › Members, and point your support address's mail here."})
	return kit.SeeOther(w, r, inboxOf(slug))
}

// suggestSlug makes a short name of a workspace's name: "Café Zürich" becomes "cafe-zurich".
func suggestSlug(name string) string {
	plain, _, err := transform.String(transform.Chain(norm.NFD, runes.Remove(runes.In(unicode.Mn))), strings.ToLower(name))
	if err != nil {
		return ""
	}
	words := strings.FieldsFunc(plain, func(r rune) bool { return (r < 'a' || r > 'z') && (r < '0' || r > '9') })
	slug := strings.Join(words, "-")
	return strings.TrimRight(slug[:min(len(slug), 40)], "-")
}
