package shell

import (
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"

	"caseward/internal/desk/cases"
)

// CursorText writes a place in a list of cases as addresses have it: microseconds, as exact as the database, and the id.
func CursorText(c *cases.Cursor) string { return fmt.Sprintf("%d-%d", c.At.UnixMicro(), c.ID) }

// Cursor returns nil for what CursorText did not write: a mangled address shows the first page.
func Cursor(text string) *cases.Cursor {
	at, id, _ := strings.Cut(text, "-")
	micros, err1 := strconv.ParseInt(at, 10, 64)
	number, err2 := strconv.ParseInt(id, 10, 64)
	if err1 != nil || err2 != nil {
		return nil
	}
	return &cases.Cursor{At: time.UnixMicro(micros).UTC(), ID: cases.ID(number)}
}

// PageInput reads which page of a list an address asks for.
func PageInput(query url.Values) cases.PageInput {
	if before := Cursor(query.Get("before")); before != nil {
		return cases.PageInput{Before: before}
	}
	return cases.PageInput{After: Cursor(query.Get("after"))}
}
