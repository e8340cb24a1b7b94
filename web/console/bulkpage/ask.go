package bulkpage

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"caseward/internal/desk/access"
	"caseward/internal/desk/bulk"
	"caseward/internal/desk/cases"
	"caseward/internal/desk/member"
	"caseward/internal/desk/workspace"
	"caseward/web/console/badges"
	"caseward/web/console/shell"
	"caseward/web/kit"
	"caseward/web/ui"
)

// askView is the question what to do with the chosen cases.
type askView struct {
	selection
	do      cases.ManyKind
	kinds   []cases.ManyKind // that the person may choose
	count   int              // at most cases.CountCap+1
	held    bulk.Held        // of those that are to be deleted, or deleted forever, which a legal hold keeps
	purgeAt *time.Time
	members []member.Member
	queues  []workspace.Queue
	visit   *shell.Visit
	form    *kit.Form
}

// Ask is GET /w/{ws}/bulk/new: the cases as case=1&case=2 or all=1 with filter and q, and do.
func (p *Pages) Ask(w http.ResponseWriter, r *http.Request) error {
	return p.ask(w, r, http.StatusOK, kit.NewForm(r.URL.Query()))
}

// Start is POST /w/{ws}/bulk.
func (p *Pages) Start(w http.ResponseWriter, r *http.Request) error {
	form, err := kit.ReadForm(w, r, kit.FormLimit)
	if err != nil {
		return err
	}
	chosen, err := selectionOf(form)
	if err != nil {
		return err
	}
	v := shell.From(r)
	if confirmsErasure(form, chosen); !form.Valid() {
		return p.ask(w, r, http.StatusUnprocessableEntity, form)
	}
	id, err := p.bulk.Start(r.Context(), v.Actor, chosen.input(changeOf(form)))
	if err := form.Absorb(err); err != nil {
		return err
	}
	if !form.Valid() {
		return p.ask(w, r, http.StatusUnprocessableEntity, form)
	}
	return kit.SeeOther(w, r, path(v, id, "?"+url.Values{"next": {chosen.next}}.Encode()))
}

func (p *Pages) ask(w http.ResponseWriter, r *http.Request, status int, form *kit.Form) error {
	v := shell.From(r)
	if err := v.Actor.Require(access.WorkCases); err != nil {
		return err
	}
	chosen, err := selectionOf(form)
	if err != nil {
		return err
	}
	view := askView{selection: chosen, do: kindOf(form), visit: v, form: form, purgeAt: cases.PurgeDate(v.Now, v.Workspace.RetentionDays)}
	if err := v.Actor.Require((cases.Many{Do: view.do}).Permission()); err != nil {
		return err
	}
	view.kinds = slices.DeleteFunc(kinds(), func(k cases.ManyKind) bool { return !chosen.suits(k) || !v.Actor.Can((cases.Many{Do: k}).Permission()) })
	if view.count, err = p.count(r, chosen); err != nil {
		return err
	}
	if view.do == cases.EraseMany || view.do == cases.DeleteMany {
		if view.held, err = p.bulk.Held(r.Context(), v.Actor, chosen.input(changeOf(form))); err != nil {
			return err
		}
	}
	if view.members, err = p.members.List(r.Context(), v.Actor); err != nil {
		return err
	}
	if view.queues, err = p.queues.Queues(r.Context(), v.Actor); err != nil {
		return err
	}
	frame, err := p.Console(r, shell.Page{Title: "Bulk Update"})
	if err != nil {
		return err
	}
	return kit.Render(w, r, status, askPage(frame, view))
}

func (p *Pages) count(r *http.Request, s selection) (int, error) {
	if !s.all {
		return len(s.numbers), nil
	}
	return p.bulk.Matches(r.Context(), shell.From(r).Actor, s.list)
}

// suits reports whether a kind can do anything for cases of the list: a search may find all sorts.
func (s selection) suits(k cases.ManyKind) bool {
	inSpam, isDeleted := s.list.Filter == cases.SpamView, s.list.Filter == cases.DeletedView
	switch {
	case k == cases.EraseMany:
		return inSpam && s.list.Query == ""
	case s.list.Query != "" || s.list.Filter == "":
		return true
	case isDeleted:
		return k == cases.RestoreMany
	case k == cases.NotSpamMany:
		return inSpam
	case k == cases.SpamMany:
		return !inSpam
	}
	return k != cases.RestoreMany
}

// kinds are in the order in which they are offered.
func kinds() []cases.ManyKind {
	return []cases.ManyKind{cases.UpdateMany, cases.SpamMany, cases.NotSpamMany, cases.DeleteMany, cases.RestoreMany, cases.EraseMany}
}

var kindLabels = map[cases.ManyKind]string{
	cases.UpdateMany: "Change", cases.SpamMany: "Mark as spam", cases.NotSpamMany: "Not spam", cases.DeleteMany: "Delete", cases.RestoreMany: "Restore",
	cases.EraseMany: "Delete Forever",
}

