package inbox

import (
	"encoding/base64"
	"fmt"
	"net/url"
	"time"

	"caseward/internal/desk/cases"
)

// encode makes a place in a list a word for the address of the next page. PostgreSQL keeps microseconds.
func encode(c *cases.Cursor) string {
	return base64.RawURLEncoding.EncodeToString(fmt.Appendf(nil, "%d.%d", c.At.UnixMicro(), c.ID))
}

// decode reads encode's word; nil where somebody changed it, which shows the first page.
func decode(word string) *cases.Cursor {
	text, err := base64.RawURLEncoding.DecodeString(word)
	if err != nil || len(text) == 0 {
		return nil
	}
	var micros, id int64
	if _, err := fmt.Sscanf(string(text), "%d.%d", &micros, &id); err != nil {
		return nil
	}
	return &cases.Cursor{At: time.UnixMicro(micros).UTC(), ID: cases.ID(id)}
}

// pageInput reads which page an address asks for.
func pageInput(query url.Values) cases.PageInput {
	if before := decode(query.Get("before")); before != nil {
		return cases.PageInput{Before: before}
	}
	return cases.PageInput{After: decode(query.Get("after"))}
}
