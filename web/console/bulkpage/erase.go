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
	if v.held.Count == 0 {
		return ""
	}
	return " but those that legal holds keep,"
}

// going is the selection without those that a legal hold keeps from being deleted forever.
func (v askView) going() selection {
	s := v.selection
	if v.do == cases.EraseMany && len(v.held.Numbers) > 0 {
		s.numbers = slices.DeleteFunc(slices.Clone(s.numbers), func(n cases.Number) bool { return slices.Contains(v.held.Numbers, n) })
	}
	return s
}

// allHeld reports whether a legal hold keeps every one of the chosen cases.
func (v askView) allHeld() bool { return v.count <= cases.CountCap && v.held.Count >= v.count }

func (v askView) eraseLabel() string {
	if v.count > cases.CountCap && v.held.Count > 0 { // how many that leaves nobody has counted
		return "Delete the others forever"
	}
	return "Delete " + manyText(v.count-v.held.Count) + " forever"
}

// keptText says which of the cases legal holds keep, as the beginning of a sentence.
func (v askView) keptText() string {
	switch {
	case v.count == 1:
		return "It is kept by a legal hold"
	case v.allHeld():
		return "All of them are kept by legal holds"
	case v.held.Count == 1:
		return "1 of them is kept by a legal hold"
	case v.held.Count > cases.CountCap:
		return "More than 1,000 of them are kept by legal holds"
	}
	return strconv.Itoa(v.held.Count) + " of them are kept by legal holds"
}

// heldText says beforehand what a legal hold keeps from it; "" where none does.
func (v askView) heldText() string {
	switch {
	case v.held.Count == 0:
		return ""
	case v.held.Count == 1 && !v.allHeld() || v.count == 1:
		return v.keptText() + " and stays in Spam."
	}
	return v.keptText() + " and stay in Spam."
}

// heldLater says what becomes of those afterwards.
func (v askView) heldLater() string {
	if v.held.Count == 1 {
		return "Nothing is done with it later by itself: delete it again when the last hold is released."
	}
	return "Nothing is done with them later by itself: delete them again when the last hold is released."
}

// heldDeletion says what a legal hold does to cases that are to be deleted; "" where it does nothing.
func (v askView) heldDeletion() string {
	switch {
	case v.held.Count == 0:
		return ""
	case v.count > cases.CountCap:
		return "Some of them are kept by legal holds: those can be deleted, but are not removed for good before the last hold is released."
	case v.held.Count == 1:
		return v.keptText() + ": it can be deleted, but is not removed for good before the last hold is released."
	}
	return v.keptText() + ": they can be deleted, but are not removed for good before the last hold is released."
}

// until is now, in microseconds: what is marked as spam later was not in the question.
func (v askView) until() string { return strconv.FormatInt(v.visit.Now.UnixMicro(), 10) }
