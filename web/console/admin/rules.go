package admin

import (
	"net/http"
	"slices"
	"strconv"

	"caseward/internal/desk/access"
	"caseward/internal/desk/cases"
	"caseward/internal/desk/routing"
	"caseward/internal/desk/workspace"
	"caseward/web/console/shell"
	"caseward/web/kit"
	"caseward/web/ui"
)

type rulesView struct {
	page
	rules  []routing.Rule
	queues []workspace.Queue
}

// Rules is GET /w/{ws}/admin/routing. Needs ManageWorkspace.
func (p *Pages) Rules(w http.ResponseWriter, r *http.Request) error { return p.showRules(w, r, nil) }

func (p *Pages) showRules(w http.ResponseWriter, r *http.Request, form *kit.Form) error {
	actor := shell.From(r).Actor
	if err := actor.Require(access.ManageWorkspace); err != nil {
		return err
	}
	rules, err := p.routing.Rules(r.Context(), actor)
	if err != nil {
		return err
	}
	queues, err := p.workspaces.Queues(r.Context(), actor)
	if err != nil {
		return err
	}
	page, err := p.page(r, "Routing", "Rules bring cases to queues. The first that fits counts; a queue that somebody chooses counts more.", form)
	if err != nil {
		return err
	}
	return kit.Render(w, r, status(form), rulesPage(rulesView{page, rules, queues}))
}

// AddRule is POST /w/{ws}/admin/routing: fields field, value, queue.
func (p *Pages) AddRule(w http.ResponseWriter, r *http.Request) error {
	form, err := kit.ReadForm(w, r, kit.FormLimit)
	if err != nil {
		return err
	}
	queue, _ := strconv.ParseInt(form.Text("queue"), 10, 64) // nonsense is no queue
	err = p.routing.AddRule(r.Context(), shell.From(r).Actor, routing.Rule{Field: cases.RuleField(form.Text("field")), Value: form.Text("value"), QueueID: queue})
	if err := form.Absorb(err); err != nil {
		return err
	}
	if !form.Valid() {
		return p.showRules(w, r, form)
	}
	return p.back(w, r, "/routing", "The rule was added. It counts from now on; cases that are there stay where they are.")
}

// MoveRule is POST /w/{ws}/admin/routing/{id}/move: field up, empty for down.
func (p *Pages) MoveRule(w http.ResponseWriter, r *http.Request) error {
	form, err := kit.ReadForm(w, r, kit.FormLimit)
	if err != nil {
		return err
	}
	id, err := pathID(r)
	if err != nil {
		return err
	}
	if err := p.routing.MoveRule(r.Context(), shell.From(r).Actor, routing.RuleID(id), form.Text("up") != ""); err != nil {
		return err
	}
	return p.back(w, r, "/routing", "The order was changed.")
}

// RemoveRule is POST /w/{ws}/admin/routing/{id}/remove.
func (p *Pages) RemoveRule(w http.ResponseWriter, r *http.Request) error {
	id, err := pathID(r)
	if err != nil {
		return err
	}
	if err := p.routing.RemoveRule(r.Context(), shell.From(r).Actor, routing.RuleID(id)); err != nil {
		return err
	}
	return p.back(w, r, "/routing", "The rule was removed. Cases stay where they are.")
}

// ruleWords say what a rule looks at.
var ruleWords = map[cases.RuleField]string{
	cases.BySender: "A new case comes from", cases.BySubject: "The subject of a new case contains the words", cases.ByTag: "A case is given the tag",
}

func ruleOptions() (list []ui.Option) {
	for _, f := range cases.RuleFields() {
		list = append(list, ui.Option{Value: string(f), Label: ruleWords[f]})
	}
	return list
}

// targets are the queues that a rule can lead to.
func (v rulesView) targets() (list []ui.Option) {
	for _, q := range v.queues {
		if q.ArchivedAt == nil {
			list = append(list, ui.Option{Value: idText(q.ID), Label: q.Name})
		}
	}
	return list
}

func (v rulesView) queue(r routing.Rule) string {
	at := slices.IndexFunc(v.queues, func(q workspace.Queue) bool { return int64(q.ID) == r.QueueID })
	if at < 0 {
		return ""
	}
	if v.queues[at].ArchivedAt != nil {
		return v.queues[at].Name + " (archived: the rule rests)"
	}
	return v.queues[at].Name
}
