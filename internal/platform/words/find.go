package words

import (
	"bytes"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Piece is a stretch of a text.
type Piece struct {
	Text string
	Hit  bool // what was asked for
}

// Finder finds in texts what was asked for, to show it.
type Finder struct {
	terms   []Term
	needles []string // without any of which no ASCII text has any of the terms
}

// NewFinder returns a Finder of terms.
func NewFinder(terms []Term) *Finder {
	f := &Finder{terms: terms}
	for _, t := range terms {
		for _, all := range t.any {
			f.needles = append(f.needles, all[0][0].needles()...)
		}
	}
	return f
}

// needles are the letters and digits that stand in a text which has the word, whatever stands between them.
func (w word) needles() (list []string) {
	for _, form := range w.forms {
		if number, ok := strings.CutPrefix(form, backwards); ok {
			form = reverse(number)
		}
		list = append(list, form)
	}
	return list
}

// mayHave is false for most texts that have none of the terms. It looks at letters only, which is many times faster than
// taking a text apart, and knows only ASCII.
func (f *Finder) mayHave(text string) bool {
	letters := make([]byte, 0, len(text))
	for i := range len(text) {
		switch c := text[i]; {
		case c >= utf8.RuneSelf:
			return true
		case 'A' <= c && c <= 'Z':
			letters = append(letters, c+'a'-'A')
		case 'a' <= c && c <= 'z', '0' <= c && c <= '9':
			letters = append(letters, c)
		}
	}
	return slices.ContainsFunc(f.needles, func(n string) bool { return bytes.Contains(letters, []byte(n)) })
}

// span is a place in a text where a term stands.
type span struct{ start, end, term int }

// spans finds all places, in order.
func (f *Finder) spans(text string) (list []span) {
	if !f.mayHave(text) {
		return nil
	}
	r := read(text)
	for i, t := range f.terms {
		for _, all := range t.any {
			list = append(list, r.allOf(all, i)...)
		}
	}
	slices.SortStableFunc(list, func(a, b span) int { return a.start - b.start })
	return list
}

// allOf finds where phrases stand, unless one of them stands nowhere.
func (r reading) allOf(all []phrase, term int) (list []span) {
	for _, p := range all {
		before := len(list)
		for i := range r.parts {
			if end, ok := r.at(p, i); ok {
				list = append(list, span{r.parts[i].start, end, term})
			}
		}
		if len(p) == 1 {
			for _, t := range r.others {
				if p[0].matches(t) {
					list = append(list, span{t.start, t.end, term})
				}
			}
		}
		if len(list) == before {
			return nil
		}
	}
	return list
}

// at reports whether the phrase begins at a part, and where it ends.
func (r reading) at(p phrase, i int) (end int, ok bool) {
	if i+len(p) > len(r.parts) {
		return 0, false
	}
	for j, w := range p {
		if !w.matches(r.parts[i+j]) {
			return 0, false
		}
		end = max(end, r.parts[i+j].end)
	}
	return end, true
}

func (w word) matches(t token) bool {
	for _, want := range w.forms {
		if t.form == want || t.other == want || w.prefix && (strings.HasPrefix(t.form, want) || strings.HasPrefix(t.other, want)) {
			return true
		}
	}
	return false
}

// Found is how many of the terms stand in the text.
func (f *Finder) Found(text string) int { return distinct(f.spans(text)) }

func distinct(list []span) int {
	seen := map[int]bool{}
	for _, s := range list {
		seen[s.term] = true
	}
	return len(seen)
}

// Mark returns the whole text in pieces.
func (f *Finder) Mark(text string) []Piece { return pieces(text, f.spans(text)) }

// lead is how much of a text is shown before what was found, in characters.
const lead = 24

// Snippet returns about n characters of the text, on one line, around where most of the terms stand, and how many of them
// stand in the whole text. Without any of them it is nil.
func (f *Finder) Snippet(text string, n int) (list []Piece, found int) {
	spans := f.spans(text)
	if len(spans) == 0 {
		return nil, 0
	}
	return snippet(text, spans, n), distinct(spans)
}

func snippet(text string, list []span, n int) []Piece {
	best, most := 0, 0
	for i := range list {
		if found := distinct(within(list[i:], list[i].start, n-lead)); found > most {
			best, most = i, found
		}
	}
	start := backTo(text, list[best].start, lead)
	end := aheadTo(text, max(list[best].end, start), n-utf8.RuneCountInString(text[start:list[best].start]))
	var inside []span
	for _, s := range list {
		if s.start >= start && s.end <= end {
			inside = append(inside, span{s.start - start, s.end - start, s.term})
		}
	}
	result := oneLine(pieces(text[start:end], inside))
	if strings.TrimSpace(text[:start]) != "" {
		result[0].Text = "…" + result[0].Text
	}
	if last := len(result) - 1; strings.TrimSpace(text[end:]) != "" {
		result[last].Text += "…"
	}
	return result
}

// within are the spans that end at most n characters, roughly, after start.
func within(list []span, start, n int) []span {
	end := slices.IndexFunc(list, func(s span) bool { return s.end-start > n })
	if end < 0 {
		return list
	}
	return list[:end]
}

// backTo goes back n characters, to the beginning of a word where there is one.
func backTo(text string, from, n int) int {
	at := from
	for range n {
		_, size := utf8.DecodeLastRuneInString(text[:at])
		at -= size
	}
	if at == 0 {
		return 0
	}
	if i := strings.IndexFunc(text[at:from], unicode.IsSpace); i >= 0 {
		return at + i
	}
	return at
}

// aheadTo goes on n characters, back to the end of a word where there is one.
func aheadTo(text string, from, n int) int {
	at := from
	for ; n > 0 && at < len(text); n-- {
		_, size := utf8.DecodeRuneInString(text[at:])
		at += size
	}
	if at == len(text) {
		return at
	}
	if i := strings.LastIndexFunc(text[from:at], unicode.IsSpace); i >= 0 {
		return from + i
	}
	return at
}

// pieces cuts a text at its spans; those that overlap become one.
func pieces(text string, list []span) (result []Piece) {
	at := 0
	add := func(end int, hit bool) {
		if end > at {
			result = append(result, Piece{text[at:end], hit})
			at = end
		}
	}
	for i := 0; i < len(list); {
		start, end := list[i].start, list[i].end
		for i++; i < len(list) && list[i].start <= end; i++ {
			end = max(end, list[i].end)
		}
		add(start, false)
		add(end, true)
	}
	add(len(text), false)
	return result
}

// oneLine makes each stretch of white space and control characters a single space.
func oneLine(list []Piece) []Piece {
	space := true // at the beginning none is wanted
	for i, p := range list {
		var b strings.Builder
		for _, r := range p.Text {
			if unicode.IsSpace(r) || unicode.IsControl(r) {
				if !space {
					b.WriteByte(' ')
				}
				space = true
				continue
			}
			b.WriteRune(r)
			space = false
		}
		list[i].Text = b.String()
	}
	last := &list[len(list)-1]
	last.Text = strings.TrimRight(last.Text, " ")
	return list
}
