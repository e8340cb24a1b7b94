package cases_test

import (
	"testing"

	"caseward/internal/desk/cases"
)

func TestPossibleDuplicates(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		a, b string
		near bool
	}{
		{"Charged twice", "charged  TWICE!", true},
		{"Re: Fwd: AW[2]: Charged twice", "Charged twice", true},
		{"Charged twice for order 48102", "I was charged twice for order 48102", true},
		{"Charged twice for order 48102", "Charged twice for order 48103", false},
		{"Charged twice for order 48102", "Charged twice for my order", true},
		{"Where is my parcel", "Where is my invoice", true},
		{"Where is my parcel", "Login does not work", false},
		{"Re:", "Fwd:", false},
		{"", "", false},
		{"配送について", "Re: 配送について", true},
	} {
		if got := len(cases.PossibleDuplicates(c.a, []cases.Other{{Subject: c.b}})) == 1; got != c.near {
			t.Errorf("%q and %q: %v", c.a, c.b, got)
		}
	}
}
