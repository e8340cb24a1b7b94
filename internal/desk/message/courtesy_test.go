package message

import "testing"

func TestOnlyPlainThanksAreACourtesy(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{
		"Thanks!":                            true,
		"thank you so much":                  true,
		"Great, thanks a lot for your help!": true,
		"Vielen Dank!\n\nViele Grüße\nMaria": true,
		"Merci beaucoup, bonne journée":      true,
		"Thanks\n\nOn 3 May 2026, Ana wrote:\n> We fixed it. Does it work?": true,
		"Muchas gracias": true,

		"":                             false,
		"Great":                        false, // no thanks in it
		"No thanks":                    false,
		"Thanks, but it still drips.":  false,
		"Thanks for nothing":           false,
		"Thanks? Really?":              false,
		"Thanks, call me: 555 1234":    false,
		"Thanks 😡":                     false,
		"Thank you, please close it":   false,
		"Thanks, when do you come":     false,
		"Danke, aber es tropft noch":   false,
		"Thanks\n\nSent from my phone": false,
		"Thanks Peter":                 false, // not the sender's name
		"thanks thanks thanks thanks thanks thanks thanks thanks thanks thanks thanks thanks thanks": false,
	} {
		if got := isCourtesy(Incoming{Text: text, FromName: "Maria Silva"}); got != want {
			t.Errorf("%q: %t", text, got)
		}
	}
	if isCourtesy(Incoming{Text: "Thanks!", Attachments: []NewAttachment{{Filename: "photo.png"}}}) {
		t.Error("a mail with a file says more than thanks")
	}
	if isCourtesy(Incoming{Text: "Thanks!", Defects: "A part could not be read."}) {
		t.Error("a mail that was not read whole may say more")
	}
}
