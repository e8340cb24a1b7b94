package casepage

import (
	"context"
	"net/url"
	"slices"
	"strings"

	"caseward/internal/desk/access"
	"caseward/internal/desk/cases"
	"caseward/internal/desk/drafts"
	"caseward/internal/desk/macro"
	"caseward/web/kit"
	"caseward/web/ui"
)

// Macros is what the page needs of macros.
type Macros interface {
	List(ctx context.Context, actor access.Actor) ([]macro.Macro, error)
}

// The fields of a reply that say what a macro does besides the status; alsoField says that it is to be done.
const (
	alsoField     = "also"
	thenAssignee  = "then_assignee"
	thenPriority  = "then_priority"
	thenQueue     = "then_queue"
	thenTags      = "then_tags"
	thenTagsField = "add_tags" // of /update
)

// thenFields are the fields of a reply, each with that of /update that does the same.
func thenFields() [][2]string {
	return [][2]string{{thenAssignee, "assignee"}, {thenPriority, "priority"}, {thenQueue, "queue"}, {thenTags, thenTagsField}}
}

// useMacro ends the reply with the macro that the address names: behind the draft, where there is one. A reply that came
// back keeps what was typed.
func (v *view) useMacro(name string) {
	at := slices.IndexFunc(v.macros, func(m macro.Macro) bool { return text(m.ID) == name })
	if at < 0 || v.forms.reply != nil || !v.canReply {
		return
	}
	m := v.macros[at]
	v.macroText = macro.Fill(m.Body, macro.Values{Contact: v.ContactName, Agent: v.visit.User.Name, Number: v.Number, Subject: v.Subject})
	values := url.Values{"status": {string(m.SetStatus)}, alsoField: {"1"}, "body": {v.macroText}}
	if d := v.draft(drafts.Reply); d != nil {
		values.Set("body", strings.TrimSpace(d.Body)+"\n\n"+v.macroText)
		values.Set("draft_version", text(d.Version))
	}
	switch m.Assign {
	case macro.ToMe:
		values.Set(thenAssignee, text(v.visit.Actor.Member))
	case macro.ToNobody:
		values.Set(thenAssignee, "0")
	case macro.ToMember:
		values.Set(thenAssignee, text(*m.AssigneeID))
	case macro.Leave:
	}
	if m.Priority != nil {
		values.Set(thenPriority, text(int64(*m.Priority)))
	}
	if m.QueueID != nil {
		values.Set(thenQueue, text(*m.QueueID))
	}
	if len(m.AddTags) > 0 {
		values.Set(thenTags, strings.Join(m.AddTags, ", "))
	}
	v.forms.reply, v.macro = kit.NewForm(values), &m
}

// macroHref is the page with a macro in its reply.
func (v view) macroHref(m macro.Macro) string {
	return v.path + "?" + v.query("macro", text(m.ID)) + "#composer"
}

// thenOf reads what is done with a reply besides the status.
func thenOf(f *kit.Form) cases.UpdateInput {
	var in cases.UpdateInput
	if !f.Checked(alsoField) {
		return in
	}
	if n, ok := changedID(f, thenAssignee); ok {
		assignee := access.MemberID(n)
		in.Assignee = &assignee
	}
	if n, ok := changedID(f, thenPriority); ok {
		priority := cases.Priority(min(max(n, 0), 99)) // the service knows which there are
		in.Priority = &priority
	}
	if n, ok := changedID(f, thenQueue); ok {
		in.Queue = &n
	}
	if f.Has(thenTags) {
		tags := strings.Split(f.Text(thenTags), ",")
		in.AddTags = &tags
	}
	return in
}

// thenHidden are the fields of what is done with a reply besides the status, for a form that does not show them.
func thenHidden(f *kit.Form) []ui.HiddenField {
	var list []ui.HiddenField
	for _, names := range append(thenFields(), [2]string{alsoField}) {
		if f.Has(names[0]) {
			list = append(list, ui.HiddenField{Name: names[0], Value: f.Text(names[0])})
		}
	}
	return list
}

// thenWords say what is done with a reply besides the status; "" is nothing.
func (v view) thenWords(f *kit.Form) string {
	var parts []string
	if f.Has(thenAssignee) {
		parts = append(parts, "assign to "+named(v.assigneeOptions(), f.Text(thenAssignee)))
	}
	if f.Has(thenPriority) {
		parts = append(parts, "priority "+named(priorityOptions(), f.Text(thenPriority)))
	}
	if f.Has(thenQueue) {
		parts = append(parts, "queue "+named(v.queueOptions(), f.Text(thenQueue)))
	}
	if f.Has(thenTags) {
		parts = append(parts, "add the tags "+f.Text(thenTags))
	}
	if len(parts) == 0 {
		return ""
	}
	return "Also: " + strings.Join(parts, ", ")
}

func named(options []ui.Option, value string) string {
	for _, o := range options {
		if o.Value == value {
			return o.Label
		}
	}
	return "what is there no more"
}

// thenErrors are what was wrong with what was to be done.
func thenErrors(f *kit.Form) (list []string) {
	for _, names := range thenFields() {
		for _, name := range []string{names[0], names[1]} {
			if problem := f.Error(name); problem != "" {
				list = append(list, problem)
			}
		}
	}
	if problem := f.Error("tags"); problem != "" {
		list = append(list, problem)
	}
	return list
}

// applyFields are those of /update that do what the macro does, without sending its text.
func (v view) applyFields() []ui.HiddenField {
	fields := v.hidden()
	if v.macro.SetStatus != "" {
		fields = append(fields, ui.HiddenField{Name: "status", Value: string(v.macro.SetStatus)})
	}
	for _, names := range thenFields() {
		if v.forms.reply.Has(names[0]) {
			fields = append(fields, ui.HiddenField{Name: names[1], Value: v.forms.reply.Text(names[0])})
		}
	}
	return fields
}
