package macropage

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"caseward/internal/desk/access"
	"caseward/internal/desk/cases"
	"caseward/internal/desk/macro"
	"caseward/internal/desk/member"
	"caseward/internal/desk/workspace"
	"caseward/internal/platform/errs"
	"caseward/web/console/badges"
	"caseward/web/console/shell"
	"caseward/web/kit"
	"caseward/web/ui"
)

// editView is the form of a new macro or of one that is there.
type editView struct {
	console ui.ConsoleProps
	visit   *shell.Visit
	title   string
	macro   *macro.Macro // nil: a new one
	form    *kit.Form
	members []member.Member
	queues  []workspace.Queue
}

func (v editView) action() string {
	if v.macro == nil {
		return v.visit.Path("/macros")
	}
	return v.visit.Path("/macros/" + text(v.macro.ID))
}

func (v editView) mayShare() bool { return v.visit.Actor.Can(access.ManageSettings) }

func (v editView) version() string { return strconv.Itoa(v.macro.Version) }

// stale reports whether the macro was changed since the form was opened.
func (v editView) stale() bool {
	return v.macro != nil && v.form.Has("version") && v.form.Text("version") != strconv.Itoa(v.macro.Version)
}

func leave(options ...ui.Option) []ui.Option {
	return append([]ui.Option{{Value: "", Label: "Leave as it is"}}, options...)
}

func statusOptions() []ui.Option {
	options := leave()
	for _, s := range cases.Statuses() {
		options = append(options, ui.Option{Value: string(s), Label: badges.StatusLabel(s)})
	}
	return options
}

func priorityOptions() []ui.Option {
	options := leave()
	for _, p := range cases.Priorities() {
		options = append(options, ui.Option{Value: text(int64(p)), Label: badges.PriorityLabel(p)})
	}
	return options
}

func (v editView) assigneeOptions() []ui.Option {
	options := leave(ui.Option{Value: string(macro.ToMe), Label: "Whoever uses the macro"}, ui.Option{Value: string(macro.ToNobody), Label: "Nobody"})
	for _, m := range v.members {
		if m.Active() && m.Role != access.Viewer {
			options = append(options, ui.Option{Value: text(m.ID), Label: m.Name})
		}
	}
	return options
}

func (v editView) queueOptions() []ui.Option {
	options := leave()
	for _, q := range v.queues {
		if q.ArchivedAt == nil {
			options = append(options, ui.Option{Value: text(q.ID), Label: q.Name})
		}
	}
	return options
}

// New is GET /w/{ws}/macros/new.
func (p *Pages) New(w http.ResponseWriter, r *http.Request) error {
	return p.edit(w, r, http.StatusOK, nil, kit.NewForm(nil))
}

// Create is POST /w/{ws}/macros: name, body, status, assignee (me, nobody or an id), priority, queue, tags, shared.
func (p *Pages) Create(w http.ResponseWriter, r *http.Request) error {
	form, err := kit.ReadForm(w, r, kit.FormLimit)
	if err != nil {
		return err
	}
	v := shell.From(r)
	if in := input(form); form.Valid() {
		_, err = p.macros.Create(r.Context(), v.Actor, in)
	}
	if err == nil && form.Valid() {
		p.Flash(r, ui.NoticeProps{Tone: ui.Success, Text: "The macro was saved.", Detail: "It is offered beside the reply to a case."})
		return kit.SeeOther(w, r, v.Path("/macros"))
	}
	return p.again(w, r, nil, form, err)
}

func input(form *kit.Form) macro.Input {
	in := macro.Input{Shared: form.Checked("shared")}
	in.Name, in.Body, in.SetStatus = form.Text("name"), form.Text("body"), cases.Status(form.Text("status"))
	switch a := form.Text("assignee"); a {
	case "", string(macro.ToMe), string(macro.ToNobody):
		in.Assign = macro.Assign(a)
	default:
		in.Assign = macro.ToMember
		if n, ok := number(form, "assignee"); ok {
			m := access.MemberID(n)
			in.AssigneeID = &m
		}
	}
	if n, ok := number(form, "priority"); ok {
		priority := cases.Priority(min(max(n, 0), 99)) // the service knows which there are
		in.Priority = &priority
	}
	if n, ok := number(form, "queue"); ok {
		in.QueueID = &n
	}
	in.AddTags = strings.Split(form.Text("tags"), ",")
	return in
}

