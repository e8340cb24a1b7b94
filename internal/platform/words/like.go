package words

import (
	"strings"
	"unicode"
)

// Likeness says how well what somebody typed names something.
type Likeness int

// The degrees, the weakest first.
const (
	Unlike    Likeness = iota
	Beginning          // its words begin so
	Whole              // it has all of the words
	Same               // it has just these words
)

// Like compares a name with what somebody typed for it.
func Like(name, typed string) Likeness {
	n, p := read(name), read(typed).phrase()
	if len(p) == 0 {
		return Unlike
	}
	if _, ok := n.at(p, 0); ok && len(p) == len(read(name).phrase()) {
		return Same
	}
	likeness := Whole
	for _, chunk := range strings.Fields(typed) {
		switch {
		case n.hasAny(Word(chunk, false)):
		case n.hasAny(Word(chunk, true)):
			likeness = Beginning
		default:
			return Unlike
		}
	}
	return likeness
}

func (r reading) hasAny(t Term) bool {
	for _, all := range t.any {
		if len(r.allOf(all, 0)) > 0 {
			return true
		}
	}
	return t.Empty()
}

// NameQuery asks, in PostgreSQL's form, for names with words that begin as the typed ones do. It is for names that
// PostgreSQL has taken apart itself, at spaces and punctuation only: see name_words in the migrations. It is "" where
// nothing can be asked for.
func NameQuery(typed string) string {
	var all []string
	for _, w := range strings.FieldsFunc(typed, func(r rune) bool { return r < unicode.MaxASCII && classOf(r) == separates || unicode.IsSpace(r) }) {
		if form, _ := fold(w); form != "" {
			all = append(all, quote(form)+":*")
		}
	}
	return strings.Join(all, " & ")
}
