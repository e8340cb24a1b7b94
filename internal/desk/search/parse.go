package search

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// part is one piece of what somebody typed: a word, a phrase in quotes, or key:value with one or more values.
type part struct {
	span
	key     string // in small letters; "" for words
	values  []value
	negated bool
}

// value is what was asked for, without quotation marks.
type value struct {
	span
	text   string
	quoted bool
}

// span is a stretch of the query, in bytes.
type span struct{ start, end int }

// parser cuts a query into its parts. It never fails: whatever cannot be read as a key is a word, and a quotation mark
// that is not closed holds up to the end.
type parser struct {
	text     string
	at       int
	parts    []part
	unclosed *span // the quotation mark
}

func parse(query string) *parser {
	p := &parser{text: query}
	for p.space(); p.at < len(p.text); p.space() {
		p.part()
	}
	return p
}

func (p *parser) rest() string { return p.text[p.at:] }

func (p *parser) space() { p.at = len(p.text) - len(strings.TrimLeftFunc(p.rest(), unicode.IsSpace)) }

func (p *parser) part() {
	x := part{span: span{start: p.at}}
	if after, ok := strings.CutPrefix(p.rest(), "-"); ok && after != "" && !startsWithSpace(after) {
		x.negated = true
		p.at++
	}
	if key, size := cutKey(p.rest()); key != "" {
		x.key = key
		p.at += size
		x.values = p.list()
	} else if v := p.value(unicode.IsSpace); v.text != "" {
		x.values = []value{v}
	}
	x.end = p.at
	if x.key != "" || len(x.values) > 0 {
		p.parts = append(p.parts, x)
	}
}

// cutKey reads "key:", which is a word of ASCII letters, or of a custom field also of digits and hyphens; "https://…" and
// "10:30" are words. The key is "" where there is none, the size in bytes.
func cutKey(s string) (key string, size int) {
	i := strings.IndexFunc(s, func(r rune) bool {
		return r > unicode.MaxASCII || !unicode.IsLetter(r) && !unicode.IsDigit(r) && r != '-'
	})
	if i > 0 && !unicode.IsLetter(rune(s[0])) {
		return "", 0
	}
	if i <= 0 || strings.HasPrefix(s[i:], "://") {
		return "", 0
	}
	for _, colon := range []string{":", "："} { // the wide one is what Japanese keyboards write
		if strings.HasPrefix(s[i:], colon) {
			return strings.ToLower(s[:i]), i + len(colon)
		}
	}
	return "", 0
}

// list reads the values of a key, which commas part.
func (p *parser) list() (list []value) {
	ends := func(r rune) bool { return r == ',' || unicode.IsSpace(r) }
	for {
		if v := p.value(ends); v.text != "" {
			list = append(list, v)
		}
		if !strings.HasPrefix(p.rest(), ",") {
			return list
		}
		p.at++
	}
}

// value reads up to a character that ends it, or what stands in quotation marks.
func (p *parser) value(ends func(rune) bool) value {
	v := value{span: span{start: p.at}}
	rest := p.rest()
	if open, size := utf8.DecodeRuneInString(rest); closing(open) != "" {
		inside := rest[size:]
		end := strings.IndexAny(inside, closing(open))
		if end < 0 {
			p.unclosed = &span{p.at, p.at + size}
			p.at = len(p.text)
			end = len(inside)
		} else {
			_, closed := utf8.DecodeRuneInString(inside[end:])
			p.at += size + end + closed
		}
		v.text, v.quoted = strings.TrimSpace(inside[:end]), true
	} else {
		end := strings.IndexFunc(rest, ends)
		if end < 0 {
			end = len(rest)
		}
		v.text = rest[:end]
		p.at += end
	}
	v.end = p.at
	return v
}

// closing are the quotation marks that close one that opens: keyboards of telephones write curly ones.
func closing(open rune) string {
	switch open {
	case '"':
		return `"`
	case '“', '”', '„':
		return `“”"`
	case '«':
		return "»"
	}
	return ""
}

func startsWithSpace(s string) bool {
	r, _ := utf8.DecodeRuneInString(s)
	return unicode.IsSpace(r)
}

const maxGroups = 6 // of a telephone number

// joinNumbers makes one word of the groups of a telephone number that was typed with spaces, which valid recognises.
func (p *parser) joinNumbers(valid func(string) bool) {
	for i := range p.parts {
		for j := min(i+maxGroups, len(p.parts)); j > i+1; j-- {
			group := p.parts[i:j]
			whole := span{group[0].start, group[len(group)-1].end}
			text := p.text[whole.start:whole.end]
			if slices.ContainsFunc(group, func(x part) bool { return x.key != "" || x.negated || x.values[0].quoted }) || !valid(text) {
				continue
			}
			p.parts = slices.Replace(p.parts, i, j, part{span: whole, values: []value{{span: whole, text: text}}})
			p.joinNumbers(valid)
			return
		}
	}
}
