package inbound

import (
	"bytes"
	"strings"
	"unicode/utf8"

	"github.com/jhillyerd/enmime/v2"
	"golang.org/x/net/html/charset"
)

// wide are the charsets whose text may by chance be valid UTF-8 or plain ASCII, so that the label must be believed.
var wide = []string{"utf-16", "utf-32", "utf-7", "utf7", "iso-2022", "hz-gb", "gb", "big5", "shift", "sjis", "euc", "ks_c", "csgb", "ms932", "x-sjis", "cp93"}

// toUTF8 converts text of a stated charset. Labels lie: bytes that are valid UTF-8 with characters beyond ASCII are
// taken as such whatever single-byte charset is stated, and text without a usable label that is not UTF-8 is read as
// windows-1252, as browsers do, so that every byte yields a character.
func toUTF8(b []byte, label string) string {
	label = strings.ToLower(strings.Trim(strings.TrimSpace(label), `"'`))
	label = strings.TrimPrefix(label, "charset=")
	if !isWide(label) && utf8.Valid(b) {
		return string(b)
	}
	if label != "" && !strings.HasPrefix(label, "utf-8") && label != "us-ascii" {
		if e, _ := charset.Lookup(label); e != nil {
			if s, err := e.NewDecoder().Bytes(b); err == nil {
				return string(s)
			}
		}
		if s, ok := rareCharset(b, label); ok {
			return s
		}
	}
	if utf8.Valid(b) {
		return string(b)
	}
	if strings.HasPrefix(label, "utf-8") && mostlyUTF8(b) {
		return strings.ToValidUTF8(string(b), "\uFFFD")
	}
	e, _ := charset.Lookup("windows-1252")
	s, err := e.NewDecoder().Bytes(b)
	if err != nil {
		return strings.ToValidUTF8(string(b), "\uFFFD")
	}
	return string(s)
}

func isWide(label string) bool {
	for _, w := range wide {
		if strings.HasPrefix(label, w) {
			return true
		}
	}
	return false
}

// mostlyUTF8 tells damaged UTF-8 from text that never was.
func mostlyUTF8(b []byte) bool {
	good, bad := 0, 0
	for len(b) > 0 {
		r, size := utf8.DecodeRune(b)
		switch {
		case r == utf8.RuneError && size == 1:
			bad++
		case size > 1:
			good++
		}
		b = b[size:]
	}
	return good >= bad
}

// rareCharset asks enmime, which knows charsets that the web does not, such as UTF-7. Its decoder is not exported, so
// the text goes through it as a small mail.
func rareCharset(b []byte, label string) (string, bool) {
	if strings.ContainsAny(label, "\r\n;\"\\") || len(label) > 60 {
		return "", false
	}
	var mail bytes.Buffer
	mail.WriteString("Content-Type: text/plain; charset=\"" + label + "\"\r\nContent-Transfer-Encoding: 8bit\r\n\r\n")
	mail.Write(b)
	part, err := enmime.NewParser(enmime.DisableCharacterDetection(true)).ReadParts(&mail)
	if err != nil || len(part.Errors) > 0 || !utf8.Valid(part.Content) {
		return "", false
	}
	return string(part.Content), true
}