func kindOf(f *kit.Form) cases.ManyKind {
	kind := cases.ManyKind(f.Text("do"))
	if !slices.Contains(kinds(), kind) {
		return cases.UpdateMany
	}
	return kind
}

// keep is the choice of a select that leaves the property as it is.
const keep = ""

// changeOf reads what to do; what makes no sense the service refuses.
func changeOf(f *kit.Form) cases.Many {
	m := cases.Many{Do: kindOf(f), Reason: cases.DeleteReason(f.Text("reason")), ReasonText: f.Text("reason_text"),
		Senders: f.Checked("senders"), AddTags: tags(f.Text("add_tags")), RemoveTags: tags(f.Text("remove_tags"))}
	if text := f.Text("status"); text != keep {
		status := cases.Status(text)
		m.Status = &status
	}
	if n, err := strconv.ParseInt(f.Text("priority"), 10, 16); err == nil {
		priority := cases.Priority(n)
		m.Priority = &priority
	}
	if n, err := strconv.ParseInt(f.Text("queue"), 10, 64); err == nil {
		m.Queue = &n
	}
	if micro, err := strconv.ParseInt(f.Text("until"), 10, 64); err == nil {
		until := time.UnixMicro(micro).UTC()
		m.Until = &until
	}
	if n, err := strconv.ParseInt(f.Text("assignee"), 10, 64); err == nil {
		assignee := access.MemberID(n)
		m.Assignee = &assignee
	}
	return m
}

func tags(text string) []string {
	if text == "" {
		return nil
	}
	return strings.Split(text, ",")
}

// back is the list the cases were chosen in.
func (v askView) back() string { return kit.LocalPath(v.next, v.visit.Path("/inbox")) }

func (v askView) tabs() []ui.Tab {
	list := make([]ui.Tab, len(v.kinds))
	for i, k := range v.kinds {
		values := v.values()
		values.Set("do", string(k))
		list[i] = ui.Tab{Label: kindLabels[k], Href: v.visit.Path("/bulk/new?" + values.Encode()), Current: k == v.do}
	}
	return list
}

func (v askView) hidden() []ui.HiddenField {
	fields := []ui.HiddenField{{Name: "do", Value: string(v.do)}}
	values := v.going().values()
	for _, name := range []string{"all", "filter", "q", "case", "next"} {
		for _, value := range values[name] {
			fields = append(fields, ui.HiddenField{Name: name, Value: value})
		}
	}
	return fields
}

// howMany names the cases in a sentence.
func (v askView) howMany() string { return manyText(v.count) }

func manyText(n int) string {
	if n > cases.CountCap {
		return "more than 1,000 cases"
	}
	return ui.Count(n, "case")
}

// which says what is meant by all.
func (v askView) which() string {
	switch {
	case !v.all:
		return ""
	case v.list.Query != "":
		return "All that match the search “" + v.list.Query + "”, on every page of it."
	}
	return "All in the list “" + v.list.Filter.Label() + "”, on every page of it."
}

func (v askView) submitLabel() string {
	switch v.do {
	case cases.UpdateMany:
		return "Update " + v.howMany()
	case cases.EraseMany:
		return v.eraseLabel()
	case cases.NotSpamMany:
		return "Mark " + v.howMany() + " as not spam"
	}
	return kindLabels[v.do] + " " + v.howMany()
}

func kept(options []ui.Option) []ui.Option {
	return append([]ui.Option{{Value: keep, Label: "No change"}}, options...)
}

func statusOptions() []ui.Option {
	var options []ui.Option
	for _, s := range cases.Statuses() {
		options = append(options, ui.Option{Value: string(s), Label: badges.StatusLabel(s)})
	}
	return kept(options)
}

func priorityOptions() []ui.Option {
	var options []ui.Option
	for _, p := range cases.Priorities() {
		options = append(options, ui.Option{Value: strconv.Itoa(int(p)), Label: badges.PriorityLabel(p)})
	}
	return kept(options)
}

func (v askView) assigneeOptions() []ui.Option {
	options := []ui.Option{{Value: "0", Label: "Nobody"}}
	for _, m := range v.members {
		if m.Active() && m.Role != access.Viewer {
			options = append(options, ui.Option{Value: strconv.FormatInt(int64(m.ID), 10), Label: m.Name})
		}
	}
	return kept(options)
}

func (v askView) queueOptions() []ui.Option {
	var options []ui.Option
	for _, q := range v.queues {
		if q.ArchivedAt == nil {
			options = append(options, ui.Option{Value: strconv.FormatInt(int64(q.ID), 10), Label: q.Name})
		}
	}
	return kept(options)
}

func optional(p ui.FieldProps) ui.FieldProps {
	p.Optional = true
	return p
}

func tagsField(f *kit.Form, name, label string) ui.FieldProps {
	p := f.Field(name, label)
	if p.Error == "" {
		p.Error = f.Error("tags")
	}
	p.Hint = "Separate with commas."
	return p
}
