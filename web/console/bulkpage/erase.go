package bulkpage

import (
	"slices"
	"strconv"
	"strings"

	"caseward/internal/desk/cases"
	"caseward/web/kit"
)

// eraseWord is typed to confirm that many cases go for good.
const eraseWord = "delete"

// confirmsErasure refuses to delete more than one case forever unless the word was typed.
func confirmsErasure(form *kit.Form, chosen selection) {
	if kindOf(form) == cases.EraseMany && chosen.many() && !strings.EqualFold(form.Text("confirm"), eraseWord) {
		form.Fail("confirm", "Type the word "+eraseWord+" to delete these cases forever.")
	}
}

func (s selection) many() bool { return s.all || len(s.numbers) > 1 }

// numbersText names the chosen cases: "Cases 3, 5 and 9".
func (s selection) numbersText() string {
	texts := make([]string, len(s.numbers))
	for i, n := range slices.Sorted(slices.Values(s.numbers)) {
		texts[i] = strconv.FormatInt(int64(n), 10)
	}
	switch len(texts) {
	case 0:
		return ""
	case 1:
		return "Case " + texts[0]
	}
	last := len(texts) - 1
	return "Cases " + strings.Join(texts[:last], ", ") + " and " + texts[last]
}

// forGood says what becomes of them.
func (s selection) forGood() string {
	verb, they := " goes", "it"
	if s.many() {
		verb, they = " go", "they"
	}
	return verb + " for good at once, with all messages, notes and files. This cannot be undone, and there is no time in which " + they + " can be restored."
}

// butHeld takes what is kept out of all that go.
func (v askView) butHeld() string {
	if v.held == 0 {
		return ""
	}
	return " but those that legal holds keep,"
}

// heldText says beforehand what a legal hold keeps from it; "" where none does.
func (v askView) heldText() string {
	switch {
	case v.held == 0:
		return ""
	case v.held == 1 && v.count == 1:
		return "It is kept by a legal hold and stays in Spam."
	case v.held == 1:
		return "1 of them is kept by a legal hold and stays in Spam."
	case v.held > cases.CountCap:
		return "More than 1,000 of them are kept by legal holds and stay in Spam."
	}
	return strconv.Itoa(v.held) + " of them are kept by legal holds and stay in Spam."
}

// until is now, in microseconds: what is marked as spam later was not in the question.
func (v askView) until() string { return strconv.FormatInt(v.visit.Now.UnixMicro(), 10) }
