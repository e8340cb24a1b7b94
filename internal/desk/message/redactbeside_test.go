package message_test

import (
	"slices"
	"testing"
	"time"

	"caseward/internal/desk/access"
	"caseward/internal/desk/bulk"
	"caseward/internal/desk/cases"
	"caseward/internal/desk/field"
	"caseward/internal/desk/followup"
	"caseward/internal/desk/message"
	"caseward/internal/email/inbound"
	"caseward/internal/testkit/fixture"
)

// TestAPassageGoesFromWhatIsNoMessage: the notes of follow-ups, the subjects of merged cases, and the reason for a deletion
// that a bulk update has undone.
func TestAPassageGoesFromWhatIsNoMessage(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	n := d.Receive(fixture.Mail{From: "maria@customer.test", Body: "I live at Zwackelweg 7."})
	duplicate := d.Receive(fixture.Mail{From: "maria@customer.test", Subject: "From Zwackelweg 7", Body: "Again."})
	id := thread(t, d, n)[0].ID
	_, err := d.FollowUps.Add(t.Context(), d.Ana, n, followup.Input{Note: "Send it to Zwackelweg 7 today", DueAt: d.Clock.Now().Add(time.Hour), Assignee: d.Ana.Member})
	must(t, err)
	delivery := d.Field(field.Input{Object: field.OfCase, Kind: field.Text, Name: "Delivery"})
	for number, text := range map[cases.Number]string{n: "Zwackelweg 7, at the back", duplicate: "zwackelweg 7"} {
		must(t, d.Fields.Set(t.Context(), d.Ana, number, field.SetInput{Set: map[field.ID]string{delivery: text}}))
	}
	_, err = d.Messages.Merge(t.Context(), d.Ana, duplicate, n)
	must(t, err)
	_, err = d.Cases.Delete(t.Context(), d.Admin, cases.DeleteInput{Number: n, Reason: cases.ReasonOther, ReasonText: "Nobody is at Zwackelweg 7"})
	must(t, err)
	_, err = d.BulkUpdate.Start(t.Context(), d.Admin, bulk.StartInput{Numbers: []cases.Number{n}, Change: cases.Many{Do: cases.RestoreMany}})
	must(t, err)
	_, err = d.BulkUpdate.Run(t.Context())
	must(t, err)
	_, err = d.Cases.Delete(t.Context(), d.Admin, cases.DeleteInput{Number: n})
	must(t, err)

	actor := fixture.WithGrants(d.Ana, access.EraseInformation, access.DeleteCases)
	in := message.RedactInput{Number: n, Message: id, Text: "zwackelweg 7"}
	plan, err := d.Messages.PlanRedaction(t.Context(), actor, in)
	must(t, err)
	same(t, "left by one message", message.Left{FollowUps: 1, Fields: 2, Subjects: 1, Reason: true, RawMails: 1}, plan.Left)
	in.Everywhere = true
	r := redact(t, d, actor, in)
	same(t, "left everywhere", message.Left{}, r.Left)
	if r.FollowUps != 1 || r.Subjects != 1 || r.Fields != 2 {
		t.Errorf("%+v", r)
	}
	gone(t, d, "zwackelweg")
	same(t, "the note", []string{"Send it to ▇▇▇ today"}, fixture.Rows[string](d, `select note from followups`))
	same(t, "the fields", []string{"▇▇▇", "▇▇▇, at the back"}, fixture.Rows[string](d, `select content from case_field_values order by length(content)`))
	same(t, "the subject", "From ▇▇▇", fixture.One[string](d, `select subject from cases where number = $1`, duplicate))
	if foundBy(d, n, "zwackelweg") {
		t.Error("search finds it")
	}
}

// TestAFollowUpThatQuotesABody loses those lines with it.
func TestAFollowUpThatQuotesABody(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	n := d.Receive(fixture.Mail{Body: "The blue kettle sings at night in the kitchen."})
	_, err := d.FollowUps.Add(t.Context(), d.Ana, n, followup.Input{
		Note: "Ask: the blue kettle sings at night in the kitchen. Why?", DueAt: d.Clock.Now().Add(time.Hour), Assignee: d.Ana.Member,
	})
	must(t, err)
	redact(t, d, d.Owner, message.RedactInput{Number: n, Message: thread(t, d, n)[0].ID, Body: true, Everywhere: true})
	gone(t, d, "kettle")
}

// TestALateCopyOfOurOwnRedactedReply: a list or a mailbox sends back what we wrote, after it was erased.
func TestALateCopyOfOurOwnRedactedReply(t *testing.T) {
	t.Parallel()
	for what, in := range map[string]message.RedactInput{"all of it": {Body: true}, "a part": {Text: "snorkelwhacker"}} {
		d := fixture.NewDesk(t)
		n := d.Receive(fixture.Mail{})
		id, err := d.Messages.Reply(t.Context(), d.Ana, message.ReplyInput{Number: n, Body: "The code is snorkelwhacker, keep it safe."})
		must(t, err)
		ours := fixture.One[string](d, `select message_id from messages where id = $1`, id)
		in.Message = id
		redact(t, d, d.Owner, in)
		raw := fixture.Mail{From: "list@elsewhere.test", To: d.Address, ID: ours, Subject: "Question", Body: "The code is snorkelwhacker, keep it safe.", Date: d.Clock.Now()}.Raw()
		must(t, d.Intake.Receive(t.Context(), inbound.Envelope{From: "list@elsewhere.test", To: []string{d.Address}}, raw))
		gone(t, d, "snorkelwhacker")
		if ms := thread(t, d, n); len(ms) != 2 {
			t.Errorf("%s: %d messages", what, len(ms))
		}
		if numbers := fixture.Rows[cases.Number](d, `select number from cases`); !slices.Equal(numbers, []cases.Number{n}) {
			t.Errorf("%s: cases %v", what, numbers)
		}
	}
}
