package inbound

import (
	"bytes"
	"encoding/base64"
	"strings"

	"golang.org/x/net/html/charset"
)

// decode undoes the part's transfer encoding (RFC 2045, section 6). Decoders here skip what is damaged instead of
// stopping at it, so that a bad byte costs that byte.
func (p *part) decode(defect func(string)) []byte {
	switch encoding := token(p.header.raw("content-transfer-encoding")); encoding {
	case "quoted-printable":
		return decodeQuotedPrintable(p.body)
	case "base64":
		data, bad := decodeBase64(p.body)
		if bad > 2 && bad > len(p.body)/20 {
			defect("base64 that is none; taken as it stands")
			return p.body
		}
		if bad > 0 {
			defect("damaged base64")
		}
		return data
	case "", "7bit", "8bit", "binary":
	default:
		defect("unknown transfer encoding " + encoding)
	}
	return p.body
}

func decodeQuotedPrintable(b []byte) []byte {
	out := make([]byte, 0, len(b))
	for i := 0; i < len(b); i++ {
		if b[i] != '=' {
			out = append(out, b[i])
			continue
		}
		if i+2 < len(b) {
			hi, lo := unhex(b[i+1]), unhex(b[i+2])
			if hi >= 0 && lo >= 0 {
				out = append(out, byte(hi<<4|lo))
				i += 2
				continue
			}
		}
		if line, rest := cutLine(b[i+1:]); len(bytes.TrimRight(line, " \t")) == 0 { // soft line break
			i = len(b) - len(rest) - 1
			continue
		}
		out = append(out, '=')
	}
	return out
}

func unhex(c byte) int {
	switch {
	case c >= '0' && c <= '9':
		return int(c - '0')
	case c >= 'A' && c <= 'F':
		return int(c-'A') + 10
	case c >= 'a' && c <= 'f':
		return int(c-'a') + 10
	}
	return -1
}

// decodeBase64 also reads pieces that were encoded one by one and joined, and counts the bytes that do not
// belong into base64: when they are many, a plain letter carries the wrong label.
func decodeBase64(b []byte) (data []byte, bad int) {
	clean := make([]byte, 0, len(b))
	flush := func() {
		if len(clean)%4 == 1 {
			clean = clean[:len(clean)-1]
			bad++
		}
		piece := make([]byte, base64.RawStdEncoding.DecodedLen(len(clean)))
		n, _ := base64.RawStdEncoding.Decode(piece, clean) // only the alphabet is left in clean
		data = append(data, piece[:n]...)
		clean = clean[:0]
	}
	for i, c := range b {
		switch {
		case c >= 'A' && c <= 'Z', c >= 'a' && c <= 'z', c >= '0' && c <= '9', c == '+', c == '/':
			clean = append(clean, c)
		case c == '=':
			if len(clean) > 0 {
				flush()
			}
		case c == '\r' || c == '\n' || c == '\t':
		case c == ' ':
			if i > 0 && i+1 < len(b) && b[i-1] > ' ' && b[i+1] > ' ' {
				bad++ // between words, not at the end of a line
			}
		default:
			bad++
		}
	}
	flush()
	return data, bad
}

// textOf returns a text part in UTF-8.
func (p *part) textOf(defect func(string)) string {
	data := p.decode(defect)
	label := p.params["charset"]
	if label == "" && p.mediaType == "text/html" {
		_, label, _ = charset.DetermineEncoding(data[:min(len(data), 1024)], "")
	}
	text := cleanText(toUTF8(data, label))
	if p.mediaType == "text/plain" && strings.EqualFold(p.params["format"], "flowed") {
		text = unflow(text, strings.EqualFold(p.params["delsp"], "yes"))
	}
	return text
}

// unflow joins the lines of a paragraph again (RFC 3676, section 4): a space at the end of a line means that the
// paragraph goes on, except on the signature mark; quotation depth separates paragraphs.
func unflow(text string, delSp bool) string {
	var b strings.Builder
	flowing, depth := false, 0
	for i, line := range strings.Split(text, "\n") {
		d := len(line) - len(strings.TrimLeft(line, ">"))
		rest := strings.TrimPrefix(line[d:], " ") // space-stuffing
		if !flowing || d != depth || rest == "-- " {
			if i > 0 {
				b.WriteByte('\n')
			}
			if d > 0 {
				b.WriteString(line[:d] + " ")
			}
		}
		flowing, depth = strings.HasSuffix(rest, " ") && rest != "-- ", d
		if flowing && delSp {
			rest = rest[:len(rest)-1]
		}
		b.WriteString(rest)
	}
	return b.String()
}
