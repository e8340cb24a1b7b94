package cases

import (
	"regexp"
	"strings"
	"unicode"
)

const nearSubject = 0.6 // of the words of both together

// answerPrefix is what mail programs put before a subject, in the languages that we meet.
var answerPrefix = regexp.MustCompile(`^(?i:re|fwd?|aw|wg|sv|vs|antw|tr|rv|rif|odp)(?:\[\d+\])?\s*:\s*`)

// PossibleDuplicates are those of a contact's other cases that are probably about the same thing: their subjects are
// equal or nearly so.
func PossibleDuplicates(subject string, others []Other) (near []Other) {
	words := subjectWords(subject)
	for _, o := range others {
		if nearWords(words, subjectWords(o.Subject)) {
			near = append(near, o)
		}
	}
	return near
}

func subjectWords(subject string) map[string]bool {
	subject = strings.TrimSpace(subject)
	for {
		rest := answerPrefix.ReplaceAllString(subject, "")
		if rest == subject {
			break
		}
		subject = rest
	}
	words := map[string]bool{}
	for _, w := range strings.FieldsFunc(strings.ToLower(subject), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsNumber(r) }) {
		words[w] = true
	}
	return words
}

// nearWords compares two subjects. Where both name numbers but none in common they are of two orders, however alike the
// rest is.
func nearWords(a, b map[string]bool) bool {
	common, numbersA, numbersB, commonNumbers := 0, 0, 0, 0
	for w := range a {
		numeric := strings.ContainsFunc(w, unicode.IsNumber)
		if numeric {
			numbersA++
		}
		if b[w] {
			common++
			if numeric {
				commonNumbers++
			}
		}
	}
	for w := range b {
		if strings.ContainsFunc(w, unicode.IsNumber) {
			numbersB++
		}
	}
	if numbersA > 0 && numbersB > 0 && commonNumbers == 0 {
		return false
	}
	return common > 0 && float64(common) >= nearSubject*float64(len(a)+len(b)-common)
}
