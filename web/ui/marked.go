package ui

import (
	"context"
	"io"
	"strings"

	"github.com/a-h/templ"

	"caseward/internal/platform/words"
)

// Marked shows a text with what was found in it. It writes no white space of its own, since hits may stand within words.
func Marked(pieces []words.Piece) templ.Component {
	return templ.ComponentFunc(func(_ context.Context, w io.Writer) error {
		var b strings.Builder
		for _, p := range pieces {
			text := templ.EscapeString(p.Text)
			if p.Hit {
				text = "<mark>" + text + "</mark>"
			}
			b.WriteString(text)
		}
		_, err := io.WriteString(w, b.String())
		return err
	})
}
