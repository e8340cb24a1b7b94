package deleted

import (
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"

	"caseward/internal/desk/cases"
)

// encode writes a place in the list as the address has it: microseconds, as exact as the database, and the id.
func encode(c cases.Cursor) string { return fmt.Sprintf("%d-%d", c.At.UnixMicro(), c.ID) }

// decode returns nil for what encode did not write: a mangled address shows the first page.
func decode(text string) *cases.Cursor {
	at, id, _ := strings.Cut(text, "-")
	micros, err1 := strconv.ParseInt(at, 10, 64)
	number, err2 := strconv.ParseInt(id, 10, 64)
	if err1 != nil || err2 != nil {
		return nil
	}
	return &cases.Cursor{At: time.UnixMicro(micros).UTC(), ID: cases.ID(number)}
}

func pageInput(query url.Values) cases.PageInput {
	return cases.PageInput{After: decode(query.Get("after")), Before: decode(query.Get("before"))}
}

func pageLink(base, key string, c *cases.Cursor) string {
	if c == nil {
		return ""
	}
	return base + "?" + key + "=" + encode(*c)
}
