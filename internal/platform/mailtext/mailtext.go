// Package mailtext looks for texts in mails as they came over the wire, and in files: as they stand there, and behind the
// encodings that mail uses. It is for saying where somebody may be named; what is compressed or encrypted it cannot see into.
package mailtext

import (
	"bytes"
	"encoding/base64"
	"mime"
	"strings"
)

// Needles are texts in each form in which Contains finds them: whatever the case of their letters, in UTF-8 and, where it
// has all of their letters, in Latin 1.
func Needles(texts []string) (forms [][]byte) {
	seen := map[string]bool{}
	for _, text := range texts {
		for _, spelled := range []string{text, strings.ToLower(text), strings.ToUpper(text), strings.ToTitle(text), titled(text)} {
			for _, form := range [][]byte{[]byte(spelled), latin1(spelled)} {
				if form = plain(form); len(form) > 0 && !seen[string(form)] {
					seen[string(form)] = true
					forms = append(forms, form)
				}
			}
		}
	}
	return forms
}

// titled begins each word with a capital, as names are written.
func titled(text string) string {
	all := strings.Fields(strings.ToLower(text))
	for i, w := range all {
		r := []rune(w)
		all[i] = strings.ToUpper(string(r[:1])) + string(r[1:])
	}
	return strings.Join(all, " ")
}

// latin1 is nil where a letter is not in it.
func latin1(text string) []byte {
	var out []byte
	for _, r := range text {
		if r > 0xff {
			return nil
		}
		out = append(out, byte(r))
	}
	return out
}

// plain makes ASCII letters small and every stretch of white space one space. Other bytes stay as they are, in whatever
// charset they are.
func plain(data []byte) []byte {
	out := make([]byte, 0, len(data))
	space := false
	for _, b := range data {
		switch {
		case b == ' ' || b == '\t' || b == '\r' || b == '\n':
			if !space {
				out = append(out, ' ')
			}
			space = true
			continue
		case 'A' <= b && b <= 'Z':
			b += 'a' - 'A'
		}
		out, space = append(out, b), false
	}
	return out
}

// Contains reports whether one of the needles stands in the data: as it is, or behind quoted-printable, base64, or the
// encoding of words in headers.
func Contains(data []byte, needles [][]byte) bool {
	has := func(text []byte) bool {
		text = plain(text)
		for _, n := range needles {
			if bytes.Contains(text, n) {
				return true
			}
		}
		return false
	}
	if has(data) {
		return true
	}
	if bytes.IndexByte(data, '=') >= 0 && (has(unquoted(data)) || has(headers(data))) {
		return true
	}
	for _, block := range blocks(data) {
		if has(block) {
			return true
		}
	}
	return false
}

// unquoted undoes quoted-printable, everywhere: what was not encoded is only changed where it looks as if.
func unquoted(data []byte) []byte {
	out := make([]byte, 0, len(data))
	for i := 0; i < len(data); i++ {
		if data[i] != '=' {
			out = append(out, data[i])
			continue
		}
		switch rest := data[i+1:]; {
		case bytes.HasPrefix(rest, []byte("\r\n")):
			i += 2
		case bytes.HasPrefix(rest, []byte("\n")):
			i++
		case len(rest) >= 2 && hex(rest[0]) >= 0 && hex(rest[1]) >= 0:
			out = append(out, byte(hex(rest[0])<<4|hex(rest[1])))
			i += 2
		default:
			out = append(out, '=')
		}
	}
	return out
}

func hex(b byte) int {
	switch {
	case '0' <= b && b <= '9':
		return int(b - '0')
	case 'A' <= b && b <= 'F':
		return int(b-'A') + 10
	case 'a' <= b && b <= 'f':
		return int(b-'a') + 10
	}
	return -1
}

// headers are the encoded words of all headers, of parts too, in UTF-8.
func headers(data []byte) []byte {
	if !bytes.Contains(data, []byte("=?")) {
		return nil
	}
	var out []byte
	unfolded := strings.NewReplacer("\r\n ", " ", "\n ", " ", "\r\n\t", " ", "\n\t", " ").Replace(string(data))
	decoder := mime.WordDecoder{}
	for line := range strings.Lines(unfolded) {
		if !strings.Contains(line, "=?") {
			continue
		}
		if text, err := decoder.DecodeHeader(line); err == nil {
			out = append(out, text...)
			out = append(out, '\n')
		}
	}
	return out
}

// leastLine is what a line of base64 has at least; shorter ones are words as a rule.
const leastLine = 8

// blocks are the stretches of lines that can be base64, decoded.
func blocks(data []byte) (list [][]byte) {
	var block []byte
	end := func() {
		if text := decoded(block); len(text) > 0 {
			list = append(list, text)
		}
		block = block[:0]
	}
	for line := range bytes.Lines(data) {
		line = bytes.TrimRight(line, "\r\n")
		if !isBase64(line) || len(block) == 0 && len(line) < leastLine {
			end()
			continue
		}
		block = append(block, line...)
	}
	end()
	return list
}

func isBase64(line []byte) bool {
	for _, b := range line {
		switch {
		case 'A' <= b && b <= 'Z', 'a' <= b && b <= 'z', '0' <= b && b <= '9', b == '+', b == '/', b == '=':
		default:
			return false
		}
	}
	return len(line) > 0
}

func decoded(block []byte) []byte {
	block = bytes.TrimRight(block, "=")
	out := make([]byte, base64.RawStdEncoding.DecodedLen(len(block)))
	n, _ := base64.RawStdEncoding.Decode(out, block) // what could be read of it
	return out[:n]
}
