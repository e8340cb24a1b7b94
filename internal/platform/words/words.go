// Package words takes text apart into the words by which it is found: without regard to case and accents, in the letters
// of any language, addresses and numbers as people type them. What is kept for finding and what is asked for go through
// the same code, so PostgreSQL only ever compares words that are equal, or equal at the beginning.
package words

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Version names the way words are made. Whoever keeps documents keeps it beside them, and makes those of an older version anew.
const Version = 1

// token is a word of a text. Compounds and telephone numbers stand where their first part does.
type token struct {
	kind       kind
	start, end int // bytes of the text
	place      int // counts up from first
	form       string
	other      string // a second form; "" where there is none
}

func (t token) forms() []string {
	if t.other == "" {
		return []string{t.form}
	}
	return []string{t.form, t.other}
}

type kind uint8

const (
	simple   kind = iota
	pair          // two signs that stand side by side
	single        // the last sign of a run
	compound      // parts written as one
	phone
)

// first is the place of a text's first word. The gap before it keeps phrases from reaching over the ends of texts that
// PostgreSQL has joined.
const first = 2

// maxForm bounds a word in bytes; what is longer, such as encoded data, is found by its beginning.
const maxForm = 100

// class is what a character does in a text.
type class uint8

const (
	separates class = iota
	spells          // part of a word
	signs           // written without spaces, or with particles attached: words are not told apart
	marks           // belongs to the character before
	invisible       // such as a soft hyphen: as if it were not there
)

func classOf(r rune) class {
	switch {
	case r < utf8.RuneSelf:
		if 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' {
			return spells
		}
		return separates
	case r == '\u200b': // zero width space: says where a Thai or Khmer word ends
		return separates
	case unicode.Is(unicode.Cf, r):
		return invisible
	case unicode.IsMark(r), r == '\uff9e', r == '\uff9f': // the latter voice half-width katakana
		return marks
	case r == 'ー', r == 'ｰ', unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Hangul,
		unicode.Thai, unicode.Lao, unicode.Khmer, unicode.Myanmar):
		if unicode.IsLetter(r) || unicode.IsNumber(r) {
			return signs
		}
		return separates
	case unicode.IsLetter(r), unicode.IsNumber(r):
		return spells
	}
	return separates
}

// joins reports whether a single one of it between words makes a compound, such as AB-1234/56 or o'neil@shop.test.
func joins(r rune) bool { return strings.ContainsRune("-‐‑_./\\@'’ʼ:+&#,", r) }

// scanner reads the words of a text.
type scanner struct {
	text  string
	emit  func(token)
	place int

	parts  []token // of the compound that may be going on
	groups []token // of the telephone number that may be going on
}

// scan calls emit for every word, compound and telephone number, by their ends.
func scan(text string, emit func(token)) {
	s := &scanner{text: text, emit: emit, place: first, parts: make([]token, 0, maxParts)}
	for at := 0; at < len(text); {
		r, size := utf8.DecodeRuneInString(text[at:])
		switch classOf(r) {
		case spells:
			at = s.word(at)
		case signs:
			s.endCompound()
			s.endNumber()
			at = s.run(at)
		case separates, marks, invisible:
			s.between(at, r)
			at += size
		}
	}
	s.endCompound()
	s.endNumber()
}

// word reads a word that others are told apart from, and returns where it ends.
func (s *scanner) word(start int) int {
	end := start
	for end < len(s.text) && s.text[end] < utf8.RuneSelf && classOf(rune(s.text[end])) == spells {
		end++
	}
	plain := end == len(s.text) || s.text[end] < utf8.RuneSelf
	for !plain && end < len(s.text) {
		r, size := utf8.DecodeRuneInString(s.text[end:])
		if c := classOf(r); c == separates || c == signs {
			break
		}
		end += size
	}
	t := token{start: start, end: end, place: s.place}
	if plain {
		t.form = cut(strings.ToLower(s.text[start:end]))
	} else if t.form, t.other = fold(s.text[start:end]); t.form == "" {
		return end
	}
	s.emit(t)
	s.place++
	s.parts = append(s.parts, t)
	if isNumber(t.form) {
		s.groups = append(s.groups, t)
	} else if len(s.groups) > 0 {
		s.endNumber()
	}
	return end
}

// between ends compounds and numbers where what stands between two words does not hold them together.
func (s *scanner) between(at int, r rune) {
	if n := len(s.parts); n > 0 && (s.parts[n-1].end != at || !joins(r)) {
		s.endCompound()
	}
	if n := len(s.groups); n > 0 && (at-s.groups[n-1].end >= maxGap || !groups(r)) {
		s.endNumber()
	}
}

// maxParts bounds a compound: what has more is a list or a path, whose parts are found each.
const maxParts = 12

// endCompound adds the parts written as one: e-mail is found as email, AB-1234/56 as ab123456.
func (s *scanner) endCompound() {
	parts := s.parts
	s.parts = s.parts[:0]
	if len(parts) < 2 || len(parts) > maxParts {
		return
	}
	s.join(parts)
	if last := parts[len(parts)-1]; len(parts) > 2 && last.form == "s" && strings.ContainsAny(s.text[parts[len(parts)-2].end:last.start], "'’") {
		s.join(parts[:len(parts)-1]) // O'Brien's is found as obrien
	}
}

func (s *scanner) join(parts []token) {
	var b strings.Builder
	for _, p := range parts {
		b.WriteString(p.form)
	}
	s.emit(token{compound, parts[0].start, parts[len(parts)-1].end, parts[0].place, cut(b.String()), ""})
}

// run reads a run of signs: each two neighbours are a word, and the last alone, so that every part of the run is found.
func (s *scanner) run(start int) int {
	signsOf := clusters(s.text[start:])
	at := start
	for i, c := range signsOf {
		t := token{single, at, at + c.size, s.place, c.form, ""}
		if i+1 < len(signsOf) {
			next := signsOf[i+1]
			t.kind, t.end, t.form = pair, t.end+next.size, c.form+next.form
		}
		s.emit(t)
		s.place++
		at += c.size
	}
	return at
}

// cluster is a sign with its marks.
type cluster struct {
	form string
	size int // bytes of the text
}

// clusters reads the signs that a text begins with.
func clusters(text string) (list []cluster) {
	begin, end := 0, 0
	flush := func() {
		if end > begin {
			list = append(list, cluster{foldSign(text[begin:end]), end - begin})
		}
		begin = end
	}
	for end < len(text) {
		r, size := utf8.DecodeRuneInString(text[end:])
		switch classOf(r) {
		case signs:
			flush()
		case marks, invisible:
		case separates, spells:
			flush()
			return list
		}
		end += size
	}
	flush()
	return list
}
