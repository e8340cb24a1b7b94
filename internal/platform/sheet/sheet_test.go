package sheet_test

import (
	"testing"

	"pgregory.net/rapid"

	"caseward/internal/platform/sheet"
)

func TestNoCellBeginsAFormula(t *testing.T) {
	t.Parallel()
	for cell, want := range map[string]string{"": "", "Ana": "Ana", "=1+1": "'=1+1", "+49 30": "'+49 30", "-": "'-", "@x": "'@x", "\tx": "'\tx", "a=b": "a=b"} {
		if got := sheet.Guard(cell); got != want {
			t.Errorf("%q becomes %q, want %q", cell, got, want)
		}
	}
}

func TestWhatWasGuardedComesBack(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		cell := rapid.OneOf(rapid.String(), rapid.StringMatching(`[=+@\-\t\r][a-z]*`)).Draw(t, "cell")
		if guarded := sheet.Guard(cell); guarded != cell && sheet.Unguard(guarded) != cell {
			t.Fatalf("%q comes back as %q", cell, sheet.Unguard(guarded))
		}
	})
}
