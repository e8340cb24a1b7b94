package macro

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"caseward/internal/desk/cases"
)

// Values are what placeholders stand for.
type Values struct {
	Contact string // the contact's name
	Agent   string // the name of who uses the macro
	Number  cases.Number
	Subject string
}

// Placeholders are all there are, as they are written.
func Placeholders() []string {
	return []string{"{{contact.name}}", "{{contact.first_name}}", "{{case.number}}", "{{case.subject}}", "{{agent.name}}", "{{agent.first_name}}"}
}

var placeholder = regexp.MustCompile(`\{\{[^{}\n]*\}\}`)

// plain is a placeholder without the spaces that somebody may have typed within it.
func plain(found string) string { return strings.Join(strings.Fields(found), "") }

// Unknown are the placeholders of a text that stand for nothing, each once.
func Unknown(body string) (list []string) { return UnknownBut(body, Placeholders()...) }

// UnknownBut are the placeholders of a text that are not among some, each once: for a text that nobody in particular sends.
func UnknownBut(body string, known ...string) (list []string) {
	for _, found := range placeholder.FindAllString(body, -1) {
		if !slices.Contains(known, plain(found)) && !slices.Contains(list, found) {
			list = append(list, found)
		}
	}
	return list
}

// Fill puts values in place of the placeholders. Each is shown as it is, whatever it means in Markdown: a value comes from
// outside, and must neither look like the agent's words nor make a link in them.
func Fill(body string, v Values) string {
	values := map[string]string{
		"{{contact.name}}": v.Contact, "{{contact.first_name}}": first(v.Contact), "{{case.number}}": strconv.FormatInt(int64(v.Number), 10),
		"{{case.subject}}": v.Subject, "{{agent.name}}": v.Agent, "{{agent.first_name}}": first(v.Agent),
	}
	return placeholder.ReplaceAllStringFunc(body, func(found string) string {
		value, ok := values[plain(found)]
		if !ok {
			return found
		}
		return literal(value)
	})
}

// first is the first word of a name.
func first(name string) string {
	word, _, _ := strings.Cut(strings.TrimSpace(name), " ")
	return word
}

// special are the characters that mean something within a line of Markdown, or make a link of an address.
const special = "\\`*_{}[]<>&~|!@:"

// literal writes a value in Markdown. What means something at the beginning of a line alone (a list, a heading, a line
// under one) is escaped at the beginning of the value, since nobody knows what stands before it.
func literal(value string) string {
	value = strings.Join(strings.FieldsFunc(strings.ToValidUTF8(value, ""), func(r rune) bool {
		return unicode.IsSpace(r) || unicode.IsControl(r)
	}), " ")
	var b strings.Builder
	begins := true // nothing but digits so far
	for i, r := range value {
		dot := r == '.' && (begins || strings.HasSuffix(strings.ToLower(value[:i]), "www"))
		switch {
		case strings.ContainsRune(special, r), dot, i == 0 && strings.ContainsRune("#-+=", r), r == ')' && begins:
			b.WriteByte('\\')
		}
		begins = begins && unicode.IsDigit(r)
		b.WriteRune(r)
	}
	return b.String()
}
