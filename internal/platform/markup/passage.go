package markup

import (
	"cmp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// Passages are pieces of text that are looked for as people read them. Capitals, the kind and amount of white space,
// quotation marks and bullets at the beginning of a line, marks of emphasis, invisible characters and the ways to encode
// one letter make no difference.
type Passages struct{ list []passage }

type passage struct {
	folded   string
	emphasis bool // has marks of emphasis of its own, as in maria_stone
}

// NewPassages returns the passages that have something to look for; the others are left out.
func NewPassages(texts ...string) Passages {
	var p Passages
	for _, text := range texts {
		folded := fold(text).text
		known := func(q passage) bool { return q.folded == folded }
		if strings.Trim(folded, "\u2587 ") != "" && !slices.ContainsFunc(p.list, known) {
			p.list = append(p.list, passage{folded, strings.ContainsAny(text, emphasisMarks)})
		}
	}
	return p
}

// Empty reports whether there is nothing to look for.
func (p Passages) Empty() bool { return len(p.list) == 0 }

// Shortest is the length of the shortest passage in characters; 0 without any.
func (p Passages) Shortest() (n int) {
	for i, q := range p.list {
		if length := utf8.RuneCountInString(q.folded); i == 0 || length < n {
			n = length
		}
	}
	return n
}

// In reports whether one of the passages stands in a plain text.
func (p Passages) In(text string) bool {
	if p.Empty() || text == "" {
		return false
	}
	f := fold(text)
	return slices.ContainsFunc(p.list, func(q passage) bool { return strings.Contains(f.text, q.folded) })
}

// Place is where a passage stands, with the words around it.
type Place struct{ Before, Found, After string }

// span is a place by its bytes.
type span struct {
	from, to int
	emphasis bool // as of passage
}

// spans finds every place in a plain text, in order; places that overlap or touch are one.
func (p Passages) spans(text string) []span {
	if p.Empty() {
		return nil
	}
	f := fold(text)
	var found []span
	for _, q := range p.list {
		for at := 0; ; {
			i := strings.Index(f.text[at:], q.folded)
			if i < 0 {
				break
			}
			from, to := at+i, f.withAccents(at+i+len(q.folded))
			found = append(found, span{int(f.from[from]), int(f.to[to-1]), q.emphasis})
			at = to
		}
	}
	slices.SortFunc(found, func(a, b span) int { return cmp.Or(a.from-b.from, b.to-a.to) })
	merged := found[:0]
	for _, s := range found {
		if last := len(merged) - 1; last >= 0 && s.from <= merged[last].to {
			merged[last].to = max(merged[last].to, s.to)
			merged[last].emphasis = merged[last].emphasis || s.emphasis
			continue
		}
		merged = append(merged, s)
	}
	return merged
}

// places tells of the spans in words.
func places(text string, spans []span) []Place {
	const around = 40 // characters
	list := make([]Place, len(spans))
	for i, s := range spans {
		before := []rune(oneSpace(text[runeStart(text, s.from-4*around):s.from]))
		after := []rune(oneSpace(text[s.to:runeStart(text, s.to+4*around)]))
		list[i] = Place{
			Before: strings.TrimLeft(string(before[max(0, len(before)-around):]), " "),
			Found:  strings.Join(strings.Fields(text[s.from:s.to]), " "),
			After:  strings.TrimRight(string(after[:min(len(after), around)]), " "),
		}
	}
	return list
}

func runeStart(text string, at int) int {
	at = min(max(at, 0), len(text))
	for at > 0 && at < len(text) && !utf8.RuneStart(text[at]) {
		at--
	}
	return at
}

// oneSpace makes every run of white space one space, also at the ends.
func oneSpace(text string) string {
	var b strings.Builder
	space := false
	for _, r := range text {
		if unicode.IsSpace(r) {
			if !space {
				b.WriteByte(' ')
			}
			space = true
			continue
		}
		space = false
		b.WriteRune(r)
	}
	return b.String()
}

// folded is a text in the form in which passages are compared.
type folded struct {
	text     string
	from, to []int32 // of each byte of text: where its character begins and ends in the original
}

// withAccents moves the end of a place behind the accents that belong to its last letter.
func (f folded) withAccents(end int) int {
	for end < len(f.text) {
		r, size := utf8.DecodeRuneInString(f.text[end:])
		if !unicode.Is(unicode.Mn, r) {
			break
		}
		end += size
	}
	return end
}

// emphasisMarks are Markdown's. They stand in the text part of mails too, where they show nothing but themselves.
const emphasisMarks = "*_~`"

func fold(src string) folded {
	w := foldWriter{text: make([]byte, 0, len(src)), from: make([]int32, 0, len(src)), to: make([]int32, 0, len(src))}
	lineStart, space := true, false
	for at := 0; at < len(src); {
		r, size := utf8.DecodeRuneInString(src[at:])
		switch {
		case unicode.IsSpace(r):
			lineStart, space = lineStart || r == '\n' || r == '\r' || r == '\u2028' || r == '\u2029', true
		case lineStart && (r == '>' || isBullet(src[at:])):
			space = true
		case isUnseen(r) || r == '\\' || strings.ContainsRune(emphasisMarks, r):
		default:
			if space && len(w.text) > 0 {
				w.write(' ', at, at)
			}
			lineStart, space = false, false
			w.character(r, at, at+size)
		}
		at += size
	}
	return folded{string(w.text), w.from, w.to}
}

// isBullet reports a list's dash, or the marks of a heading, at the beginning of s.
func isBullet(s string) bool {
	s = s[:min(len(s), 7)]
	mark := len(s) - len(strings.TrimLeft(s, "#"))
	switch {
	case s[0] == '-' || s[0] == '+':
		mark = 1
	case strings.HasPrefix(s, "•"):
		mark = len("•")
	}
	return mark > 0 && (mark == len(s) || s[mark] == ' ' || s[mark] == '\t')
}

// isUnseen reports characters that take no room: soft hyphens, joiners, marks of direction, selectors of variants.
func isUnseen(r rune) bool {
	return r >= 0x80 && (unicode.Is(unicode.Cf, r) || unicode.Is(unicode.Variation_Selector, r))
}

type foldWriter struct {
	text     []byte
	from, to []int32
}

func (w *foldWriter) write(r rune, from, to int) {
	had := len(w.text)
	w.text = utf8.AppendRune(w.text, r)
	for range len(w.text) - had {
		w.from, w.to = append(w.from, int32(from)), append(w.to, int32(to))
	}
}

// typed are characters that programs put in place of what people type.
var typed = map[rune]rune{'‘': '\'', '’': '\'', '‚': '\'', '“': '"', '”': '"', '„': '"', '‐': '-', '‑': '-', '–': '-', '—': '-', '−': '-'}

// character writes what a character and its variants have in common.
func (w *foldWriter) character(r rune, from, to int) {
	if r < utf8.RuneSelf {
		w.write(unicode.ToLower(r), from, to)
		return
	}
	if plain, ok := typed[r]; ok {
		w.write(plain, from, to)
		return
	}
	parts := norm.NFKD.String(string(r))
	if strings.HasPrefix(parts, " ") { // an accent that stands alone
		parts = string(r)
	}
	for _, part := range parts {
		w.write(unicode.ToLower(unicode.ToUpper(part)), from, to)
	}
}
