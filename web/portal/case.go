package portal

import (
	"net/http"
	"net/url"
	"strconv"

	"github.com/go-chi/chi/v5"

	"caseward/internal/desk/cases"
	"caseward/internal/desk/message"
	"caseward/internal/desk/portal"
	"caseward/internal/platform/errs"
	"caseward/internal/platform/filetype"
	"caseward/internal/platform/markup"
	"caseward/web/kit"
	"caseward/web/ui"
)

type caseView struct {
	public ui.PublicProps
	visit  *visit
	path   string
	portal.Case
	letters []letter
	forms   caseForms
}

// caseForms are the forms of a case's page as they come back with mistakes; nil: as they are first shown.
type caseForms struct {
	reply, rate *kit.Form
	problem     string // with the answer as a whole
}

// letter is a message as its customer sees it. Its HTML has been made safe.
type letter struct {
	message.Message
	author                   string
	mine                     bool
	fresh, quoted, signature string
	erased                   string // in place of the text
	files                    []file
}

type file struct{ name, size, href string }

// Show is GET /help/{ws}/cases/{number}, with before=ID the earlier messages of a long one.
func (p *Pages) Show(w http.ResponseWriter, r *http.Request) error {
	n, err := number(r)
	if err != nil {
		return err
	}
	before, _ := strconv.ParseInt(r.URL.Query().Get("before"), 10, 64)
	c, err := p.cases.Case(r.Context(), actor(r), n, message.ID(before))
	if err != nil {
		return err
	}
	if c.Number != n { // merged into another one of theirs
		return kit.SeeOther(w, r, casePath(from(r), c.Number))
	}
	return p.renderCase(w, r, http.StatusOK, c, caseForms{})
}

func (p *Pages) renderCase(w http.ResponseWriter, r *http.Request, status int, c portal.Case, forms caseForms) error {
	v := caseView{visit: from(r), Case: c, path: casePath(from(r), c.Number), public: p.public(r, c.Subject, ""), forms: forms}
	if v.forms.reply == nil {
		v.forms.reply = kit.NewForm(nil)
	}
	if v.forms.rate == nil {
		v.forms.rate = kit.NewForm(url.Values{"score": {string(c.Rating.Score)}, "comment": {c.Rating.Comment}})
	}
	if done := doneText(p.done(w, r)); done != nil {
		v.public.Notices = append(v.public.Notices, *done)
	}
	for _, m := range c.Thread.Messages {
		v.letters = append(v.letters, v.letter(m))
	}
	return kit.Render(w, r, status, casePage(v))
}

// File is GET /help/{ws}/cases/{number}/attachments/{id}. What is a picture by its bytes is shown, everything else is a
// download.
func (p *Pages) File(w http.ResponseWriter, r *http.Request) error {
	n, err := number(r)
	if err != nil {
		return err
	}
	id, err := strconv.ParseInt(chi.URLParam(r, "id"), 10, 64)
	if err != nil {
		return errs.New(errs.NotFound, "")
	}
	f, err := p.cases.File(r.Context(), actor(r), n, id)
	if err != nil {
		return err
	}
	kind := filetype.Of("", "", f.Data)
	return kit.ServeFile(w, r, kit.FileProps{Name: nameOf(f.Filename, id), Type: kind, Inline: filetype.IsPicture(kind), Data: f.Data})
}

// number reads the case in the path; what is no number is no case.
func number(r *http.Request) (cases.Number, error) {
	n, err := strconv.ParseInt(chi.URLParam(r, "number"), 10, 64)
	if err != nil || n < 1 {
		return 0, errs.New(errs.NotFound, "")
	}
	return cases.Number(n), nil
}

func casePath(v *visit, n cases.Number) string {
	return v.path("/cases/" + strconv.FormatInt(int64(n), 10))
}

func (v caseView) letter(m message.Message) letter {
	l := letter{Message: m, mine: m.Kind == message.Inbound, author: authorOf(v.visit, m)}
	if l.mine {
		fresh, quoted, signature := markup.SplitQuotedText(m.BodyText)
		l.fresh, l.quoted, l.signature = markup.TextToHTML(fresh), markup.TextToHTML(quoted), markup.TextToHTML(signature)
	} else {
		l.fresh = markup.Markdown(m.BodyText)
	}
	const erased = "Content was erased here."
	if m.BodyErasure() != nil {
		l.erased = erased
	}
	l.fresh, l.quoted, l.signature = markup.WithMarks(l.fresh, erased), markup.WithMarks(l.quoted, erased), markup.WithMarks(l.signature, erased)
	for _, a := range m.Attachments {
		l.files = append(l.files, file{name: nameOf(a.Filename, a.ID), size: ui.Bytes(a.Size), href: v.path + "/attachments/" + strconv.FormatInt(a.ID, 10)})
	}
	return l
}

func (l letter) anchor() string { return "m-" + strconv.FormatInt(int64(l.ID), 10) }

// isEmpty reports a message that is its files alone.
func (l letter) isEmpty() bool { return l.erased == "" && l.fresh+l.quoted+l.signature == "" }

func (v caseView) earlierHref() string {
	return v.path + "?before=" + strconv.FormatInt(int64(v.Thread.Earlier), 10)
}

func nameOf(filename string, id int64) string {
	if filename != "" {
		return filename
	}
	return "attachment-" + strconv.FormatInt(id, 10)
}
