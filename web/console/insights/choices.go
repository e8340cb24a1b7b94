package insights

import (
	"context"
	"slices"
	"strconv"

	"caseward/internal/desk/access"
	"caseward/internal/desk/insights"
	"caseward/internal/desk/member"
	"caseward/internal/desk/workspace"
	"caseward/web/console/shell"
	"caseward/web/ui"
)

// mostTags is how many tags the form offers. Where there are more, the page of tags leads to each.
const mostTags = 300

// choices are what the numbers can be narrowed to.
type choices struct {
	me      access.Actor
	queues  []workspace.Queue
	tags    []workspace.Tag
	members []member.Member
}

// load asks for the choices in the snapshot of the page.
func (p *Pages) load(ctx context.Context, v *shell.Visit) (c choices, err error) {
	c.me = v.Actor
	if c.queues, err = p.labels.Queues(ctx, v.Actor); err != nil {
		return c, err
	}
	if c.tags, err = p.labels.Tags(ctx, v.Actor); err != nil {
		return c, err
	}
	c.members, err = p.members.List(ctx, v.Actor)
	return c, err
}

func (c choices) hasQueue(id int64) bool {
	return slices.ContainsFunc(c.queues, func(q workspace.Queue) bool { return int64(q.ID) == id })
}

func (c choices) hasTag(id int64) bool {
	return slices.ContainsFunc(c.tags, func(t workspace.Tag) bool { return int64(t.ID) == id })
}

// hasAgent knows every member: whose numbers one may see is the service's to say.
func (c choices) hasAgent(id int64) bool {
	return slices.ContainsFunc(c.members, func(m member.Member) bool { return int64(m.ID) == id })
}

func (c choices) queueOptions() []ui.Option {
	list := []ui.Option{{Value: "", Label: "All queues"}}
	for _, q := range c.queues {
		label := q.Name
		if q.ArchivedAt != nil {
			label += " (archived)"
		}
		list = append(list, ui.Option{Value: idText(int64(q.ID)), Label: label})
	}
	return list
}

func (c choices) tagOptions(chosen int64) []ui.Option {
	list := []ui.Option{{Value: "", Label: "All cases"}}
	for i, t := range c.tags {
		if i < mostTags || int64(t.ID) == chosen {
			list = append(list, ui.Option{Value: idText(int64(t.ID)), Label: t.Name})
		}
	}
	return list
}

// agentOptions offers colleagues to those who may compare them, and to everybody else themselves.
func (c choices) agentOptions() []ui.Option {
	list := []ui.Option{{Value: "", Label: "Everybody"}}
	if !c.me.Can(access.WorkCases) {
		return list
	}
	if !c.me.Can(access.CompareAgents) {
		return append(list, ui.Option{Value: idText(int64(c.me.Member)), Label: "You"})
	}
	for _, m := range c.members {
		label := m.Name
		if !m.Active() {
			label += " (deactivated)"
		}
		list = append(list, ui.Option{Value: idText(int64(m.ID)), Label: label})
	}
	return append(list, ui.Option{Value: nobody, Label: "Nobody assigned"})
}

func deletedOptions() []ui.Option {
	return []ui.Option{
		{Value: string(insights.Exclude), Label: "Leave out"}, {Value: string(insights.Include), Label: "Count"}, {Value: string(insights.Only), Label: "Only these"},
	}
}

func autoOptions() []ui.Option {
	return []ui.Option{{Value: "together", Label: "Together"}, {Value: "apart", Label: "Apart"}}
}

func idText(id int64) string { return strconv.FormatInt(id, 10) }
