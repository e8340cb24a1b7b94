package search_test

import (
	"fmt"
	"strings"
	"testing"

	"caseward/internal/desk/cases"
	"caseward/internal/desk/message"
	"caseward/internal/desk/search"
	"caseward/internal/platform/words"
	"caseward/internal/testkit/fixture"
)

func show(list []words.Piece) string {
	var b strings.Builder
	for _, p := range list {
		if p.Hit {
			b.WriteString("[" + p.Text + "]")
		} else {
			b.WriteString(p.Text)
		}
	}
	return b.String()
}

// hit is what is shown of the only case that is found.
func (d *desk) hit(text string) search.Hit {
	d.t.Helper()
	r, numbers := d.ask(text, cases.PageInput{})
	if len(numbers) != 1 {
		d.t.Fatalf("%q finds %v", text, numbers)
	}
	return r.Hits[r.Rows[0].ID]
}

func (d *desk) note(n cases.Number, body string) {
	d.t.Helper()
	must[message.ID](d.t)(d.Messages.Note(d.t.Context(), d.Ana, message.NoteInput{Number: n, Body: body}))
}

func TestHitsQuoteTheMessageThatMatches(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	n := d.Receive(fixture.Mail{From: "zoe@b.test", Name: "Zoë Quill", Subject: "Tent pole", Body: "The pole of my tent broke.\n\nKind regards"})
	d.note(n, "Ask the maker about the pole and the <b>zipper</b>")
	for i := range 10 {
		d.note(n, fmt.Sprintf("Nothing new, try %d", i))
	}
	for text, want := range map[string][4]string{
		"broke":             {"Tent pole", "Zoë Quill", "The pole of my tent [broke]. Kind regards", "inbound"},
		"zipper":            {"Tent pole", "Zoë Quill", "…the pole and the <b>[zipper]</b>", "note"},
		"tent broke":        {"[Tent] pole", "Zoë Quill", "The pole of my [tent] [broke]. Kind regards", "inbound"},
		"zoe":               {"Tent pole", "[Zoë] Quill", "", ""},
		"subject:tent":      {"[Tent] pole", "Zoë Quill", "", ""},
		"subject:tent made": {},
		"nothing -broken":   {"Tent pole", "Zoë Quill", "[Nothing] new, try 9", "note"},
	} {
		if want == [4]string{} {
			d.finds(d.Ana, text)
			continue
		}
		h := d.hit(text)
		if got := [4]string{show(h.Subject), show(h.Contact), show(h.Excerpt), h.Kind}; got != want {
			t.Errorf("%q shows %q, want %q", text, got, want)
		}
	}
	if r, _ := d.ask("status:open", cases.PageInput{}); r.Hits != nil {
		t.Error("a search without words has hits")
	}
}

// TestErasedTextIsNeitherFoundNorQuoted, nor is text of deleted cases told to those who may not see them.
func TestErasedTextIsNeitherFoundNorQuoted(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	ctx := t.Context()
	n := d.Receive(fixture.Mail{Subject: "Card", Body: "My card number is 4111222233334444, thanks."})
	d.note(n, "He sent his card number")
	id := fixture.One[int64](d.Desk, `select min(id) from messages where workspace_id = $1`, d.ID())
	must[message.Redaction](t)(d.Messages.Redact(ctx, d.Owner, message.RedactInput{Number: n, Message: message.ID(id), Body: true}))
	d.finds(d.Ana, "4111222233334444")
	h := d.hit("card number")
	if got := show(h.Excerpt); got != "He sent his [card] [number]" {
		t.Errorf("quoted: %q", got)
	}

	must[cases.Case](t)(d.Cases.Delete(ctx, d.Ana, cases.DeleteInput{Number: n}))
	for who, found := range map[string]int{"ana": 1, "ben": 0, "vera": 0} {
		r, err := d.Search.Cases(ctx, d.Actors()[who], "card status:deleted", cases.PageInput{})
		if err != nil || len(r.Rows) != found || len(r.Hits) != found {
			t.Errorf("%s finds %d, quoted %v, %v", who, len(r.Rows), r.Hits, err)
		}
		r, err = d.Search.Cases(ctx, d.Actors()[who], "card", cases.PageInput{})
		if err != nil || len(r.Rows) != 0 || r.Deleted.Count != found {
			t.Errorf("%s is told of %v, %v", who, r.Deleted, err)
		}
	}
}
