package routing_test

import (
	"strings"
	"testing"

	"caseward/internal/desk/access"
	"caseward/internal/desk/bulk"
	"caseward/internal/desk/cases"
	"caseward/internal/desk/message"
	"caseward/internal/desk/routing"
	"caseward/internal/desk/workspace"
	"caseward/internal/platform/errs"
	"caseward/internal/testkit/fixture"
)

// ruled is a desk with queues for partners, refunds and repairs, and rules that lead there.
func ruled(t *testing.T) (d *fixture.Desk, queues map[string]int64) {
	t.Helper()
	d = fixture.NewDesk(t)
	queues = map[string]int64{"": int64(d.Queue)}
	for _, name := range []string{"Partners", "Refunds", "Repairs"} {
		queues[name] = int64(must2[workspace.QueueID](t)(d.Workspaces.CreateQueue(t.Context(), d.Admin, name)))
	}
	for _, r := range []routing.Rule{
		{Field: cases.BySender, Value: " @Partner.test", QueueID: queues["Partners"]},
		{Field: cases.BySubject, Value: "money back", QueueID: queues["Refunds"]},
		{Field: cases.ByTag, Value: "Broken", QueueID: queues["Repairs"]},
	} {
		must(t, d.Routing.AddRule(t.Context(), d.Admin, r))
	}
	return d, queues
}

func queueOf(d *fixture.Desk, n cases.Number) int64 {
	return fixture.One[int64](d, `select queue_id from cases where workspace_id = $1 and number = $2`, d.ID(), n)
}

func TestRulesOfNewCases(t *testing.T) {
	t.Parallel()
	d, queues := ruled(t)
	for _, c := range []struct{ from, subject, queue string }{
		{"eva@partner.test", "Hello", "Partners"},
		{"eva@sales.partner.test", "I want my money back", "Partners"}, // the first that fits counts
		{"eva@notpartner.test", "Hello", ""},
		{"mara@customer.test", "Re: MONEY back, please!", "Refunds"},
		{"mara@customer.test", "Moneybacked", ""},
	} {
		if got := queueOf(d, d.Receive(fixture.Mail{From: c.from, Subject: c.subject})); got != queues[c.queue] {
			t.Errorf("%s, %q: queue %d, want %q", c.from, c.subject, got, c.queue)
		}
	}
	byHand := func(queue int64) int64 {
		c := must2[cases.Case](t)(d.Messages.Open(t.Context(), d.Ana, message.OpenInput{ContactEmail: "eva@partner.test", Subject: "By hand", Body: "x", Queue: queue}))
		return c.QueueID
	}
	if byHand(0) != queues["Partners"] || byHand(queues["Refunds"]) != queues["Refunds"] {
		t.Error("a case made by hand is not where the rule, or whoever made it, wants it")
	}
}

// TestRulesOfTags: a tag that is new to the case moves it, once; a queue that somebody chooses counts more.
func TestRulesOfTags(t *testing.T) {
	t.Parallel()
	d, queues := ruled(t)
	ctx := t.Context()
	n := d.Receive(fixture.Mail{})
	must2[cases.Case](t)(d.Cases.SetTags(ctx, d.Ana, n, []string{"broken", "vip"}))
	if queueOf(d, n) != queues["Repairs"] {
		t.Error("the tag does not move the case")
	}
	back := queues[""]
	must2[cases.Case](t)(d.Cases.Update(ctx, d.Ana, n, cases.UpdateInput{Queue: &back}))
	must2[cases.Case](t)(d.Cases.SetTags(ctx, d.Ana, n, []string{"broken"}))
	if queueOf(d, n) != back {
		t.Error("a tag that it had moves the case again")
	}
	other, more := d.Receive(fixture.Mail{}), []string{"broken"}
	must2[cases.Case](t)(d.Cases.Update(ctx, d.Ana, other, cases.UpdateInput{AddTags: &more, Queue: &back}))
	if queueOf(d, other) != back {
		t.Error("the rule moves a case whose queue was chosen")
	}
	many := []cases.Number{d.Receive(fixture.Mail{}), other}
	id := must2[bulk.ID](t)(d.BulkUpdate.Start(ctx, d.Ana, bulk.StartInput{Numbers: many, Change: cases.Many{Do: cases.UpdateMany, AddTags: []string{"broken"}}}))
	must2[string](t)(d.BulkUpdate.Run(ctx))
	if queueOf(d, many[0]) != queues["Repairs"] || queueOf(d, other) != back {
		t.Error("in bulk the rule does something else than by hand")
	}
	must(t, d.BulkUpdate.Undo(ctx, d.Ana, id))
	must2[string](t)(d.BulkUpdate.Run(ctx))
	if queueOf(d, many[0]) != back {
		t.Error("the undo leaves the case in the rule's queue")
	}
}

func TestTheListOfRules(t *testing.T) {
	t.Parallel()
	d, queues := ruled(t)
	ctx := t.Context()
	order := func() string {
		var values []string
		for _, r := range must2[[]routing.Rule](t)(d.Routing.Rules(ctx, d.Admin)) {
			values = append(values, r.Value)
		}
		return strings.Join(values, ", ")
	}
	if got := order(); got != "@partner.test, money back, broken" {
		t.Errorf("the rules are %s", got)
	}
	list := must2[[]routing.Rule](t)(d.Routing.Rules(ctx, d.Admin))
	must(t, d.Routing.MoveRule(ctx, d.Admin, list[2].ID, true))
	must(t, d.Routing.MoveRule(ctx, d.Admin, list[0].ID, true)) // is the first
	must(t, d.Routing.RemoveRule(ctx, d.Admin, list[1].ID))
	must(t, d.Routing.RemoveRule(ctx, d.Admin, list[1].ID))
	if got := order(); got != "@partner.test, broken" {
		t.Errorf("afterwards they are %s", got)
	}
	for _, bad := range []routing.Rule{
		{Field: "mood", Value: "x", QueueID: queues[""]}, {Field: cases.BySender, Value: "partner.test", QueueID: queues[""]},
		{Field: cases.BySubject, Value: " ", QueueID: queues[""]}, {Field: cases.ByTag, Value: strings.Repeat("x", 60), QueueID: queues[""]},
		{Field: cases.ByTag, Value: "broken", QueueID: queues[""]}, {Field: cases.ByTag, Value: "new", QueueID: 999},
	} {
		wants(t, d.Routing.AddRule(ctx, d.Admin, bad), errs.Invalid, string(bad.Field)+" "+bad.Value)
	}
	other := fixture.Workspace(t, d.DB)
	must(t, d.Routing.RemoveRule(ctx, other.Admin, list[0].ID))
	if order() != "@partner.test, broken" {
		t.Error("another workspace removed a rule")
	}
	for name, who := range d.Actors() {
		if err := d.Routing.RemoveRule(ctx, who, 0); errs.Is(err, errs.Forbidden) == who.Can(access.ManageWorkspace) {
			t.Errorf("%s removes a rule: %v", name, err)
		}
	}
}