// number reads a choice that is a number; none is no choice, and anything else an error of the form.
func number(form *kit.Form, name string) (int64, bool) {
	if form.Text(name) == "" {
		return 0, false
	}
	n, err := strconv.ParseInt(form.Text(name), 10, 64)
	if err != nil {
		form.Fail(name, "Choose one of the list.")
	}
	return n, err == nil
}

// values are those of a macro as the form has them.
func values(m macro.Macro) url.Values {
	form := url.Values{"name": {m.Name}, "body": {m.Body}, "status": {string(m.SetStatus)}, "assignee": {string(m.Assign)},
		"tags": {strings.Join(m.AddTags, ", ")}}
	if m.AssigneeID != nil {
		form.Set("assignee", text(*m.AssigneeID))
	}
	if m.Priority != nil {
		form.Set("priority", text(int64(*m.Priority)))
	}
	if m.QueueID != nil {
		form.Set("queue", text(*m.QueueID))
	}
	if m.Shared() {
		form.Set("shared", "1")
	}
	return form
}

// Edit is GET /w/{ws}/macros/{id}.
func (p *Pages) Edit(w http.ResponseWriter, r *http.Request) error {
	m, err := p.changeable(r)
	if err != nil {
		return err
	}
	return p.edit(w, r, http.StatusOK, &m, kit.NewForm(values(m)))
}

// changeable is the macro of the address, for a page that changes it.
func (p *Pages) changeable(r *http.Request) (macro.Macro, error) {
	id, err := pathID(r)
	if err != nil {
		return macro.Macro{}, err
	}
	v := shell.From(r)
	m, err := p.macros.Get(r.Context(), v.Actor, id)
	if err == nil && !mayChange(v, m) {
		err = v.Actor.Require(access.ManageSettings)
	}
	return m, err
}

// Update is POST /w/{ws}/macros/{id}: the fields of Create, and the version that was changed.
func (p *Pages) Update(w http.ResponseWriter, r *http.Request) error {
	id, err := pathID(r)
	if err != nil {
		return err
	}
	form, err := kit.ReadForm(w, r, kit.FormLimit)
	if err != nil {
		return err
	}
	v := shell.From(r)
	version, _ := strconv.Atoi(form.Text("version")) // nonsense is no version that is there
	if in := input(form); form.Valid() {
		err = p.macros.Update(r.Context(), v.Actor, id, version, in)
	}
	if err == nil && form.Valid() {
		p.Flash(r, ui.NoticeProps{Tone: ui.Success, Text: "The macro was changed."})
		return kit.SeeOther(w, r, v.Path("/macros"))
	}
	if err != nil && !errs.Is(err, errs.Invalid) && !errs.Is(err, errs.Conflict) {
		return err
	}
	m, failed := p.macros.Get(r.Context(), v.Actor, id)
	if failed != nil {
		return failed
	}
	return p.again(w, r, &m, form, err)
}

// again shows the form with what was typed and what is wrong with it.
func (p *Pages) again(w http.ResponseWriter, r *http.Request, m *macro.Macro, form *kit.Form, err error) error {
	status := http.StatusUnprocessableEntity
	if errs.Is(err, errs.Conflict) {
		status = kit.Status(errs.Conflict)
		form.Fail("", errs.SafeText(err))
		err = nil
	}
	if err := form.Absorb(err); err != nil {
		return err
	}
	return p.edit(w, r, status, m, form)
}

func (p *Pages) edit(w http.ResponseWriter, r *http.Request, status int, m *macro.Macro, form *kit.Form) error {
	view := editView{visit: shell.From(r), title: "New macro", macro: m, form: form}
	if m != nil {
		view.title = "Change the macro"
	}
	err := view.visit.Actor.Require(access.WorkCases)
	if err != nil {
		return err
	}
	if view.members, err = p.members.List(r.Context(), view.visit.Actor); err != nil {
		return err
	}
	if view.queues, err = p.queues.Queues(r.Context(), view.visit.Actor); err != nil {
		return err
	}
	if view.console, err = p.Console(r, shell.Page{Title: view.title}); err != nil {
		return err
	}
	return kit.Render(w, r, status, editPage(view))
}
