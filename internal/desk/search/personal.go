package search

import (
	"slices"
	"strings"
	"unicode"
)

// Personal reports whether what a query finds may depend on who asks, besides their rights: “me” is
// somebody else to everybody, and days begin where the reader is. It errs on the side of yes.
func Personal(text string) bool {
	words := strings.FieldsFunc(strings.ToLower(text), func(r rune) bool { return !unicode.IsLetter(r) })
	return slices.ContainsFunc(words, func(w string) bool { return w == "me" || w == "before" || w == "after" })
}
