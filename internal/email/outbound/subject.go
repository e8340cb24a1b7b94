package outbound

import (
	"regexp"
	"slices"

	"caseward/internal/desk/message"
)

// answered matches a subject that is marked as an answer already, in the common languages.
var answered = regexp.MustCompile(`(?i)^\s*(re|aw|sv|antw|odp|rv|vs|ynt)\s*(\[\d+\])?\s*:`)

// replySubject marks the answer to a mail with "Re:", once (RFC 5322, section 3.6.5).
func replySubject(d message.Delivery) string {
	if d.InReplyTo == nil || answered.MatchString(d.Subject) {
		return d.Subject
	}
	if d.Subject == message.NoSubject {
		return "Re:" // as mail programs do; ours are no words of the customer
	}
	return "Re: " + d.Subject
}

// oldestFirst turns the newest-first list of the database around and drops what cannot stand in a header.
func oldestFirst(ids []string) []string {
	out := slices.DeleteFunc(slices.Clone(ids), func(id string) bool { return id == "" })
	slices.Reverse(out)
	return out
}
