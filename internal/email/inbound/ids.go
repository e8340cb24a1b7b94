package inbound

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"strings"
	"unicode"

	"caseward/internal/platform/tidy"
)

// maxID keeps identifiers within what a database index takes.
const maxID = 900

// parseIDs returns the message identifiers of a field, in order and without duplicates. Text between them is allowed
// (RFC 822 had phrases there), and so are identifiers that lost their angle brackets.
func parseIDs(field string) []string {
	var ids []string
	seen := map[string]bool{}
	add := func(s string) {
		if id := normaliseID(s); id != "" && !seen[id] {
			seen[id] = true
			ids = append(ids, id)
		}
	}
	rest := field
	for {
		_, after, found := strings.Cut(rest, "<")
		if !found {
			break
		}
		id, tail, closed := strings.Cut(after, ">")
		if !closed {
			id, tail, _ = strings.Cut(strings.TrimSpace(after), " ")
		}
		if i := strings.LastIndexByte(id, '<'); i >= 0 {
			id = id[i+1:]
		}
		add(id)
		rest = tail
	}
	if len(ids) == 0 {
		for _, word := range strings.Fields(field) {
			if word = strings.Trim(word, `,;"'()`); strings.Contains(word, "@") {
				add(word)
			}
		}
	}
	return ids
}

// normaliseID removes what folding put inside an identifier. Case stays: identifiers are compared exactly.
func normaliseID(s string) string {
	s = strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) || unicode.IsControl(r) || r == '<' || r == '>' || tidy.TurnsDirection(r) {
			return -1
		}
		return r
	}, toUTF8([]byte(s), ""))
	if len(s) > maxID {
		return hashID([]byte(s), "oversize.invalid")
	}
	return s
}

// hashID makes an identifier that is the same each time for the same bytes, in a domain nobody can own (RFC 2606).
func hashID(b []byte, domain string) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:]) + "@" + domain
}

// contentHash is the same for the same words of the same sender, whichever way the mail came: relays add to the header
// and wrap lines anew.
func (m Message) contentHash() string {
	h := sha256.New()
	add := func(b string) {
		_, _ = fmt.Fprintf(h, "%d:", len(b))
		_, _ = io.WriteString(h, b) // a hash never fails
	}
	words := func(s string) { add(strings.Join(strings.Fields(s), " ")) }
	add(strings.ToLower(m.writer().Email))
	words(m.Subject)
	words(m.Text)
	words(m.HTML)
	for _, a := range m.Attachments {
		add(a.Filename)
		_, _ = fmt.Fprintf(h, "%d:", len(a.Data))
		_, _ = h.Write(a.Data)
	}
	return hex.EncodeToString(h.Sum(nil))
}

// capIDs keeps the first identifier, which names the thread, and the latest, which are the nearest.
func capIDs(ids []string) []string {
	if len(ids) <= MaxReferences {
		return ids
	}
	kept := append([]string{ids[0]}, ids[len(ids)-MaxReferences+1:]...)
	return kept
}
