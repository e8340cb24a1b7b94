package casepage

import (
	"context"
	"net/http"
	"net/url"
	"strconv"

	"caseward/internal/desk/access"
	"caseward/internal/desk/cases"
	"caseward/internal/desk/followup"
	"caseward/web/kit"
	"caseward/web/ui"
)

// FollowUps is what the page needs of follow-ups.
type FollowUps interface {
	OfCase(ctx context.Context, actor access.Actor, c cases.Case) ([]followup.FollowUp, error)
	OpenOfContact(ctx context.Context, actor access.Actor, c cases.Case, limit int) ([]followup.FollowUp, error)
	Add(ctx context.Context, actor access.Actor, n cases.Number, in followup.Input) (followup.ID, error)
	Change(ctx context.Context, actor access.Actor, n cases.Number, id followup.ID, in followup.Input) error
	Finish(ctx context.Context, actor access.Actor, n cases.Number, id followup.ID, done bool) error
	Remove(ctx context.Context, actor access.Actor, n cases.Number, id followup.ID) error
}

// AddFollowUp is POST /w/{ws}/cases/{number}/followups, fields note, due and assignee.
func (p *Pages) AddFollowUp(w http.ResponseWriter, r *http.Request) error {
	in, err := post(w, r)
	if err != nil {
		return err
	}
	wanted := followUpOf(in)
	if in.form.Valid() {
		_, err := p.followUps.Add(r.Context(), in.visit.Actor, in.number, wanted)
		if err := in.form.Absorb(err); err != nil {
			return err
		}
	}
	if !in.form.Valid() {
		return p.render(w, r, in.number, http.StatusUnprocessableEntity, forms{followUp: in.form})
	}
	return p.done(w, r, in, "Follow-up added")
}

// ChangeFollowUp is POST /w/{ws}/cases/{number}/followups/{id}: its fields; or done=1, done=0, remove=1.
func (p *Pages) ChangeFollowUp(w http.ResponseWriter, r *http.Request) error {
	number, err := id(r, "id")
	if err != nil {
		return err
	}
	in, err := post(w, r)
	if err != nil {
		return err
	}
	which, notice := followup.ID(number), ""
	switch {
	case in.form.Checked("remove"):
		notice, err = "Follow-up removed", p.followUps.Remove(r.Context(), in.visit.Actor, in.number, which)
	case in.form.Has("done"):
		done := in.form.Text("done") == "1"
		if err = p.followUps.Finish(r.Context(), in.visit.Actor, in.number, which, done); done {
			notice = "Follow-up done"
		}
	default:
		wanted := followUpOf(in)
		if in.form.Valid() {
			err = in.form.Absorb(p.followUps.Change(r.Context(), in.visit.Actor, in.number, which, wanted))
		}
		if !in.form.Valid() {
			return p.render(w, r, in.number, http.StatusUnprocessableEntity, forms{followUp: in.form})
		}
		notice = "Follow-up changed"
	}
	if err != nil {
		return err
	}
	return p.done(w, r, in, notice)
}

func followUpOf(in posted) followup.Input {
	assignee, err := strconv.ParseInt(in.form.Text("followup_assignee"), 10, 64)
	if err != nil {
		assignee = 0
	}
	return followup.Input{Note: in.form.Text("note"), DueAt: in.form.Time("due", in.visit.Location), Assignee: access.MemberID(assignee)}
}

// followUpForm is the form for a new follow-up, at first tomorrow morning for oneself.
func (v view) followUpForm() *kit.Form {
	tomorrow := snoozeChoices(v.now, v.loc)
	due := tomorrow[len(tomorrow)-1].until
	for _, c := range tomorrow {
		if c.label == "Tomorrow" {
			due = c.until
		}
	}
	return form(v.forms.followUp, url.Values{"due": {due.Format(kit.LocalTime)}, "followup_assignee": {text(v.visit.Actor.Member)}})
}

// followUpPeople are those who may be given one.
func (v view) followUpPeople() []ui.Option { return v.assigneeOptions()[1:] }
