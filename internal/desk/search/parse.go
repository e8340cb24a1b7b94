package search

import (
	"fmt"
	"strings"
	"unicode"
)

// part is one piece of what somebody typed: a word, a phrase in quotes, or key:value.
type part struct {
	key     string // "" for words
	value   string
	quoted  bool
	negated bool
}

// String spells the part as it was typed, for texts about it.
func (p part) String() string {
	value := p.value
	if p.quoted {
		value = `"` + value + `"`
	}
	if p.key != "" {
		return p.key + ":" + value
	}
	return value
}

// split cuts a query into its parts. It never fails: whatever cannot be read as a key is a word, and a quotation
// mark that is not closed holds up to the end.
func split(query string) []part {
	var parts []part
	rest := strings.TrimLeftFunc(query, unicode.IsSpace)
	for rest != "" {
		var p part
		if after, ok := strings.CutPrefix(rest, "-"); ok && after != "" && !unicode.IsSpace(rune(after[0])) {
			p.negated, rest = true, after
		}
		if key, after, ok := cutKey(rest); ok {
			p.key, rest = key, after
		}
		p.value, p.quoted, rest = cutValue(rest)
		if p.value != "" || p.key != "" {
			parts = append(parts, p)
		}
		rest = strings.TrimLeftFunc(rest, unicode.IsSpace)
	}
	return parts
}

// cutKey takes "key:" off. Only a word of letters is a key; "https://…" and "10:30" are words.
func cutKey(s string) (key, rest string, ok bool) {
	i := strings.IndexFunc(s, func(r rune) bool { return r > unicode.MaxASCII || !unicode.IsLetter(r) })
	if i <= 0 || s[i] != ':' || strings.HasPrefix(s[i:], "://") {
		return "", s, false
	}
	return strings.ToLower(s[:i]), s[i+1:], true
}

func cutValue(s string) (value string, quoted bool, rest string) {
	if after, ok := strings.CutPrefix(s, `"`); ok {
		value, rest, _ = strings.Cut(after, `"`)
		return strings.TrimSpace(value), true, rest
	}
	end := strings.IndexFunc(s, unicode.IsSpace)
	if end < 0 {
		end = len(s)
	}
	return s[:end], false, s[end:]
}

// readable reports whether a word has anything in it that the index knows.
func readable(word string) bool {
	return strings.ContainsFunc(word, func(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) })
}

func problemf(format string, args ...any) error { return fmt.Errorf(format, args...) }
