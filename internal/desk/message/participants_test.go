package message_test

import (
	"strings"
	"testing"

	"caseward/internal/desk/cases"
	"caseward/internal/desk/message"
	"caseward/internal/platform/errs"
	"caseward/internal/testkit/fixture"
)

// on lists who is on a case: "+" before those whom the next reply goes to.
func on(t *testing.T, d *fixture.Desk, n cases.Number) string {
	t.Helper()
	c, err := d.Cases.Get(t.Context(), d.Ben, n)
	must(t, err)
	thread, err := d.Messages.Thread(t.Context(), d.Ben, c.Case, 0)
	must(t, err)
	list, err := d.Messages.Participants(t.Context(), d.Ben, c.Case, thread)
	must(t, err)
	var words []string
	for _, p := range list {
		if p.Included {
			p.Email = "+" + p.Email
		}
		words = append(words, p.Email)
	}
	return strings.Join(words, " ")
}

func TestWhoElseIsOnACase(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	first := fixture.Mail{ID: "one@customer.test", From: "mara@customer.test", Header: []string{"Cc: Bob <bob@partner.test>, " + strings.Replace(d.Address, "@", "+x@", 1) + ", mara@customer.test"}}
	n := d.Receive(first)
	if got := on(t, d, n); got != "+bob@partner.test" {
		t.Errorf("after the first mail: %q", got)
	}
	// Who knows a Message-ID gets nothing by it; whom Bob adds does.
	d.Receive(fixture.Mail{From: "stranger@evil.test", InReplyTo: first.ID})
	if got := on(t, d, n); got != "+bob@partner.test stranger@evil.test" {
		t.Errorf("after a stranger's mail: %q", got)
	}
	reply := func(cc ...string) error {
		_, err := d.Messages.Reply(t.Context(), d.Ana, message.ReplyInput{Number: n, Body: "Hello", Cc: cc})
		return err
	}
	must(t, reply("Bob@Partner.test", "bob@partner.test", "mara@customer.test"))
	sent := fixture.One[[]string](d, `select cc_recipients from messages where workspace_id = $1 and kind = 'outbound'`, d.ID())
	if len(sent) != 1 || sent[0] != "bob@partner.test" {
		t.Errorf("the copy went to %q", sent)
	}
	d.Receive(fixture.Mail{From: "bob@partner.test", InReplyTo: first.ID, Header: []string{"Cc: carla@partner.test"}})
	if got := on(t, d, n); got != "+bob@partner.test +carla@partner.test stranger@evil.test" {
		t.Errorf("after Bob's answer: %q", got)
	}
	must(t, reply()) // to the contact alone: so is the next
	if got := on(t, d, n); got != "stranger@evil.test bob@partner.test" {
		t.Errorf("after a reply to the contact alone: %q", got)
	}
	for _, bad := range []string{"nonsense", "a@b.test\r\nBcc: x@y.test", d.Address, strings.Replace(d.Address, "@", "+c1@", 1)} {
		if err := reply(bad); !errs.Is(err, errs.Invalid) {
			t.Errorf("a copy to %q: %v", bad, err)
		}
	}
	var many []string
	for i := range message.MaxCc + 1 {
		many = append(many, strings.Repeat("x", i+1)+"@many.test")
	}
	if err := reply(many...); !errs.Is(err, errs.Invalid) {
		t.Errorf("too many copies: %v", err)
	}
}
