package words

import "strings"

// A telephone number is written in many ways: +49 (0)30 123-4567 or 030/1234567. It is also kept backwards, so that the
// end, which all ways of writing it share, can be asked for as a beginning.

const (
	minDigits = 7  // of a telephone number
	maxDigits = 15 // as E.164 allows
	maxGap    = 3  // bytes between two groups of digits
	sureTail  = 8  // last digits that tell numbers apart where the country's code may be written or not
)

// backwards marks a number that is kept so; no word has this character.
const backwards = "+"

func isNumber(form string) bool {
	for i := range len(form) {
		if form[i] < '0' || form[i] > '9' {
			return false
		}
	}
	return true
}

// groups reports whether a character may stand between the groups of a telephone number.
func groups(r rune) bool { return strings.ContainsRune(" -‐‑–./()\u00a0\u202f", r) }

// endNumber adds the telephone number that has ended.
func (s *scanner) endNumber() {
	list := s.groups
	s.groups = s.groups[:0]
	if len(list) == 0 {
		return
	}
	start, end := list[0].start, list[len(list)-1].end
	n := readNumber(s.text, list)
	if !n.valid() {
		return
	}
	t := token{phone, start, end, list[0].place, backwards + reverse(n.significant()), ""}
	if len(list) > 1 {
		t.other = n.digits
	}
	s.emit(t)
}

// number is what may be a telephone number.
type number struct {
	digits  string
	grouped bool // written in groups
	country bool // with a country's code
}

func readNumber(text string, list []token) number {
	start := list[0].start
	n := number{grouped: len(list) > 1, country: start > 0 && text[start-1] == '+'}
	for _, t := range list {
		if n.country && t.form == "0" && t.start > 0 && text[t.start-1] == '(' {
			continue // +49 (0)30: the 0 is not dialled after a country's code
		}
		n.digits += t.form
	}
	if strings.HasPrefix(n.digits, "00") {
		n.digits, n.country = n.digits[2:], true
	}
	return n
}

// significant are the digits without the zeros before them, which depend on where one calls from.
func (n number) significant() string { return strings.TrimLeft(n.digits, "0") }

// possible reports whether it has as many digits as a telephone number.
func (n number) possible() bool {
	return len(n.digits) >= minDigits && len(n.digits) <= maxDigits && len(n.significant()) >= minDigits-1
}

// valid tells telephone numbers from other numbers by how they are written, too.
func (n number) valid() bool {
	return n.possible() && (n.grouped || n.country || n.digits[0] == '0')
}

// tail is what to ask for: the end of the number, backwards.
func (n number) tail() string {
	digits := n.significant()
	if n.country && len(digits) > sureTail {
		digits = digits[len(digits)-sureTail:]
	}
	return backwards + reverse(digits)
}

func reverse(s string) string {
	b := []byte(s)
	for i, j := 0, len(b)-1; i < j; i, j = i+1, j-1 {
		b[i], b[j] = b[j], b[i]
	}
	return string(b)
}

// minTail is how many last digits of a telephone number are worth asking for.
const minTail = 4

// PhoneTail reads what was typed as a telephone number, or as the end of one: its digits backwards, without what depends on
// where one calls from. ok is false where it is none.
func PhoneTail(typed string) (digits string, ok bool) {
	if strings.Trim(typed, "+0123456789()/.- ") != "" {
		return "", false
	}
	n, ok := read(typed).number()
	if !ok || len(n.significant()) < minTail {
		return "", false
	}
	return strings.TrimPrefix(n.tail(), backwards), true
}
