package casepage

import (
	"net/http"

	"caseward/web/kit"
	"caseward/web/ui"
)

// Spam is POST /w/{ws}/cases/{number}/spam.
func (p *Pages) Spam(w http.ResponseWriter, r *http.Request) error {
	in, err := post(w, r)
	if err != nil {
		return err
	}
	if _, err := p.cases.MarkSpam(r.Context(), in.visit.Actor, in.number); err != nil {
		return err
	}
	next := in.next(in.page())
	p.FlashUndo(r, "Case "+text(in.number)+" moved to Spam", casePath(in.visit, in.number, "/not-spam"), ui.HiddenField{Name: "next", Value: next})
	return kit.SeeOther(w, r, next)
}

// NotSpam is POST /w/{ws}/cases/{number}/not-spam.
func (p *Pages) NotSpam(w http.ResponseWriter, r *http.Request) error {
	in, err := post(w, r)
	if err != nil {
		return err
	}
	if _, err := p.cases.NotSpam(r.Context(), in.visit.Actor, in.number); err != nil {
		return err
	}
	return p.done(w, r, in, "Case "+text(in.number)+" is back from Spam")
}
