package message_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"caseward/internal/desk/access"
	"caseward/internal/desk/cases"
	"caseward/internal/desk/message"
	"caseward/internal/platform/errs"
	"caseward/internal/testkit/fixture"
)

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func wants(t testing.TB, err error, kind errs.Kind, what string) {
	t.Helper()
	if !errs.Is(err, kind) {
		t.Errorf("%s: %v, want %s", what, err, kind)
	}
}

func same(t testing.TB, what string, want, got any) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

func get(t testing.TB, d *fixture.Desk, n cases.Number) cases.Details {
	t.Helper()
	c, err := d.Cases.Get(t.Context(), d.Owner, n)
	must(t, err)
	return c
}

func reply(t testing.TB, d *fixture.Desk, n cases.Number) message.ID {
	t.Helper()
	id, err := d.Messages.Reply(t.Context(), d.Ana, message.ReplyInput{Number: n, Body: "Thank you for **asking**."})
	must(t, err)
	return id
}

func TestReplyIsStoredAndQueuedTogether(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	ctx := t.Context()
	n := d.Receive(fixture.Mail{From: "maria@customer.test"})
	inboundAt := d.Clock.Now()
	d.Clock.Advance(time.Hour)
	closed, odd := cases.Closed, cases.Status("odd")
	_, err := d.Messages.Reply(ctx, d.Ana, message.ReplyInput{Number: n, Body: "x", Status: &odd})
	wants(t, err, errs.Invalid, "an unknown status")
	if n := fixture.One[int](d, `select count(*) from outbound_mails`) + fixture.One[int](d, `select count(*) from messages where kind = 'outbound'`); n != 0 {
		t.Error("a reply that failed left something behind")
	}
	id, err := d.Messages.Reply(ctx, d.Ana, message.ReplyInput{Number: n, Body: "Done.", Status: &closed})
	must(t, err)
	c := get(t, d, n)
	if c.Status != cases.Closed || c.ClosedAt == nil || !c.LastActivityAt.Equal(d.Clock.Now()) || !c.LastOutboundAt.Equal(d.Clock.Now()) || !c.LastInboundAt.Equal(inboundAt) {
		t.Errorf("%+v", c.Case)
	}
	thread, err := d.Messages.Thread(ctx, d.Viewer, c.Case, 0)
	must(t, err)
	last := thread.Messages[len(thread.Messages)-1]
	if last.ID != id || last.Kind != message.Outbound || *last.DeliveryState != message.Queued || last.AuthorName != "Ana Agent" || !slices.Equal(last.ToRecipients, []string{"maria@customer.test"}) {
		t.Errorf("%+v", last)
	}
	if n := fixture.One[int](d, `select count(*) from river_job where args->>'name' = $1`, message.OutboxSweep); n != 1 {
		t.Errorf("%d jobs were asked for", n)
	}
	same(t, "trail", []string{"case.created", "case.replied", "case.status changed"}, d.Trail(n))

	// A note moves nothing.
	d.Clock.Advance(time.Hour)
	before := get(t, d, n).Case
	_, err = d.Messages.Note(ctx, d.Ben, message.NoteInput{Number: n, Body: "psst"})
	must(t, err)
	same(t, "the case after a note", before, get(t, d, n).Case)
}

