package casepage

import (
	"slices"
	"strconv"
	"strings"

	"caseward/internal/desk/message"
	"caseward/internal/platform/markup"
)

// stubs says in place of what was erased who did it and when. Marks in the text get the same words.
func (v view) stubs(l *letter) {
	var marks []string
	for _, e := range l.Redactions {
		switch said := v.erasedBy(e); e.Kind {
		case message.BodyErased:
			l.erased = "Content erased by " + said
		case message.AttachmentErased:
			l.erasedFiles = append(l.erasedFiles, "Attachment erased by "+said)
		case message.TextErased:
			if !slices.Contains(marks, said) {
				marks = append(marks, said)
			}
		}
	}
	if len(marks) > 0 {
		l.marked = "Content erased by " + strings.Join(marks, "; and by ")
		l.fresh, l.quoted, l.signature = markup.WithMarks(l.fresh, l.marked), markup.WithMarks(l.quoted, l.marked), markup.WithMarks(l.signature, l.marked)
	}
}

// erasedBy is "Ana, 3 May 2026".
func (v view) erasedBy(e message.Erasure) string {
	who := e.ByName
	if who == "" {
		who = "somebody"
	}
	return who + ", " + e.CreatedAt.In(v.loc).Format("2 January 2006")
}

// erasedWhat is the line of the feed about a redaction, of which it keeps ids only.
func erasedWhat(data map[string]any) string {
	var parts []string
	if data["body"] == true {
		parts = append(parts, "the text of a message")
	}
	if in, _ := data["text_in"].([]any); len(in) > 0 {
		parts = append(parts, "passages in "+count(len(in), "message"))
	}
	if files, _ := data["attachments"].([]any); len(files) > 0 {
		parts = append(parts, count(len(files), "attachment"))
	}
	return "erased " + inWords(parts)
}

func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return strconv.Itoa(n) + " " + what + "s"
}

// inWords is "a", "a and b", "a, b and c".
func inWords(parts []string) string {
	if len(parts) < 2 {
		return strings.Join(parts, "")
	}
	last := len(parts) - 1
	return strings.Join(parts[:last], ", ") + " and " + parts[last]
}
