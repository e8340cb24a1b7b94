package kit

import (
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"caseward/web/ui"
)

// typed is what somebody wrote in the form of a request, for the page that says that it was refused: the values of more
// than one word. The handler has read the form; what it did not read is not here.
func typed(r *http.Request) []ui.TextareaProps {
	var list []ui.TextareaProps
	for _, name := range slices.Sorted(maps.Keys(r.PostForm)) {
		if strings.Contains(name, "password") || strings.HasPrefix(name, "was_") {
			continue
		}
		for _, value := range r.PostForm[name] {
			if text := strings.TrimSpace(clean(value)); strings.ContainsAny(text, " \n") {
				list = append(list, written("typed-"+strconv.Itoa(len(list)+1), "", text))
			}
		}
	}
	return list
}

// written is a text that somebody is given back.
func written(id, name, text string) ui.TextareaProps {
	rows := min(max(strings.Count(text, "\n")+1, 3), 12)
	return ui.TextareaProps{FieldProps: ui.FieldProps{ID: id, Name: name, Label: "What you wrote", Value: text}, Rows: rows}
}
