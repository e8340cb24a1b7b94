package app_test

import (
	"fmt"
	"testing"
)

// TestTheFocusStaysWhereTheWorkIs: what was pressed is gone afterwards, and who moves by keyboard goes on from there.
func TestTheFocusStaysWhereTheWorkIs(t *testing.T) {
	t.Parallel()
	s := start(t)
	number := s.numberOf(subject)
	ana := s.as("ana@acme.test")
	ana.Go(fmt.Sprintf("/w/acme/cases/%d", number))
	ana.Follow("Delete Case")
	ana.Is(`document.querySelector("dialog[open]")`)
	ana.Follow("Keep the case")
	ana.Is(`document.activeElement.textContent.trim() === "Delete Case"`)

	ana.Follow("Delete Case")
	ana.Is(`document.querySelector("dialog[open]")`)
	ana.Is(`document.activeElement.closest("dialog")`)
	const press = `(b => { b.click(); return true })(document.querySelector("dialog button[type=submit]"))`
	ana.Is(press)
	ana.See(fmt.Sprintf("Case %d deleted", number))
	ana.Is(`document.activeElement.id === "notices"`)
	ana.Accessible()
	ana.Press("Undo")
	ana.See(fmt.Sprintf("Case %d restored", number))
	ana.Is(`document.activeElement.id === "notices"`)
}
