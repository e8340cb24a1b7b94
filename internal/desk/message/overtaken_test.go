package message_test

import (
	"errors"
	"fmt"
	"sync"
	"testing"

	"caseward/internal/desk/access"
	"caseward/internal/desk/cases"
	"caseward/internal/desk/message"
	"caseward/internal/platform/errs"
	"caseward/internal/testkit/fixture"
)

func newest(t testing.TB, d *fixture.Desk, n cases.Number) *message.ID {
	t.Helper()
	th, err := d.Messages.Thread(t.Context(), d.Owner, get(t, d, n).Case, 0)
	must(t, err)
	return &th.Newest
}

func TestAReplyWaitsForWhatItsWriterHasNotSeen(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	ctx := t.Context()
	reply := func(who access.Actor, n cases.Number, seen *message.ID) error {
		_, err := d.Messages.Reply(ctx, who, message.ReplyInput{Number: n, Body: "From " + fmt.Sprint(who.Member), Seen: seen})
		return err
	}
	n := d.Receive(fixture.Mail{ID: "a@x.test", From: "maria@customer.test"})
	first := newest(t, d, n)
	_, err := d.Messages.Note(ctx, d.Ana, message.NoteInput{Number: n, Body: "Nobody waits for their own words."})
	must(t, err)
	in := message.ReplyInput{Number: n, Body: "From Ana", Seen: first, Submission: "ANA"}
	sent, err := d.Messages.Reply(ctx, d.Ana, in)
	must(t, err)
	must(t, reply(d.Ana, n, first))

	before := d.Snapshot(n)
	err = reply(d.Ben, n, first)
	wants(t, err, errs.Conflict, "Ben's reply")
	if !errors.Is(err, message.ErrOvertaken) {
		t.Errorf("%v", err)
	}
	same(t, "the case", before, d.Snapshot(n))
	must(t, reply(d.Ben, n, newest(t, d, n)))
	if again, err := d.Messages.Reply(ctx, d.Ana, in); err != nil || again != sent {
		t.Errorf("Ana's form sent twice: %d, %v", again, err)
	}

	seen := newest(t, d, n)
	_, err = d.Messages.Note(ctx, d.Ben, message.NoteInput{Number: n, Body: "Do not answer: she has called."})
	must(t, err)
	wants(t, reply(d.Ana, n, seen), errs.Conflict, "after a colleague's note")
	seen = newest(t, d, n)
	d.Receive(fixture.Mail{InReplyTo: "a@x.test", From: "maria@customer.test"})
	wants(t, reply(d.Ana, n, seen), errs.Conflict, "after the customer's mail")
	must(t, reply(d.Ana, n, nil))

	// Kept while the case was deleted: its page shows nothing to write on, but once it is back others may have answered.
	back := message.ReplyInput{Number: n, Body: "Kept", Seen: first, Restore: true}
	d.Delete(n)
	_, err = d.Messages.Reply(ctx, d.Admin, back)
	must(t, err)
	if _, err = d.Messages.Reply(ctx, d.Owner, back); !errors.Is(err, message.ErrOvertaken) {
		t.Errorf("after somebody else has restored it: %v", err)
	}
}

// TestOfRepliesAtOnceOneIsSent: four people, each of whom presses twice.
func TestOfRepliesAtOnceOneIsSent(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	n := d.Receive(fixture.Mail{From: "maria@customer.test"})
	seen := newest(t, d, n)
	var all sync.WaitGroup
	var mu sync.Mutex
	sent, held, begin := []message.ID{}, 0, make(chan struct{})
	for range 2 {
		for _, who := range []access.Actor{d.Owner, d.Admin, d.Ana, d.Ben} {
			all.Go(func() {
				<-begin
				key := fmt.Sprint(who.Member)
				id, err := d.Messages.Reply(t.Context(), who, message.ReplyInput{Number: n, Body: "From " + key, Seen: seen, Submission: key})
				mu.Lock()
				defer mu.Unlock()
				switch {
				case err == nil:
					sent = append(sent, id)
				case errors.Is(err, message.ErrOvertaken):
					held++
				default:
					t.Error(err)
				}
			})
		}
	}
	close(begin)
	all.Wait()
	if held != 6 || len(sent) != 2 || sent[0] != sent[1] || fixture.One[int](d, `select count(*) from outbound_mails`) != 1 {
		t.Errorf("sent %v, %d held back", sent, held)
	}
}
