package casepage

import (
	"slices"
	"strings"

	"caseward/internal/desk/message"
	"caseward/web/kit"
)

// isNew reports a message that a reply was held back for: somebody else's.
func (v view) isNew(m message.Message) bool {
	mine := m.AuthorMemberID != nil && *m.AuthorMemberID == v.visit.Actor.Member
	return v.forms.overtaken != nil && m.ID > *v.forms.overtaken && !mine
}

// newestSeen is what a reply will say that its writer has seen: what this page shows, unless the reply came back for another
// reason and nothing was said of the new messages.
func (v view) newestSeen(f *kit.Form) string {
	if v.forms.overtaken == nil && f.Has("last_message_id") {
		return f.Text("last_message_id")
	}
	return text(v.thread.Newest)
}

// newLetters are what the writer of a reply that was held back has not seen.
func (v view) newLetters() []letter {
	var list []letter
	for _, e := range v.entries {
		if e.letter != nil && e.letter.isNew {
			list = append(list, *e.letter)
		}
	}
	return list
}

// overtakenText says who was quicker.
func overtakenText(list []letter) string {
	var names []string
	for _, l := range list {
		if !slices.Contains(names, l.author()) {
			names = append(names, l.author())
		}
	}
	if len(names) == 0 {
		return "Somebody else wrote while you did."
	}
	return strings.Join(names, " and ") + " wrote while you did."
}
