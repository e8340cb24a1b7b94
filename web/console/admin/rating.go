package admin

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"caseward/internal/desk/access"
	"caseward/internal/desk/rating"
	"caseward/web/console/shell"
	"caseward/web/kit"
	"caseward/web/ui"
)

// Ratings is what these pages need of ratings.
type Ratings interface {
	Settings(ctx context.Context, actor access.Actor) (rating.Settings, error)
	SetSettings(ctx context.Context, actor access.Actor, in rating.Settings) error
}

// The two ways of the setting.
const (
	rateOff = "off"
	rateOn  = "on"
)

type ratingView struct {
	page
	mode     string
	delay    string
	question string
	delays   []ui.Option
}

// delays are the times that can be chosen.
var delays = []struct {
	after time.Duration
	label string
}{
	{0, "At once"}, {15 * time.Minute, "15 minutes"}, {time.Hour, "1 hour"}, {4 * time.Hour, "4 hours"}, {24 * time.Hour, "1 day"},
	{3 * 24 * time.Hour, "3 days"}, {7 * 24 * time.Hour, "7 days"},
}

// Rating is GET /w/{ws}/admin/cases/rating. Needs ManageSettings.
func (p *Pages) Rating(w http.ResponseWriter, r *http.Request) error {
	return p.showRating(w, r, nil)
}

func (p *Pages) showRating(w http.ResponseWriter, r *http.Request, form *kit.Form) error {
	actor := shell.From(r).Actor
	if err := actor.Require(access.ManageSettings); err != nil {
		return err
	}
	set, err := p.ratings.Settings(r.Context(), actor)
	if err != nil {
		return err
	}
	page, err := p.page(r, "Satisfaction", "Ask customers how they were helped, once their case is closed.", form)
	if err != nil {
		return err
	}
	view := ratingView{page: page, mode: rateOff, delay: strconv.Itoa(set.DelayMinutes), question: set.Text()}
	if set.On {
		view.mode = rateOn
	}
	if form != nil {
		view.mode, view.delay, view.question = form.Text("ask"), form.Text("delay"), form.Text("question")
	}
	for _, d := range delays {
		view.delays = append(view.delays, ui.Option{Value: strconv.Itoa(int(d.after.Minutes())), Label: d.label})
	}
	return kit.Render(w, r, status(form), ratingPage(view))
}

// UpdateRating is POST /w/{ws}/admin/cases/rating: fields ask (on or off), delay in minutes, and question.
func (p *Pages) UpdateRating(w http.ResponseWriter, r *http.Request) error {
	form, err := kit.ReadForm(w, r, kit.FormLimit)
	if err != nil {
		return err
	}
	in := rating.Settings{On: form.Text("ask") == rateOn, Question: form.Text("question")}
	if in.On {
		in.DelayMinutes = form.Int("delay", 0, 20160)
	} else if form.Text("ask") != rateOff {
		form.Fail("ask", "Choose one of the two.")
	}
	if form.Valid() {
		if err := form.Absorb(p.ratings.SetSettings(r.Context(), shell.From(r).Actor, in)); err != nil {
			return err
		}
	}
	if !form.Valid() {
		return p.showRating(w, r, form)
	}
	return p.back(w, r, "/cases/rating", "The settings of ratings were saved.")
}
