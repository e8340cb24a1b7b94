package casepage

import (
	"net/http"
	"time"

	"caseward/internal/desk/cases"
	"caseward/web/kit"
	"caseward/web/ui"
)

// Snooze is POST /w/{ws}/cases/{number}/snooze, field until as in a field of type datetime-local.
func (p *Pages) Snooze(w http.ResponseWriter, r *http.Request) error {
	in, err := post(w, r)
	if err != nil {
		return err
	}
	until := in.form.Time("until", in.visit.Location)
	var c cases.Case
	if in.form.Valid() {
		c, err = p.cases.Snooze(r.Context(), in.visit.Actor, in.number, until)
		if err := in.form.Absorb(err); err != nil {
			return err
		}
	}
	if !in.form.Valid() {
		return p.render(w, r, in.number, http.StatusUnprocessableEntity, forms{snooze: in.form})
	}
	next := in.next(in.page())
	p.FlashUndo(r, "Case "+text(in.number)+" is snoozed until "+c.SnoozedUntil.In(in.visit.Location).Format(dateTime),
		casePath(in.visit, in.number, "/wake"), ui.HiddenField{Name: "next", Value: next})
	return kit.SeeOther(w, r, next)
}

// Wake is POST /w/{ws}/cases/{number}/wake.
func (p *Pages) Wake(w http.ResponseWriter, r *http.Request) error {
	in, err := post(w, r)
	if err != nil {
		return err
	}
	if _, err := p.cases.Wake(r.Context(), in.visit.Actor, in.number); err != nil {
		return err
	}
	return p.done(w, r, in, "Case "+text(in.number)+" is back in the lists")
}

// snoozeChoice is a time that many choose.
type snoozeChoice struct {
	label string
	until time.Time
}

// snoozeChoices are in the person's own zone, where a day may have 23 or 25 hours.
func snoozeChoices(now time.Time, loc *time.Location) []snoozeChoice {
	local := now.In(loc)
	at := func(days, hour int) time.Time {
		return time.Date(local.Year(), local.Month(), local.Day()+days, hour, 0, 0, 0, loc)
	}
	var list []snoozeChoice
	if local.Hour() < 16 {
		list = append(list, snoozeChoice{"Later today", at(0, 18)})
	}
	monday := (int(time.Monday) - int(local.Weekday()) + 7) % 7
	if monday == 0 {
		monday = 7
	}
	list = append(list, snoozeChoice{"Tomorrow", at(1, 9)})
	if monday > 1 {
		list = append(list, snoozeChoice{"Monday", at(monday, 9)})
	}
	return append(list, snoozeChoice{"In a week", at(7, 9)})
}

func (c snoozeChoice) text() string { return c.label + ", " + c.until.Format("Mon 2 Jan 15:04") }
