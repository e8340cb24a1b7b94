package words

import (
	"slices"
	"strings"
)

// Term is one thing that was asked for: any of its alternatives, of which all phrases occur. One without alternatives
// asks for nothing.
type Term struct{ any [][]phrase }

// phrase are words that follow one another.
type phrase []word

// word has several forms where it is written in several ways.
type word struct {
	forms  []string
	prefix bool // as a beginning too
}

// Empty reports whether there was no word to ask for.
func (t Term) Empty() bool { return len(t.any) == 0 }

const maxWords = 40 // of a phrase: more would only make it slower

// Phrase reads words that have to follow one another.
func Phrase(text string) Term {
	p := read(text).phrase()
	if len(p) == 0 {
		return Term{}
	}
	return Term{[][]phrase{{p}}}
}

// Word reads what somebody typed without a space: a word, or an address or number in any of the ways in which it is
// written. An unfinished one is found by its beginning too.
func Word(text string, unfinished bool) Term {
	r := read(text)
	p := r.phrase()
	if len(p) == 0 {
		return Term{}
	}
	p[len(p)-1].prefix = p[len(p)-1].prefix || unfinished
	t := Term{[][]phrase{{p}}}
	for _, c := range r.others {
		if c.kind == compound && c.start == r.parts[0].start && c.end == r.parts[len(r.parts)-1].end {
			t.any = append(t.any, []phrase{{{c.forms(), unfinished}}})
		}
	}
	if n, ok := r.number(); ok && n.possible() {
		t.any = append(t.any, []phrase{{{[]string{n.tail()}, true}}})
	}
	return t
}

// Number reads a telephone number with spaces in it; ok is false where it is none. The groups may also be numbers of
// their own, so they are found apart from each other too.
func Number(text string) (t Term, ok bool) {
	r := read(text)
	n, ok := r.number()
	if !ok || !n.valid() || strings.Trim(text, "+0123456789()/.- ") != "" {
		return Term{}, false
	}
	var apart []phrase
	for _, p := range r.parts {
		apart = append(apart, phrase{{p.forms(), false}})
	}
	apart[len(apart)-1][0].prefix = true
	return Term{[][]phrase{{{{[]string{n.tail()}, true}}}, {{{[]string{n.digits}, true}}}, apart}}, true
}

// reading is a text taken apart.
type reading struct {
	text   string
	parts  []token // one at each place
	others []token // compounds and telephone numbers
}

func read(text string) reading {
	r := reading{text: text, parts: make([]token, 0, len(text)/4)}
	scan(text, func(t token) {
		if t.kind == compound || t.kind == phone {
			r.others = append(r.others, t)
		} else {
			r.parts = append(r.parts, t)
		}
	})
	return r
}

// number reads the whole text as a telephone number.
func (r reading) number() (n number, ok bool) {
	if len(r.parts) == 0 || slices.ContainsFunc(r.parts, func(t token) bool { return !isNumber(t.form) }) {
		return n, false
	}
	return readNumber(r.text, r.parts), true
}

// phrase asks for the parts.
func (r reading) phrase() (p phrase) {
	for i, t := range r.parts[:min(len(r.parts), maxWords)] {
		if t.kind == single && i > 0 && i+1 == len(r.parts) && r.parts[i-1].kind == pair {
			break // it is part of the pair before it
		}
		// In a text the run may go on, so that this sign stands there as the first of a pair.
		p = append(p, word{t.forms(), t.kind == single})
	}
	return p
}

// TSQuery spells the term for PostgreSQL. With a weight it asks only for words of that one.
func (t Term) TSQuery(w ...Weight) string {
	label := ""
	for _, weight := range w {
		label += string(weight)
	}
	return join(t.any, " | ", func(all []phrase) string {
		return join(all, " & ", func(p phrase) string {
			return join(p, " <-> ", func(w word) string { return w.tsquery(label) })
		})
	})
}

func (w word) tsquery(label string) string {
	if w.prefix {
		label = "*" + label
	}
	if label != "" {
		label = ":" + label
	}
	return join(w.forms, " | ", func(form string) string { return quote(form) + label })
}

func join[T any](list []T, operator string, spell func(T) string) string {
	if len(list) == 1 {
		return spell(list[0])
	}
	var parts []string
	for _, v := range list {
		parts = append(parts, spell(v))
	}
	return "(" + strings.Join(parts, operator) + ")"
}

// Share is the share of the documents that match, as far as it follows from the share of those that have a word.
func (t Term) Share(of func(form string, prefix bool) float64) (share float64) {
	for _, all := range t.any {
		together := 1.0
		for _, p := range all {
			for _, w := range p {
				forms := 0.0
				for _, form := range w.forms {
					forms += of(form, w.prefix)
				}
				together *= min(forms, 1)
			}
		}
		share += together
	}
	return min(share, 1)
}
