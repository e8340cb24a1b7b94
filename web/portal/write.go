package portal

import (
	"net/http"
	"strconv"
	"strings"

	"caseward/internal/desk/cases"
	"caseward/internal/desk/message"
	"caseward/internal/desk/rating"
	"caseward/internal/platform/errs"
	"caseward/web/console/shell"
	"caseward/web/kit"
	"caseward/web/ui"
)

type newView struct {
	public  ui.PublicProps
	visit   *visit
	form    *kit.Form
	problem string
}

// New is GET /help/{ws}/cases/new.
func (p *Pages) New(w http.ResponseWriter, r *http.Request) error {
	return p.renderNew(w, r, http.StatusOK, newView{form: kit.NewForm(nil)})
}

func (p *Pages) renderNew(w http.ResponseWriter, r *http.Request, status int, view newView) error {
	view.public, view.visit = p.public(r, "New case", "/cases/new"), from(r)
	return kit.Render(w, r, status, newPage(view))
}

// Create is POST /help/{ws}/cases/new: fields subject, body, files.
func (p *Pages) Create(w http.ResponseWriter, r *http.Request) error {
	form, err := kit.ReadUpload(w, r, message.MaxFiles, shell.FilesField)
	if err != nil {
		return err
	}
	var written message.Written
	if form.Valid() {
		written, err = p.cases.Write(r.Context(), actor(r), message.CustomerInput{
			Subject: form.Text("subject"), Body: form.Text("body"), Files: shell.Uploads(form), Submission: form.Text("submission"),
		})
	}
	if errs.Is(err, errs.RateLimited) {
		w.Header().Set("Retry-After", kit.RetryAfter(err))
		return p.renderNew(w, r, kit.Status(errs.RateLimited), newView{form: form, problem: errs.SafeText(err)})
	}
	if err := form.Absorb(err); err != nil {
		return err
	}
	if !form.Valid() {
		return p.renderNew(w, r, form.Status(), newView{form: form})
	}
	return p.did(w, r, "begun", casePath(from(r), written.Case.Number))
}

// Reply is POST /help/{ws}/cases/{number}/reply: fields body and files.
func (p *Pages) Reply(w http.ResponseWriter, r *http.Request) error {
	n, err := number(r)
	if err != nil {
		return err
	}
	form, err := kit.ReadUpload(w, r, message.MaxFiles, shell.FilesField)
	if err != nil {
		return err
	}
	var written message.Written
	if form.Valid() {
		written, err = p.cases.Write(r.Context(), actor(r), message.CustomerInput{
			Number: n, Body: form.Text("body"), Files: shell.Uploads(form), Submission: form.Text("submission"),
		})
	}
	if errs.Is(err, errs.RateLimited) {
		w.Header().Set("Retry-After", kit.RetryAfter(err))
		return p.again(w, r, n, kit.Status(errs.RateLimited), caseForms{reply: form, problem: errs.SafeText(err)})
	}
	if err := form.Absorb(err); err != nil {
		return err
	}
	if !form.Valid() {
		return p.again(w, r, n, form.Status(), caseForms{reply: form})
	}
	what := "sent"
	if written.Follows != 0 {
		what = follows + strconv.FormatInt(int64(written.Follows), 10)
	}
	return p.did(w, r, what, casePath(from(r), written.Case.Number))
}

// Close is POST /help/{ws}/cases/{number}/close.
func (p *Pages) Close(w http.ResponseWriter, r *http.Request) error {
	n, err := number(r)
	if err != nil {
		return err
	}
	if err := p.cases.Close(r.Context(), actor(r), n); err != nil {
		return err
	}
	return p.did(w, r, "closed", casePath(from(r), n))
}

// Rate is POST /help/{ws}/cases/{number}/rate: fields score and comment.
func (p *Pages) Rate(w http.ResponseWriter, r *http.Request) error {
	n, err := number(r)
	if err != nil {
		return err
	}
	form, err := kit.ReadForm(w, r, kit.FormLimit)
	if err != nil {
		return err
	}
	err = p.cases.Rate(r.Context(), actor(r), n, rating.Answer{Score: rating.Score(form.Text("score")), Comment: form.Text("comment")})
	if err := form.Absorb(err); err != nil {
		return err
	}
	if !form.Valid() {
		return p.again(w, r, n, form.Status(), caseForms{rate: form})
	}
	return p.did(w, r, "rated", casePath(from(r), n))
}

// again shows a case with a form that was refused, and what was typed in it.
func (p *Pages) again(w http.ResponseWriter, r *http.Request, n cases.Number, status int, forms caseForms) error {
	c, err := p.cases.Case(r.Context(), actor(r), n, 0)
	if err != nil {
		return err
	}
	return p.renderCase(w, r, status, c, forms)
}

// follows begins what has happened when a message went to a new case; the number of the closed one comes after it.
const follows = "follows."

// doneText says what has just happened to a case.
func doneText(done string) *ui.NoticeProps {
	text := map[string]string{
		"begun":  "Your case has been sent. You also get our answer by mail.",
		"sent":   "Your message has been sent.",
		"closed": "The case is closed. Thank you for telling us.",
		"rated":  "Thank you for your rating.",
	}[done]
	if n, ok := strings.CutPrefix(done, follows); ok {
		text = "Your message has been sent. Case #" + n + " was closed too long ago to go on with, so it is here, in a case that follows it."
	}
	if text == "" {
		return nil
	}
	return &ui.NoticeProps{Tone: ui.Success, Text: text}
}
