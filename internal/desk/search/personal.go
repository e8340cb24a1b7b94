package search

import (
	"slices"
	"strings"
	"unicode"
)

// Personal reports whether what a query finds may depend on who asks, besides their rights: only “me” means somebody
// else to everybody. It errs on the side of yes.
func Personal(text string) bool {
	return slices.Contains(strings.FieldsFunc(strings.ToLower(text), func(r rune) bool { return !unicode.IsLetter(r) }), "me")
}
