package inbound

import (
	"bytes"
	"regexp"
	"strings"

	"caseward/internal/platform/tidy"
)

// header holds the fields of a mail or of a MIME part, names in lower case, values unfolded and still encoded.
// It is read by hand, so that a line which is no field costs that line and not the mail.
type header struct {
	fields map[string][]string
	count  int
	cut    bool // a limit was reached
}

// splitHeader reads the fields at the start of raw and returns the rest, the body. It tells header from body as
// tolerantly as it can without taking body for header: at the empty line, else at the first line that is neither a
// field nor the continuation of one. Empty lines before the first field are skipped only when lead is set: a MIME part
// may have no header at all (RFC 2046, section 5.1), a mail may not.
func splitHeader(raw []byte, lead bool) (header, []byte) {
	h := header{fields: map[string][]string{}}
	rest := raw
	name, value := "", []byte(nil)
	flush := func() {
		if name != "" {
			h.add(name, value)
		}
		name, value = "", nil
	}
	for len(rest) > 0 {
		if len(raw)-len(rest) > maxHeader {
			h.cut = true
			break
		}
		line, next := cutLine(rest)
		if len(bytes.TrimRight(line, " \t")) == 0 {
			rest = next
			if h.count > 0 || name != "" || !lead {
				break
			}
			continue
		}
		if line[0] == ' ' || line[0] == '\t' {
			if len(value) < maxField {
				value = append(append(value, ' '), bytes.TrimSpace(line)...)
			}
			rest = next
			continue
		}
		if n, v, ok := cutField(line); ok {
			flush()
			name, value = n, append([]byte(nil), v[:min(len(v), maxField)]...)
			rest = next
			continue
		}
		if isMailboxLine(line) && name == "" {
			rest = next
			continue
		}
		if name == "" || !fieldsFollow(next) {
			break
		}
		if len(value) < maxField { // a continuation that lost its indent
			value = append(append(value, ' '), bytes.TrimSpace(line)...)
		}
		rest = next
	}
	flush()
	return h, rest
}

// cutField splits "Name: value". Names are printable ASCII without a colon (RFC 5322, section 2.2); blanks before the
// colon are obsolete syntax (section 4.5), blanks inside are prose.
func cutField(line []byte) (name string, value []byte, ok bool) {
	i := bytes.IndexByte(line, ':')
	if i <= 0 || i > 200 {
		return "", nil, false
	}
	n := bytes.TrimRight(line[:i], " \t")
	for _, c := range n {
		if c <= ' ' || c >= 0x7f {
			return "", nil, false
		}
	}
	return strings.ToLower(string(n)), bytes.TrimSpace(line[i+1:]), len(n) > 0
}

// knownFields are names that prove a line to belong to a header.
var knownFields = map[string]bool{
	"from": true, "to": true, "cc": true, "subject": true, "date": true, "message-id": true, "in-reply-to": true,
	"references": true, "received": true, "return-path": true, "mime-version": true, "content-type": true,
	"content-transfer-encoding": true, "content-disposition": true, "reply-to": true, "sender": true,
}

// fieldsFollow reports whether a known field stands among the next lines, before an empty one.
func fieldsFollow(rest []byte) bool {
	for range 5 {
		line, next := cutLine(rest)
		if len(bytes.TrimSpace(line)) == 0 {
			return false
		}
		if name, _, ok := cutField(line); ok && knownFields[name] {
			return true
		}
		rest = next
	}
	return false
}

// isMailboxLine recognises the "From " line of a mail file and its quoted form, which end up before the header.
func isMailboxLine(line []byte) bool {
	return bytes.HasPrefix(line, []byte("From ")) || bytes.HasPrefix(line, []byte(">From "))
}

func (h *header) add(name string, value []byte) {
	if h.count >= maxFields {
		h.cut = true
		return
	}
	h.count++
	if len(value) > maxField {
		value, h.cut = value[:maxField], true
	}
	h.fields[name] = append(h.fields[name], string(value))
}

// raw returns the first field of a name, still encoded; "" when there is none.
func (h header) raw(name string) string {
	if v := h.fields[name]; len(v) > 0 {
		return v[0]
	}
	return ""
}

// all returns every field of a name, still encoded.
func (h header) all(name string) []string { return h.fields[name] }

// text returns the first field of a name, decoded (RFC 2047) and on one line.
func (h header) text(name string, limit int) string {
	return tidy.Line(decodeWords(h.raw(name)), limit)
}

// encodedWord matches an encoded word, also with blanks or 8-bit text inside, which some programs leave there.
var encodedWord = regexp.MustCompile(`=\?([^?\s*]+)(?:\*[^?\s]*)?\?([bBqQ])\?([^?]*)\?=`)

// decodeWords decodes encoded words (RFC 2047) and, outside of them, bytes that should not be there. White space between
// two words is not part of the text (section 6.2). Neighbours of one charset are joined before they are converted,
// because many programs cut in the middle of a character. enmime's decoder is not used here: it puts quotes around
// words with special characters, which is right in addresses only.
func decodeWords(s string) string {
	found := encodedWord.FindAllStringSubmatchIndex(s, -1)
	if found == nil {
		return toUTF8([]byte(s), "")
	}
	var b strings.Builder
	var pending []byte
	charset, done := "", 0
	flush := func() {
		b.WriteString(toUTF8(pending, charset))
		pending = pending[:0]
	}
	for _, at := range found {
		if gap := s[done:at[0]]; done == 0 || strings.TrimSpace(gap) != "" {
			flush()
			b.WriteString(toUTF8([]byte(gap), ""))
		}
		if label := s[at[2]:at[3]]; !strings.EqualFold(label, charset) {
			flush()
			charset = label
		}
		text := []byte(s[at[6]:at[7]])
		if strings.EqualFold(s[at[4]:at[5]], "b") {
			decoded, _ := decodeBase64(text)
			pending = append(pending, decoded...)
		} else {
			pending = append(pending, decodeQuotedPrintable(bytes.ReplaceAll(text, []byte("_"), []byte(" ")))...)
		}
		done = at[1]
	}
	flush()
	b.WriteString(toUTF8([]byte(s[done:]), ""))
	return b.String()
}

// cutLine splits off the first line; its end may be CRLF, LF or a lone CR.
func cutLine(b []byte) (line, rest []byte) {
	i := bytes.IndexAny(b[:min(len(b), 1000)], "\r\n")
	if i < 0 {
		i = bytes.IndexByte(b, '\n')
		if i < 0 {
			return b, nil
		}
		if i > 0 && b[i-1] == '\r' {
			i--
		}
	}
	if b[i] == '\r' && i+1 < len(b) && b[i+1] == '\n' {
		return b[:i], b[i+2:]
	}
	return b[:i], b[i+1:]
}
