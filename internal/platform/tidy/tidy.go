// Package tidy makes what strangers wrote fit to be stored and shown on one line: texts of headers, names of files.
package tidy

import (
	"path"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Line makes a value storable and safe to show on one line: no control characters, no characters that turn the reading
// direction (they disguise names), white space collapsed, at most limit bytes.
func Line(s string, limit int) string {
	var b strings.Builder
	space := false
	for _, r := range strings.ToValidUTF8(s, "\uFFFD") {
		switch {
		case unicode.IsSpace(r):
			space = b.Len() > 0
			continue
		case unicode.IsControl(r), TurnsDirection(r):
			continue
		}
		if b.Len()+utf8.RuneLen(r)+1 > limit {
			break
		}
		if space {
			b.WriteByte(' ')
			space = false
		}
		b.WriteRune(r)
	}
	return b.String()
}

// TurnsDirection reports a character that is not seen but changes the order in which its neighbours are.
func TurnsDirection(r rune) bool {
	return r >= '\u202a' && r <= '\u202e' || r >= '\u2066' && r <= '\u2069' || r == '\u200e' || r == '\u200f' || r == '\ufeff'
}

// Filename keeps the last element of a path and the extension of a long name; "" where nothing is left.
func Filename(s string) string {
	const limit = 200
	s = Line(strings.ReplaceAll(s, `\`, "/"), 4096)
	if i := strings.LastIndexByte(s, '/'); i >= 0 {
		s = s[i+1:]
	}
	s = strings.Trim(s, ". ")
	if len(s) <= limit {
		return s
	}
	ext := path.Ext(s)
	if len(ext) > 20 {
		ext = ""
	}
	return Cut(s, limit-len(ext)) + ext
}

// Cut shortens to at most limit bytes without splitting a character.
func Cut(s string, limit int) string {
	if len(s) <= limit {
		return s
	}
	for limit > 0 && !utf8.RuneStart(s[limit]) {
		limit--
	}
	return s[:limit]
}
