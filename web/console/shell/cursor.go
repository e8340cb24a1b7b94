package shell

import (
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"

	"caseward/internal/desk/cases"
)

// CursorText writes a place in a list of cases as addresses have it: microseconds, as exact as the database, the id, and
// the rank where there is one.
func CursorText(c *cases.Cursor) string {
	text := fmt.Sprintf("%d-%d", c.At.UnixMicro(), c.ID)
	if c.Rank != 0 {
		text += fmt.Sprintf("-%d", c.Rank)
	}
	return text
}

// Cursor returns nil for what CursorText did not write: a mangled address shows the first page.
func Cursor(text string) *cases.Cursor {
	parts := strings.Split(text, "-")
	if len(parts) < 2 || len(parts) > 3 {
		return nil
	}
	var numbers [3]int64
	for i, part := range parts {
		var err error
		if numbers[i], err = strconv.ParseInt(part, 10, 64); err != nil {
			return nil
		}
	}
	return &cases.Cursor{At: time.UnixMicro(numbers[0]).UTC(), ID: cases.ID(numbers[1]), Rank: numbers[2]}
}

// PageInput reads which page of a list an address asks for.
func PageInput(query url.Values) cases.PageInput {
	if before := Cursor(query.Get("before")); before != nil {
		return cases.PageInput{Before: before}
	}
	return cases.PageInput{After: Cursor(query.Get("after"))}
}
