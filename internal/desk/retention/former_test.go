package retention_test

import (
	"strings"
	"testing"

	"caseward/internal/desk/contact"
	"caseward/internal/desk/people"
	"caseward/internal/testkit/fixture"
)

// TestForgetSearchesForFormerNames: what a contact was called and where they were reached before is searched for, of those who were
// merged into them too, and goes with them.
func TestForgetSearchesForFormerNames(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	ctx := t.Context()
	former := d.Contact("Wilhelmine Altmann", "mina@altmann.test")
	double := d.Contact("Dorette Zweitmann", "dorette@zweitmann.test")
	d.Receive(fixture.Mail{From: "kim@else.test", Subject: "Neighbours", Body: "Wilhelmine Altmann and Dorette Zweitmann are one; write to mina@altmann.test, or call 030 7654321."})
	must(t, d.People.Merge(ctx, d.Owner, people.MergeInput{Into: former, From: double, IntoVersion: 1, FromVersion: 1}))
	_, err := d.People.Run(ctx)
	must(t, err)
	now := people.Input{Name: "Frida Neumann", Emails: []contact.Address{{Email: "frida@neumann.test", IsPrimary: true}}}
	must(t, d.People.Update(ctx, d.Owner, former, 2, people.Input{Name: "Wilhelmine Altmann", Phone: "030 7654321", Emails: now.Emails}))
	must(t, d.People.Update(ctx, d.Owner, former, 3, now))
	must(t, d.Removal.Delete(ctx, d.Owner, former))
	forget(t, d, former)
	runForget(t, d)
	same(t, "mentions of a former name", []string{"messages.body_text"}, fixture.Rows[string](d, `select place from contact_mentions
		where place like 'messages%' order by 1`))
	for _, word := range []string{"altmann", "zweitmann", "neumann", "7654321"} {
		for _, table := range d.Dump().PlacesOf(word) {
			if table != "messages" && table != "inbound_mails" && table != "case_search" {
				t.Errorf("%s is in %s", word, table)
			}
		}
	}
	if n := fixture.One[int](d, `select count(*) from contact_former`); n != 0 {
		t.Errorf("%d former names are kept", n)
	}
	if n := fixture.One[int](d, `select (verification ->> 'traces')::int from erasure_ledger`); n < 6 {
		t.Errorf("%d texts were searched for", n)
	}
}

// TestALongFormerAddress is more than an index holds.
func TestALongFormerAddress(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	var long strings.Builder
	for i := range 1000 {
		long.WriteRune(rune(0x4e00 + i*7)) // three bytes each, and hard to compress
	}
	id := d.Contact("Mara", "mara@long.test")
	d.Exec(`update contacts set address = $2 where id = $1`, id, long.String())
	for range 2 {
		d.Exec(`update contacts set address = 'short' where id = $1`, id)
		d.Exec(`update contacts set address = $2 where id = $1`, id, long.String())
	}
	if n := fixture.One[int](d, `select count(*) from contact_former where kind = 'address'`); n != 2 {
		t.Errorf("%d former addresses", n)
	}
}