func TestWhoMayWriteAndWhere(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	ctx := t.Context()
	n := d.Receive(fixture.Mail{})
	write := func(actor access.Actor, restore bool) (reply, note error) {
		_, reply = d.Messages.Reply(ctx, actor, message.ReplyInput{Number: n, Body: "reply", Restore: restore})
		_, note = d.Messages.Note(ctx, actor, message.NoteInput{Number: n, Body: "note", Restore: restore})
		return reply, note
	}
	both := func(what string, actor access.Actor, restore bool, kind errs.Kind) {
		t.Helper()
		reply, note := write(actor, restore)
		wants(t, reply, kind, what+" replies")
		wants(t, note, kind, what+" notes")
	}
	both("a viewer", d.Viewer, false, errs.Forbidden)
	for _, body := range []string{"", " \n\x00 ", strings.Repeat("x", 200_001)} {
		_, err := d.Messages.Reply(ctx, d.Ana, message.ReplyInput{Number: n, Body: body})
		wants(t, err, errs.Invalid, "a body of "+body[:min(5, len(body))])
	}
	d.Delete(n)
	before := d.Snapshot(n)
	both("on a deleted case ana", d.Ana, false, errs.Conflict)
	both("on a deleted case ben, with restore", d.Ben, true, errs.Forbidden)
	same(t, "the deleted case", before, d.Snapshot(n))
	reply, note := write(d.Ana, true)
	must(t, reply)
	must(t, note)
	if get(t, d, n).DeletedAt != nil {
		t.Error("restore and send did not restore")
	}
	_, err := d.Cases.MarkSpam(ctx, d.Ana, n)
	must(t, err)
	_, err = d.Messages.Reply(ctx, d.Ana, message.ReplyInput{Number: n, Body: "reply"})
	wants(t, err, errs.Conflict, "a reply to spam")
	_, err = d.Messages.Note(ctx, d.Ana, message.NoteInput{Number: n, Body: "note"})
	must(t, err)
}

func TestOpenMakesACaseByHand(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	ctx := t.Context()
	queue, err := d.Workspaces.CreateQueue(ctx, d.Admin, "Old")
	must(t, err)
	must(t, d.Workspaces.ArchiveQueue(ctx, d.Admin, queue))
	globex := fixture.Workspace(t, d.DB, fixture.At(d.Clock.Now))
	good := message.OpenInput{ContactName: "Maria", ContactEmail: "Maria@Customer.test ", Subject: " A\r\nsubject\x00 ", Body: "Hello"}
	for what, change := range map[string]func(*message.OpenInput){
		"archived queue": func(in *message.OpenInput) { in.Queue = int64(queue) }, "another's queue": func(in *message.OpenInput) { in.Queue = int64(globex.Queue) },
		"our address":       func(in *message.OpenInput) { in.ContactEmail = strings.ToUpper(d.Address) },
		"ours, with a plus": func(in *message.OpenInput) { in.ContactEmail = strings.Replace(d.Address, "@", "+case@", 1) },
		"no address":        func(in *message.OpenInput) { in.ContactEmail = "maria" }, "two addresses": func(in *message.OpenInput) { in.ContactEmail = "a@b.c, d@e.f" },
		"no subject": func(in *message.OpenInput) { in.Subject = " " }, "no body": func(in *message.OpenInput) { in.Body = "" },
		"odd priority": func(in *message.OpenInput) { in.Priority = 9 }, "a viewer as assignee": func(in *message.OpenInput) { in.Assignee = d.Viewer.Member },
		"another's assignee": func(in *message.OpenInput) { in.Assignee = globex.Ana.Member }, "long name": func(in *message.OpenInput) { in.ContactName = strings.Repeat("x", 201) },
	} {
		in := good
		change(&in)
		_, err := d.Messages.Open(ctx, d.Ana, in)
		wants(t, err, errs.Invalid, what)
	}
	_, err = d.Messages.Open(ctx, d.Viewer, good)
	wants(t, err, errs.Forbidden, "a viewer")
	if n := d.Live(); n != 0 {
		t.Fatalf("%d cases", n)
	}
	good.Send, good.Assignee, good.Priority = true, d.Ben.Member, cases.High
	made, err := d.Messages.Open(ctx, d.Ana, good)
	must(t, err)
	c := get(t, d, made.Number)
	if c.Subject != "A  subject" || c.ContactEmail != "maria@customer.test" || *c.AssigneeID != d.Ben.Member || c.Priority != cases.High || c.LastOutboundAt == nil {
		t.Errorf("%q %+v", c.Subject, c)
	}
	good.Send = false
	again, err := d.Messages.Open(ctx, d.Ana, good)
	must(t, err)
	if again.ContactID != made.ContactID || again.Number != made.Number+1 {
		t.Errorf("contact %d and %d, number %d", made.ContactID, again.ContactID, again.Number)
	}
	if n := fixture.One[int](d, `select count(*) from outbound_mails`); n != 1 {
		t.Errorf("%d mails are queued", n)
	}
}
