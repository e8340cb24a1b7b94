package demo

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"caseward/internal/desk/access"
	"caseward/internal/desk/cases"
	"caseward/internal/desk/field"
	"caseward/internal/desk/followup"
	"caseward/internal/desk/message"
	"caseward/internal/desk/rating"
	"caseward/internal/desk/retention"
)

// play has one event happen, through the service that it would go through on a working day.
func (l *loader) play(ctx context.Context, e event) error {
	switch e.who {
	case "customer":
		if e.what == "rate" {
			return l.rate(ctx, e)
		}
		return l.receive(ctx, e)
	case "job":
		return l.runJob(ctx, e)
	}
	if e.index == 0 {
		return l.open(ctx, e)
	}
	n, err := l.numberOf(ctx, e)
	if err != nil {
		return err
	}
	if e.who == "staff" {
		return l.decide(ctx, e, n)
	}
	actor, known := l.actors[e.world.slug][e.who]
	if !known {
		return fmt.Errorf("nobody is called %q", e.who)
	}
	return l.act(ctx, actor, e, n)
}

// numberOf is the number of the event's case, which its first event has made.
func (l *loader) numberOf(ctx context.Context, e event) (cases.Number, error) {
	return l.number(ctx, l.workspaces[e.world.slug].Workspace, e.events[0].at)
}

func (l *loader) act(ctx context.Context, actor access.Actor, e event, n cases.Number) (err error) {
	if e.what == "reply" || e.what == "note" || e.what == "set" {
		if err := l.look(ctx, actor, n); err != nil {
			return err
		}
	}
	switch e.what {
	case "reply":
		in := message.ReplyInput{Number: n, Body: e.body}
		if s, given := e.option("status"); given {
			in.Status = (*cases.Status)(&s)
		}
		_, err = l.messages.Reply(ctx, actor, in)
	case "note":
		_, err = l.messages.Note(ctx, actor, message.NoteInput{Number: n, Body: e.body})
	case "set":
		err = l.set(ctx, actor, e, n)
	case "fields":
		err = l.fill(ctx, actor, e, n)
	case "delete":
		reason := ""
		if len(e.options) > 0 {
			reason = strings.TrimSpace(e.options[0].key + " " + e.options[0].value)
		}
		_, err = l.cases.Delete(ctx, actor, cases.DeleteInput{Number: n, Reason: cases.DeleteReason(reason), ReasonText: e.body})
	case "followup":
		_, err = l.followUps.Add(ctx, actor, n, followup.Input{Note: e.body, DueAt: l.base.Add(e.ahead("due")), Assignee: actor.Member})
	case "snooze":
		_, err = l.cases.Snooze(ctx, actor, n, l.base.Add(e.ahead("until")))
	case "restore":
		_, err = l.cases.Restore(ctx, actor, cases.RestoreInput{Number: n})
	case "spam":
		_, err = l.cases.Spam(ctx, actor, cases.SpamInput{Number: n})
	case "not-spam":
		_, err = l.cases.TakeFromSpam(ctx, actor, cases.NotSpamInput{Number: n, Lift: true})
	case "request-erasure":
		_, err = l.retention.Request(ctx, actor, n)
	case "withdraw":
		_, err = l.retention.Withdraw(ctx, actor, retention.WithdrawInput{Number: n})
	default:
		err = fmt.Errorf("nobody can %q", e.what)
	}
	return err
}

// look opens a case, as everybody does before they work on it: it is read then.
func (l *loader) look(ctx context.Context, actor access.Actor, n cases.Number) error {
	c, err := l.cases.Get(ctx, actor, n)
	if err != nil {
		return err
	}
	return l.cases.MarkRead(ctx, actor, c)
}

// open is a case that a member makes for a customer.
func (l *loader) open(ctx context.Context, e event) error {
	name, email := splitAddress(e.from)
	_, send := e.option("send")
	_, err := l.messages.Open(ctx, l.actors[e.world.slug][e.who], message.OpenInput{
		ContactName: name, ContactEmail: email, Subject: e.subject, Body: e.body, Send: send,
	})
	return err
}

func (l *loader) set(ctx context.Context, actor access.Actor, e event, n cases.Number) error {
	var in cases.UpdateInput
	for _, o := range e.options {
		switch o.key {
		case "tags":
			_, err := l.cases.SetTags(ctx, actor, n, strings.Split(o.value, ","))
			return err
		case "status":
			status := cases.Status(o.value)
			in.Status = &status
		case "priority":
			i := slices.IndexFunc(cases.Priorities(), func(p cases.Priority) bool { return p.Label() == o.value })
			if i < 0 {
				return fmt.Errorf("there is no priority %q", o.value)
			}
			in.Priority = &cases.Priorities()[i]
		case "queue":
			id, known := l.queues[e.world.slug][o.value]
			if !known {
				return fmt.Errorf("there is no queue %q", o.value)
			}
			in.Queue = &id
		case "assign":
			m := l.actors[e.world.slug][o.value].Member // nobody is 0
			in.Assignee = &m
		default:
			return fmt.Errorf("nobody can set %q", o.key)
		}
	}
	_, err := l.cases.Update(ctx, actor, n, in)
	return err
}

// fill sets custom fields, each an option by its key. The fields of an event are all of the case, or all of its contact.
func (l *loader) fill(ctx context.Context, actor access.Actor, e event, n cases.Number) error {
	all, err := l.fields.List(ctx, actor)
	if err != nil {
		return err
	}
	in, set := field.SetInput{Set: map[field.ID]string{}}, l.fields.Set
	for _, o := range e.options {
		i := slices.IndexFunc(all, func(f field.Field) bool { return f.Key == o.key })
		if i < 0 {
			return fmt.Errorf("there is no field %q", o.key)
		}
		in.Set[all[i].ID] = o.value
		if all[i].Object == field.OfContact {
			set = l.fields.SetOfContact
		}
	}
	return set(ctx, actor, n, in)
}

// decide is what support staff say to the open request of a case.
func (l *loader) decide(ctx context.Context, e event, n cases.Number) error {
	ws := l.workspaces[e.world.slug].Workspace
	var id retention.RequestID
	err := l.db.AsSystem(ctx, "demo", func(tx pgx.Tx) error {
		return tx.QueryRow(ctx, `select id from erasure_requests where workspace_id = $1 and case_number = $2 and state = 'open'`, ws, n).Scan(&id)
	})
	if err != nil {
		return err
	}
	switch e.what {
	case "approve":
		return l.retention.Approve(ctx, l.staff, ws, id)
	case "refuse":
		return l.retention.Refuse(ctx, l.staff, ws, id, e.body)
	}
	return fmt.Errorf("staff cannot %q", e.what)
}

func (l *loader) runJob(ctx context.Context, e event) (err error) {
	switch e.what {
	case retention.ErasureSweep:
		_, err = l.retention.Fulfil(ctx)
	case retention.PurgeSweep:
		_, err = l.retention.Purge(ctx)
	case rating.Sweep:
		err = l.ask(ctx, e)
	default:
		err = fmt.Errorf("there is no job %q", e.what)
	}
	return err
}
