package inbound

import (
	"net/mail"
	"regexp"
	"slices"
	"strings"

	"github.com/jhillyerd/enmime/v2"

	"caseward/internal/platform/tidy"
)

// parseAddresses reads an address field. What the grammar refuses is read by hand, entry by entry, so that one bad
// entry does not cost the others.
func parseAddresses(field string) []Address {
	field = strings.TrimSpace(toUTF8([]byte(field), ""))
	if field == "" {
		return nil
	}
	var found []Address
	list, err := enmime.ParseAddressList(field)
	if err == nil {
		for _, a := range list {
			found = append(found, address(a.Name, a.Address))
		}
	} else {
		for _, entry := range splitEntries(field) {
			if a := looseAddress(entry); a != (Address{}) {
				found = append(found, a)
			}
		}
	}
	return found[:min(len(found), MaxAddresses)]
}

func address(name, email string) Address {
	a := Address{Name: tidy.Line(decodeWords(name), 200), Email: tidy.Line(email, 320)}
	a.Email = strings.ReplaceAll(a.Email, " ", "")
	if i := strings.LastIndexByte(a.Email, '@'); i >= 0 {
		a.Email = a.Email[:i] + strings.ToLower(a.Email[i:])
	}
	if strings.EqualFold(a.Name, a.Email) {
		a.Name = ""
	}
	return a
}

// splitEntries splits at commas and semicolons outside quotes, brackets and comments.
func splitEntries(field string) []string {
	var entries []string
	start, quoted, angle := 0, false, false
	for i := 0; i < len(field); i++ {
		switch c := field[i]; {
		case c == '\\' && quoted:
			i++
		case c == '"':
			quoted = !quoted
		case c == '<' && !quoted:
			angle = true
		case c == '>' && !quoted:
			angle = false
		case (c == ',' || c == ';') && !quoted && !angle:
			entries = append(entries, field[start:i])
			start = i + 1
		}
	}
	return append(entries, field[start:])
}

// looseAddress takes what stands in angle brackets, else the first word with an @, as the address, and the rest as the
// name. A group's name ("undisclosed-recipients:;", RFC 5322, section 3.4) yields nothing.
func looseAddress(entry string) Address {
	entry = strings.TrimSpace(entry)
	if name, inside, found := strings.Cut(entry, "<"); found {
		inside, _, _ = strings.Cut(inside, ">")
		inside = strings.TrimPrefix(strings.TrimSpace(inside), "mailto:")
		if !strings.Contains(inside, "@") {
			inside = ""
		}
		return address(unquote(name), inside)
	}
	var name []string
	email := ""
	for _, word := range strings.Fields(entry) {
		bare := strings.Trim(strings.TrimPrefix(word, "mailto:"), `"'()[]`)
		if email == "" && strings.Count(bare, "@") == 1 && !strings.HasPrefix(bare, "@") && !strings.HasSuffix(bare, "@") {
			email = bare
		} else {
			name = append(name, word)
		}
	}
	if email == "" && strings.HasSuffix(entry, ":") {
		return Address{}
	}
	return address(unquote(strings.Join(name, " ")), email)
}

func unquote(s string) string {
	return strings.TrimSpace(strings.ReplaceAll(strings.Trim(strings.TrimSpace(s), `"'`), `\"`, `"`))
}

// firstAddress returns the first entry that has an address, else the first entry.
func firstAddress(list []Address) Address {
	for _, a := range list {
		if a.Email != "" {
			return a
		}
	}
	if len(list) > 0 {
		return list[0]
	}
	return Address{}
}

func (m *Message) addDeliveredTo(field string) {
	for _, a := range parseAddresses(field) {
		if a.Email != "" && !slices.Contains(m.DeliveredTo, a.Email) && len(m.DeliveredTo) < MaxAddresses {
			m.DeliveredTo = append(m.DeliveredTo, a.Email)
		}
	}
}

// readAddresses fills in who wrote to whom.
func (m *Message) readAddresses(h header) {
	var from []Address
	for _, f := range h.all("from") {
		from = append(from, parseAddresses(f)...)
	}
	m.From = firstAddress(from)
	for _, other := range []string{"sender", "resent-from", "return-path"} {
		if m.From.Email != "" {
			break
		}
		if a := firstAddress(parseAddresses(h.raw(other))); a.Email != "" {
			m.defect("From has no address; taken from " + other)
			m.From.Email = a.Email
			if m.From.Name == "" {
				m.From.Name = a.Name
			}
		}
	}
	if m.From.Email == "" {
		m.defect("no sender address")
	} else if _, err := mail.ParseAddress("<" + m.From.Email + ">"); err != nil {
		m.defect("the sender address is malformed")
	}
	m.ReplyTo = firstAddress(parseAddresses(h.raw("reply-to")))
	if m.ReplyTo.Email == "" {
		m.ReplyTo = Address{}
	}
	for _, f := range h.all("to") {
		m.To = append(m.To, parseAddresses(f)...)
	}
	for _, f := range h.all("cc") {
		m.Cc = append(m.Cc, parseAddresses(f)...)
	}
	m.To, m.Cc = m.To[:min(len(m.To), MaxAddresses)], m.Cc[:min(len(m.Cc), MaxAddresses)]
	for _, name := range []string{"delivered-to", "x-original-to", "envelope-to", "x-envelope-to", "x-delivered-to", "x-forwarded-to", "x-rcpt-to"} {
		for _, f := range h.all(name) {
			m.addDeliveredTo(f)
		}
	}
}

// noReply matches addresses that nobody reads, as web forms and shops send from.
var noReply = regexp.MustCompile(`(?i)^(no|not|do[-_.]?not|don'?t)[-_.]?reply\b`)

// writer is whom an answer is for: the sender, or where nobody reads what is sent back to that address, whom Reply-To names.
// Both are what anybody may write into a mail, so one is trusted as little as the other.
func (m Message) writer() Address {
	if m.ReplyTo.Email == "" || m.Bounce != nil || !noReply.MatchString(m.From.Email) || noReply.MatchString(m.ReplyTo.Email) {
		return m.From
	}
	return m.ReplyTo
}
