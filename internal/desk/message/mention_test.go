package message_test

import (
	"fmt"
	"testing"

	"caseward/internal/desk/access"
	"caseward/internal/desk/message"
	"caseward/internal/desk/notify"
	"caseward/internal/testkit/fixture"
)

func TestMentioned(t *testing.T) {
	t.Parallel()
	all := []message.Colleague{{ID: 1, Name: "Ana Duarte", Email: "ana@acme.test"}, {ID: 2, Name: "Ana Lima", Email: "lima@acme.test"}, {ID: 3, Name: "Zoë Ng", Email: "z.ng@acme.test"}}
	for text, want := range map[string]string{
		"@ana please look": "[1 2]", "@Ana Lima, please": "[2]", "(@lima)": "[2]", "@zoë!": "[3]", "@z.ng": "[3]", "@anabel": "[]", "@ana-lena": "[]",
		"ana@acme.test": "[]", "mail to x@lima": "[]", "@": "[]", "@nobody and @Zoë Ng and @ANA DUARTE": "[1 3]", "": "[]",
	} {
		if got := fmt.Sprint(message.Mentioned(text, all)); got != want {
			t.Errorf("%q mentions %s, want %s", text, got, want)
		}
	}
}

// TestAMentionIsTold once, in the note's transaction, and never to who wrote it.
func TestAMentionIsTold(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	n := d.Receive(fixture.Mail{})
	_, err := d.Messages.Note(t.Context(), d.Ana, message.NoteInput{Number: n, Body: "@Ben, as @ana and @vera say: look, @ben."})
	must(t, err)
	told := func(who access.Actor) int {
		return fixture.One[int](d, `select count(*) from notifications where member_id = $1 and kind = $2`, who.Member, notify.Mentioned)
	}
	if told(d.Ben) != 1 || told(d.Viewer) != 1 || told(d.Ana) != 0 {
		t.Errorf("Ben was told %d times, Vera %d, Ana herself %d", told(d.Ben), told(d.Viewer), told(d.Ana))
	}
}
