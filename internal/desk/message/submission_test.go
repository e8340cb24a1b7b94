package message_test

import (
	"sync"
	"testing"

	"caseward/internal/desk/cases"
	"caseward/internal/desk/message"
	"caseward/internal/testkit/fixture"
)

// atOnce calls send 20 times at the same moment and returns the different results.
func atOnce[T comparable](t *testing.T, send func() (T, error)) map[T]int {
	t.Helper()
	var (
		mu    sync.Mutex
		all   sync.WaitGroup
		begin = make(chan struct{})
		got   = map[T]int{}
	)
	for range 20 {
		all.Go(func() {
			<-begin
			result, err := send()
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				t.Error(err)
			}
			got[result]++
		})
	}
	close(begin)
	all.Wait()
	return got
}

func TestTheSameFormSentTwentyTimesIsOneMessage(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	ctx := t.Context()
	n := d.Receive(fixture.Mail{From: "maria@customer.test"})
	closed := cases.Closed
	in := message.ReplyInput{Number: n, Body: "Once is enough.", Status: &closed, Submission: "KEY"}
	if got := atOnce(t, func() (message.ID, error) { return d.Messages.Reply(ctx, d.Ana, in) }); len(got) != 1 {
		t.Errorf("replies: %v", got)
	}
	note := message.NoteInput{Number: n, Body: "Once is enough.", Submission: "KEY"}
	if got := atOnce(t, func() (message.ID, error) { return d.Messages.Note(ctx, d.Ana, note) }); len(got) != 1 {
		t.Errorf("notes: %v", got)
	}
	for what, want := range map[string]int{
		`select count(*) from messages where kind = 'outbound'`:                                1,
		`select count(*) from messages where kind = 'note'`:                                    1,
		`select count(*) from outbound_mails`:                                                  1,
		`select count(*) from activities where kind in ('replied', 'noted', 'status changed')`: 3,
	} {
		if n := fixture.One[int](d, what); n != want {
			t.Errorf("%s: %d, want %d", what, n, want)
		}
	}

	// Later too, whatever has become of the case, and without bringing it back.
	d.Delete(n)
	in.Restore = true
	first := fixture.One[int64](d, `select id from messages where kind = 'outbound'`)
	again, err := d.Messages.Reply(ctx, d.Ana, in)
	must(t, err)
	if int64(again) != first || get(t, d, n).DeletedAt == nil {
		t.Errorf("sent again it is message %d, not %d, or restored the case", again, first)
	}
}

func TestAnotherTextWithTheSameKeyIsAnotherMessage(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	n, other := d.Receive(fixture.Mail{}), d.Receive(fixture.Mail{})
	for _, in := range []message.ReplyInput{
		{Number: n, Body: "First.", Submission: "KEY"},
		{Number: n, Body: "Second, after the browser's Back.", Submission: "KEY"},
		{Number: other, Body: "First.", Submission: "KEY"},
		{Number: n, Body: "First."}, {Number: n, Body: "First."}, // without a key, as from a program
	} {
		_, err := d.Messages.Reply(t.Context(), d.Ana, in)
		must(t, err)
	}
	if sent := fixture.One[int](d, `select count(*) from messages where kind = 'outbound'`); sent != 5 {
		t.Errorf("%d messages of 5", sent)
	}
}

func TestANewCaseSentTwentyTimesIsOneCase(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	for _, send := range []bool{true, false} {
		in := message.OpenInput{ContactEmail: "maria@shop.test", Subject: "A call", Body: "She called.", Send: send, Submission: "KEY"}
		if send {
			in.Submission = "ANOTHER"
		}
		got := atOnce(t, func() (cases.Number, error) {
			c, err := d.Messages.Open(t.Context(), d.Ana, in)
			return c.Number, err
		})
		if len(got) != 1 {
			t.Errorf("cases %v", got)
		}
	}
	if made := fixture.One[int](d, `select count(*) from cases`); made != 2 {
		t.Errorf("%d cases, want 2", made)
	}
}
