package cases_test

import (
	"slices"
	"testing"
	"time"

	"caseward/internal/desk/access"
	"caseward/internal/desk/cases"
	"caseward/internal/desk/message"
	"caseward/internal/testkit/fixture"
)

// unread are the cases that a member's list of all open cases shows as unread.
func unread(t *testing.T, d *fixture.Desk, who access.Actor) (numbers []cases.Number) {
	t.Helper()
	page, err := d.Cases.List(t.Context(), who, cases.AllOpen, cases.PageInput{})
	must(t, err)
	for _, row := range page.Rows {
		if row.Unread() {
			numbers = append(numbers, row.Number)
		}
	}
	slices.Sort(numbers)
	return numbers
}

// TestUnreadIsWhatTheContactWroteSinceTheMemberLooked: each member has their own, and what others do does not count.
func TestUnreadIsWhatTheContactWroteSinceTheMemberLooked(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	first := fixture.Mail{From: "mara@customer.test", Subject: "Leak", ID: "leak-1@customer.test"}
	n, other := d.Receive(first), d.Receive(fixture.Mail{})
	same(t, "Ana before", []cases.Number{n, other}, unread(t, d, d.Ana))
	d.Open(d.Ana, n)
	same(t, "Ana after opening", []cases.Number{other}, unread(t, d, d.Ana))
	same(t, "Ben", []cases.Number{n, other}, unread(t, d, d.Ben))
	same(t, "a viewer", []cases.Number{n, other}, unread(t, d, d.Viewer))

	d.Clock.Advance(time.Minute)
	_, err := d.Messages.Note(t.Context(), d.Ben, message.NoteInput{Number: n, Body: "Looking into it."})
	must(t, err)
	_, err = d.Messages.Reply(t.Context(), d.Ben, message.ReplyInput{Number: n, Body: "We are looking into it."})
	must(t, err)
	same(t, "after a colleague's note and reply", []cases.Number{other}, unread(t, d, d.Ana))

	before, err := d.Cases.Get(t.Context(), d.Ana, n)
	must(t, err)
	d.Clock.Advance(time.Minute)
	again := fixture.Mail{From: first.From, Subject: "Re: Leak", InReplyTo: first.ID, References: []string{first.ID}}
	if got := d.Receive(again); got != n {
		t.Fatalf("the answer is in case %d", got)
	}
	must(t, d.Cases.MarkRead(t.Context(), d.Ana, before)) // a page that was read before the answer came
	same(t, "after the contact's answer", []cases.Number{n, other}, unread(t, d, d.Ana))
	d.Open(d.Ana, n)
	d.Open(d.Ana, n)
	same(t, "after reading it", []cases.Number{other}, unread(t, d, d.Ana))
}

// TestReadingGoesWithTheCase: who has read what is erased with it, and reading a case that is just being erased is no error.
func TestReadingGoesWithTheCase(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	n := d.Case()
	seen, err := d.Cases.Get(t.Context(), d.Ben, n)
	must(t, err)
	d.Delete(n)
	deleted, err := d.Cases.Get(t.Context(), d.Ana, n)
	must(t, err)
	deleted.SeenInboundAt = nil
	must(t, d.Cases.MarkRead(t.Context(), d.Ana, deleted))
	if rows := fixture.One[int](d, `select count(*) from case_reads`); rows != 1 {
		t.Errorf("%d rows say who has read the case, want that of Ana from before its deletion", rows)
	}
	d.Clock.Advance(8 * fixture.Day)
	_, err = d.Retention.Purge(t.Context())
	must(t, err)
	if rows := fixture.One[int](d, `select count(*) from case_reads`); rows != 0 {
		t.Errorf("%d rows are left of who has read the case", rows)
	}
	must(t, d.Cases.MarkRead(t.Context(), d.Ben, seen))
}
