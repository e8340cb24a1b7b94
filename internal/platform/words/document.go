package words

import (
	"slices"
	"strconv"
	"strings"
)

// Weight says how much a word counts in the order of what was found.
type Weight byte

// The weights, the heaviest first. They are PostgreSQL's; D is the one that it does not write.
const (
	A Weight = 'A'
	B Weight = 'B'
	C Weight = 'C'
	D Weight = 'D'
)

// Document collects texts as PostgreSQL keeps them for finding: a tsvector. The zero value is an empty one.
type Document struct {
	places map[string][]place
	marks  []string
	size   int // bytes that the tsvector will roughly have
	next   int
}

type place struct {
	at int
	Weight
}

const (
	maxDocument = 600_000 // bytes; a tsvector holds a little more. Of a longer text the first words are kept
	maxPlaces   = 200     // of one word; PostgreSQL keeps 255
	lastPlace   = 16_000  // PostgreSQL counts to 16,383; a longer text goes on at the beginning
)

// Add adds the words of a text.
func (d *Document) Add(text string, w Weight) {
	if d.places == nil {
		d.places, d.next = make(map[string][]place, 64), first
	}
	last := d.next
	scan(text, func(t token) {
		at := d.next + t.place - first
		last = max(last, at)
		d.put(t.form, place{at%lastPlace + 1, w})
		if t.other != "" {
			d.put(t.other, place{at%lastPlace + 1, w})
		}
	})
	d.next = last + 2 // a gap, so that a phrase does not reach from one text into the next
}

// Mark adds a word that no text has and that stands at no place.
func (d *Document) Mark(word string) { d.marks = append(d.marks, word) }

func (d *Document) put(form string, at place) {
	places, known := d.places[form]
	cost := 2
	if !known {
		cost += len(form) + 6
	}
	if d.size+cost > maxDocument || len(places) >= maxPlaces {
		return
	}
	d.size += cost
	d.places[form] = append(places, at)
}

// Full reports whether the document is as large as it can be, so that further texts add nothing.
func (d *Document) Full() bool { return d.size > maxDocument-2*maxForm }

// String is the document in the form that PostgreSQL reads.
func (d *Document) String() string {
	forms := slices.Clone(d.marks)
	for form := range d.places {
		forms = append(forms, form)
	}
	slices.Sort(forms)
	b := make([]byte, 0, 2*d.size+64)
	for _, form := range forms {
		if len(b) > 0 {
			b = append(b, ' ')
		}
		b = append(b, quote(form)...)
		for i, at := range d.places[form] {
			b = append(b, ":,"[min(i, 1)])
			b = strconv.AppendInt(b, int64(at.at), 10)
			if at.Weight != D {
				b = append(b, byte(at.Weight))
			}
		}
	}
	return string(b)
}

// quote spells a word for PostgreSQL so that none of its characters is an operator.
func quote(form string) string {
	if strings.ContainsAny(form, `\'`) {
		form = strings.NewReplacer(`\`, `\\`, `'`, `''`).Replace(form)
	}
	return "'" + form + "'"
}
