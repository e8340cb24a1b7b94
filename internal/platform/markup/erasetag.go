package markup

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/html"
)

// shortPassage is how long a passage must be to be looked for within the words of an attribute, in characters: two letters
// stand in many an address by chance.
const shortPassage = 4

// cleanTag takes the attributes that hold a passage off a tag, or leaves the tag out where its name does: programs write
// <maria@example.com> without meaning a tag. It returns how often that was.
func (p Passages) cleanTag(c *piece, t html.Token) (hits int) {
	if p.Empty() || t.Type == html.DoctypeToken {
		return 0
	}
	if _, known := elements[t.Data]; !known && p.inAttribute(t.Data) {
		c.gone = true
		return 1
	}
	quotes := quoteKindOf(t) != notQuote || isSignature(t)
	kept := slices.DeleteFunc(slices.Clone(t.Attr), func(a html.Attribute) bool {
		if quotes && slices.Contains([]string{"class", "id", "type", "style"}, a.Key) {
			return false // the mail program's words, by which quotations are recognised
		}
		return p.inAttribute(a.Val) || !slices.Contains(usualAttributes, a.Key) && p.inAttribute(a.Key)
	})
	if hits = len(t.Attr) - len(kept); hits > 0 {
		t.Attr = kept
		c.raw = t.String()
	}
	return hits
}

// usualAttributes have names that are no words of the author.
var usualAttributes = []string{
	"alt", "align", "bgcolor", "border", "cellpadding", "cellspacing", "class", "color", "colspan", "content", "dir", "face", "height",
	"href", "http-equiv", "id", "lang", "link", "media", "name", "rel", "rowspan", "size", "src", "start", "style", "target", "title", "type",
	"valign", "vlink", "width",
}

// inAttribute reports whether a passage stands in an attribute, as it is or in the form that addresses have.
func (p Passages) inAttribute(value string) bool {
	if p.inWords(value) {
		return true
	}
	if !strings.ContainsAny(value, "%+") {
		return false
	}
	decoded := percentDecoded(value)
	return p.inWords(decoded) || p.inWords(strings.ReplaceAll(decoded, "+", " "))
}

func (p Passages) inWords(value string) bool {
	for _, s := range p.spans(value) {
		if utf8.RuneCountInString(value[s.from:s.to]) >= shortPassage {
			return true
		}
		before, _ := utf8.DecodeLastRuneInString(value[:s.from])
		after, _ := utf8.DecodeRuneInString(value[s.to:])
		if !isWord(before) && !isWord(after) {
			return true
		}
	}
	return false
}

func isWord(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }

// percentDecoded is a lenient form of what net/url does: what is no code stays.
func percentDecoded(s string) string {
	b := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		if s[i] == '%' && i+2 < len(s) && unhex(s[i+1]) < 16 && unhex(s[i+2]) < 16 {
			b = append(b, unhex(s[i+1])<<4|unhex(s[i+2]))
			i += 2
			continue
		}
		b = append(b, s[i])
	}
	return strings.ToValidUTF8(string(b), "\uFFFD")
}

func unhex(c byte) byte {
	switch {
	case '0' <= c && c <= '9':
		return c - '0'
	case 'a' <= c|0x20 && c|0x20 <= 'f':
		return c | 0x20 - 'a' + 10
	}
	return 16
}
