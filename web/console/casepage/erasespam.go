package casepage

import (
	"net/http"
	"strconv"
	"time"

	"caseward/internal/desk/access"
	"caseward/internal/desk/cases"
	"caseward/web/console/shell"
	"caseward/web/kit"
	"caseward/web/ui"
)

// ConfirmEraseSpam is GET /w/{ws}/cases/{number}/delete-forever, of a case in the Spam view. Needs EraseSpam.
func (p *Pages) ConfirmEraseSpam(w http.ResponseWriter, r *http.Request) error {
	n, err := number(r)
	if err != nil {
		return err
	}
	v := shell.From(r)
	if err := v.Actor.Require(access.EraseSpam); err != nil {
		return err
	}
	c, err := p.cases.Get(r.Context(), v.Actor, n)
	if err != nil {
		return err
	}
	if c.Visibility() != cases.InSpam {
		return kit.SeeOther(w, r, casePath(v, n, "")) // it says what has happened
	}
	holds, err := p.holds.OfCase(r.Context(), v.Actor, c.Case)
	if err != nil {
		return err
	}
	if why := held(holds, v.Location); why != "" {
		p.Flash(r, ui.NoticeProps{Tone: ui.Warning, Text: "Case " + text(n) + " cannot be deleted forever", Detail: "It is kept because " + why + "."})
		return kit.SeeOther(w, r, casePath(v, n, ""))
	}
	frame, err := p.Console(r, shell.Page{Title: "Delete case " + text(n) + " forever"})
	if err != nil {
		return err
	}
	view := erasureView{Details: c, path: casePath(v, n, ""), next: []ui.HiddenField{{Name: "until", Value: strconv.FormatInt(v.Now.UnixMicro(), 10)}}}
	if next := kit.LocalPath(r.URL.Query().Get("next"), ""); next != "" {
		view.next = append(view.next, ui.HiddenField{Name: "next", Value: next})
	}
	return kit.Render(w, r, http.StatusOK, eraseSpamPage(frame, view))
}

// EraseSpam is POST /w/{ws}/cases/{number}/delete-forever; until is the time of the question, in microseconds: a case that was
// marked as spam anew since is left as it is.
func (p *Pages) EraseSpam(w http.ResponseWriter, r *http.Request) error {
	in, err := post(w, r)
	if err != nil {
		return err
	}
	until := in.visit.Now
	if micro, err := strconv.ParseInt(in.form.Text("until"), 10, 64); err == nil {
		until = time.UnixMicro(micro).UTC()
	}
	if err := p.retention.EraseSpam(r.Context(), in.visit.Actor, in.number, until); err != nil {
		return err
	}
	p.Flash(r, ui.NoticeProps{Tone: ui.Success, Text: "Case " + text(in.number) + " was deleted forever"})
	return kit.SeeOther(w, r, in.next(in.visit.Path("/inbox?filter=spam")))
}
