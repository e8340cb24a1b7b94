package admin

import (
	"context"
	"net/http"
	"slices"
	"strconv"

	"caseward/internal/desk/access"
	"caseward/internal/desk/cases"
	"caseward/internal/desk/member"
	"caseward/internal/desk/routing"
	"caseward/internal/desk/workspace"
	"caseward/web/console/shell"
	"caseward/web/kit"
	"caseward/web/ui"
)

// Routing is what these pages need of routing.
type Routing interface {
	Team(ctx context.Context, actor access.Actor, q workspace.QueueID) (routing.Team, error)
	SetTeam(ctx context.Context, actor access.Actor, q workspace.QueueID, shown, wanted routing.Team) error
	SetCapacity(ctx context.Context, actor access.Actor, m access.MemberID, capacity *int) error
	Rules(ctx context.Context, actor access.Actor) ([]routing.Rule, error)
	AddRule(ctx context.Context, actor access.Actor, r routing.Rule) error
	MoveRule(ctx context.Context, actor access.Actor, id routing.RuleID, up bool) error
	RemoveRule(ctx context.Context, actor access.Actor, id routing.RuleID) error
	Attendance(ctx context.Context, actor access.Actor) (map[access.MemberID]routing.Attendance, error)
}

// SetTeam is POST /w/{ws}/admin/queues/{id}/team: fields members, deals_out, and as they were shown: was_members, was_deals_out.
func (p *Pages) SetTeam(w http.ResponseWriter, r *http.Request) error {
	form, err := kit.ReadForm(w, r, kit.FormLimit)
	if err != nil {
		return err
	}
	id, err := pathID(r)
	if err != nil {
		return err
	}
	err = p.routing.SetTeam(r.Context(), shell.From(r).Actor, workspace.QueueID(id), typedTeam(form, "was_"), typedTeam(form, ""))
	if err := form.Absorb(err); err != nil {
		return err
	}
	if form.Valid() {
		return p.back(w, r, "/queues/"+strconv.FormatInt(id, 10), "The queue's team was saved.")
	}
	view, err := p.queueView(r, form)
	if err != nil {
		return err
	}
	view.name, view.team = view.queue.Name, typedTeam(form, "")
	return kit.Render(w, r, status(form), queuePage(view))
}

func typedTeam(form *kit.Form, prefix string) routing.Team {
	t := routing.Team{DealsOut: form.Text(prefix+"deals_out") != ""}
	for _, value := range form.List(prefix + "members") {
		if id, err := strconv.ParseInt(value, 10, 64); err == nil {
			t.Members = append(t.Members, access.MemberID(id))
		}
	}
	return t
}

// SetCapacity is POST /w/{ws}/admin/members/{id}/capacity: field capacity, empty for no limit.
func (p *Pages) SetCapacity(w http.ResponseWriter, r *http.Request) error {
	form, err := kit.ReadForm(w, r, kit.FormLimit)
	if err != nil {
		return err
	}
	id, err := pathID(r)
	if err != nil {
		return err
	}
	var limit *int
	if typed := form.Text("capacity"); typed != "" {
		n, err := strconv.Atoi(typed)
		if err != nil {
			n = 0 // which is no limit that there can be
		}
		limit = &n
	}
	err = p.routing.SetCapacity(r.Context(), shell.From(r).Actor, access.MemberID(id), limit)
	if err := form.Absorb(err); err != nil {
		return err
	}
	if form.Valid() {
		return p.back(w, r, "/members/"+strconv.FormatInt(id, 10), "The limit of open cases was saved.")
	}
	view, err := p.memberView(r, form)
	if err != nil {
		return err
	}
	view.role, view.capacity = string(view.member.Role), form.Text("capacity")
	return kit.Render(w, r, status(form), memberPage(view))
}

// working are the members that a queue's team can have.
func working(list []member.Member) []member.Member {
	return slices.DeleteFunc(slices.Clone(list), func(m member.Member) bool { return !m.Active() || m.Role == access.Viewer })
}

// shownTeam repeats the team as the page shows it, for SetTeam.
func (v queueView) shownTeam() (list []ui.HiddenField) {
	for _, m := range v.shown.Members {
		list = append(list, ui.HiddenField{Name: "was_members", Value: idText(m)})
	}
	if v.shown.DealsOut {
		list = append(list, ui.HiddenField{Name: "was_deals_out", Value: "1"})
	}
	return list
}

// inTeam is the box of a member in the form of a queue's team.
func (v queueView) inTeam(m member.Member) ui.CheckboxProps {
	id := idText(m.ID)
	return ui.CheckboxProps{FieldProps: ui.FieldProps{ID: "team-" + id, Name: "members", Value: id, Label: m.Name}, Checked: slices.Contains(v.team.Members, m.ID)}
}

// stateLabels and stateTones are the words and colours of being there.
var stateLabels = map[routing.State]string{routing.Online: "Online", routing.Away: "Away", routing.Offline: "Offline"}

var stateTones = map[routing.State]ui.Tone{routing.Online: ui.Success, routing.Away: ui.Warning, routing.Offline: ui.Neutral}

// load says how many open cases somebody has, of how many.
func load(a routing.Attendance) string {
	open := strconv.Itoa(a.Open)
	if a.Open >= cases.MaxCapacity {
		open += "+"
	}
	if a.Capacity == nil {
		return open + " open"
	}
	return open + " of " + strconv.Itoa(*a.Capacity) + " open"
}
