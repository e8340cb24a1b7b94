package casepage

import (
	"net/http"
	"time"

	"caseward/internal/desk/cases"
	"caseward/web/kit"
	"caseward/web/ui"
)

// wasDeleted answers whoever deletes a case that a colleague has deleted. What stands is the colleague's, so that no Undo is
// offered for it.
func (p *Pages) wasDeleted(w http.ResponseWriter, r *http.Request, in posted, next string) error {
	c, err := p.cases.Get(r.Context(), in.visit.Actor, in.number)
	if err != nil {
		return err
	}
	if c.DeletedAt == nil { // and restored it meanwhile
		return p.wasRestored(w, r, in, next)
	}
	p.flashSooner(r, in, "deleted", c.DeletedByName, c.DeletedAt)
	return kit.SeeOther(w, r, next)
}

// wasRestored is wasDeleted for restoring. The feed tells who did it, unless that is long ago.
func (p *Pages) wasRestored(w http.ResponseWriter, r *http.Request, in posted, next string) error {
	c, err := p.cases.Get(r.Context(), in.visit.Actor, in.number)
	if err != nil {
		return err
	}
	var by string
	var at *time.Time
	for _, a := range c.Activity {
		if a.Kind == cases.ActRestored {
			by, at = a.ActorName, &a.CreatedAt
		}
	}
	p.flashSooner(r, in, "restored", by, at)
	return kit.SeeOther(w, r, next)
}

// flashSooner says that a deed was done already: by whom and when, as far as that is known.
func (p *Pages) flashSooner(r *http.Request, in posted, deed, by string, at *time.Time) {
	notice := ui.NoticeProps{Tone: ui.Info, Text: "Case " + text(in.number) + " had already been " + deed,
		Detail: "Nothing was changed.", Link: &ui.Link{Label: "Open case " + text(in.number), Href: casePath(in.visit, in.number, "")}}
	if by != "" {
		notice.Text = by + " had already " + deed + " case " + text(in.number)
	}
	if at != nil {
		notice.Text += " on " + at.In(in.visit.Location).Format(dateTime)
	}
	p.Flash(r, notice)
}
