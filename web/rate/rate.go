// Package rate is the page on which a customer says how they were helped. Who has the link of the mail may; nobody signs
// in. To open a link records nothing: programs that look for viruses do it too. Only the form's button does.
package rate

import (
	"context"
	"net/http"
	"time"

	"github.com/go-chi/chi/v5"

	"caseward/internal/desk/rating"
	"caseward/internal/platform/errs"
	"caseward/web/kit"
	"caseward/web/ui"
)

// Ratings is what the page needs of ratings.
type Ratings interface {
	Read(ctx context.Context, token string) (rating.Question, error)
	Rate(ctx context.Context, token string, in rating.Answer) error
}

// Pages serves the page.
type Pages struct {
	*kit.Kit
	ratings Ratings
}

// New returns the pages.
func New(k *kit.Kit, ratings Ratings) *Pages { return &Pages{k, ratings} }

// How many requests one address may send in a minute. A mail server that looks at the links of a whole company opens
// many; nobody sends many forms.
const (
	looks = 120
	tries = 30
)

// LimitLooks and LimitTries keep programs from hammering the page.
func (p *Pages) LimitLooks() func(http.Handler) http.Handler { return p.Limit(looks) }

// LimitTries is LimitLooks for the form.
func (p *Pages) LimitTries() func(http.Handler) http.Handler { return p.Limit(tries) }

type view struct {
	public ui.PublicProps
	rating.Question
	path string
	form *kit.Form
	loc  *time.Location
}

// Show is GET /rate/{token} and /rate/{token}/{score}, which has the score chosen already.
func (p *Pages) Show(w http.ResponseWriter, r *http.Request) error {
	return p.render(w, r, http.StatusOK, nil)
}

// Rate is POST /rate/{token}: fields score and comment.
func (p *Pages) Rate(w http.ResponseWriter, r *http.Request) error {
	form, err := kit.ReadForm(w, r, kit.FormLimit)
	if err != nil {
		return err
	}
	token := chi.URLParam(r, "token")
	err = p.ratings.Rate(r.Context(), token, rating.Answer{Score: rating.Score(form.Text("score")), Comment: form.Text("comment")})
	if errs.Is(err, errs.Gone) {
		return p.gone(w, r)
	}
	if err := form.Absorb(err); err != nil {
		return err
	}
	if !form.Valid() {
		return p.render(w, r, form.Status(), form)
	}
	return kit.SeeOther(w, r, "/rate/"+token)
}

func (p *Pages) render(w http.ResponseWriter, r *http.Request, status int, form *kit.Form) error {
	token := chi.URLParam(r, "token")
	q, err := p.ratings.Read(r.Context(), token)
	if errs.Is(err, errs.Gone) {
		return p.gone(w, r)
	}
	if err != nil {
		return err
	}
	v := view{Question: q, path: "/rate/" + token, form: form, loc: time.UTC}
	if loc, err := time.LoadLocation(q.TimeZone); err == nil {
		v.loc = loc
	}
	if v.form == nil {
		v.form = kit.NewForm(map[string][]string{"score": {string(v.chosen(chi.URLParam(r, "score")))}, "comment": {q.Comment}})
	}
	v.public = ui.PublicProps{Frame: p.Frame(r, "How did we do?"), Workspace: q.WorkspaceName, HomeHref: v.path}
	private(w)
	return kit.Render(w, r, status, page(v))
}

// gone answers every link that leads nowhere in the same words, and names nobody.
func (p *Pages) gone(w http.ResponseWriter, r *http.Request) error {
	private(w)
	return kit.Render(w, r, kit.Status(errs.Gone), gonePage(p.Frame(r, "This can no longer be rated")))
}

// private keeps the page out of search engines, should a link get there.
func private(w http.ResponseWriter) { w.Header().Set("X-Robots-Tag", "noindex, nofollow") }

// chosen is the score that the form begins with: that of the link, else the one given before.
func (v view) chosen(link string) rating.Score {
	for _, s := range rating.Scores() {
		if link == string(s) {
			return s
		}
	}
	return v.Score
}

func (v view) until() string { return v.Until.In(v.loc).Format("2 January 2006") }

var choiceIcons = map[rating.Score]ui.IconName{rating.Good: ui.IconSmile, rating.Bad: ui.IconFrown}

var choiceHints = map[rating.Score]string{rating.Good: "I am satisfied", rating.Bad: "I am not satisfied"}
