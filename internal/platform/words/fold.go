package words

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// special are letters that Unicode does not take apart, as people without them on their keyboard write them.
var special = map[rune]string{
	'ß': "ss", 'ø': "o", 'đ': "d", 'ð': "d", 'ł': "l", 'ħ': "h", 'ŧ': "t", 'ŋ': "n", 'ı': "i", 'æ': "ae", 'œ': "oe", 'þ': "th",
	'ς': "σ",                                        // the same letter at the end of a Greek word
	'ي': "ى", 'ی': "ى", 'ک': "ك", 'ة': "ه", 'ـ': "", // written either way in Arabic and Persian; the last only stretches
}

// fold returns the forms by which a word is found: without case, accents and vowel points, and where it has an umlaut
// also with the letter e that stands for it. A word without letters and digits has no form.
func fold(word string) (form, other string) {
	var bare, spelled strings.Builder
	write := func(s string) {
		bare.WriteString(s)
		spelled.WriteString(s)
	}
	var before rune // the letter that marks belong to
	for _, r := range norm.NFKD.String(word) {
		switch r = unicode.ToLower(r); {
		case r == '\u0308' && (before == 'a' || before == 'o' || before == 'u'):
			spelled.WriteByte('e')
		case r == '\u030a' && before == 'a':
			spelled.WriteByte('a')
		case isAccent(r), unicode.Is(unicode.Cf, r):
			continue
		case r == 'ø':
			bare.WriteByte('o')
			spelled.WriteString("oe")
		case unicode.Is(unicode.Nd, r):
			write(string(digit(r)))
		case unicode.IsLetter(r), unicode.IsNumber(r), unicode.IsMark(r):
			s, ok := special[r]
			if !ok {
				s = string(r)
			}
			write(s)
		}
		before = r
	}
	if bare.Len() != spelled.Len() {
		other = cut(norm.NFC.String(spelled.String()))
	}
	return cut(norm.NFC.String(bare.String())), other
}

// foldSign is the form of a sign with its marks, which make it another sign: が is not か.
func foldSign(sign string) string {
	sign = strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Cf, r) {
			return -1
		}
		return r
	}, sign)
	return cut(strings.ToLower(norm.NFKC.String(sign)))
}

// isAccent reports the marks that people leave out when they type: accents, and the vowel points of Hebrew and Arabic.
// The vowels of Indian scripts are marks too, and spell.
func isAccent(r rune) bool {
	switch {
	case '\u0300' <= r && r <= '\u036f', '\u0483' <= r && r <= '\u0487', '\u1ab0' <= r && r <= '\u1aff',
		'\u1dc0' <= r && r <= '\u1dff', '\u20d0' <= r && r <= '\u20f0', '\ufe20' <= r && r <= '\ufe2f': // Latin, Greek, Cyrillic
		return true
	case '\u0591' <= r && r <= '\u05c7' && unicode.IsMark(r): // Hebrew
		return true
	case '\u0610' <= r && r <= '\u061a', '\u064b' <= r && r <= '\u065f', r == '\u0670', '\u06d6' <= r && r <= '\u06ed' && unicode.IsMark(r): // Arabic
		return true
	}
	return false
}

// digit is the decimal digit of any script as an ASCII one. Unicode keeps the ten of a script side by side.
func digit(r rune) rune {
	for _, t := range unicode.Nd.R16 {
		if rune(t.Lo) <= r && r <= rune(t.Hi) {
			return '0' + (r-rune(t.Lo))%10
		}
	}
	for _, t := range unicode.Nd.R32 {
		if rune(t.Lo) <= r && r <= rune(t.Hi) {
			return '0' + (r-rune(t.Lo))%10
		}
	}
	return r
}

// cut shortens a form to what the index keeps, at a character.
func cut(form string) string {
	if len(form) <= maxForm {
		return form
	}
	end := maxForm
	for !utf8.RuneStart(form[end]) {
		end--
	}
	return form[:end]
}
