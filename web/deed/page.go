package deed

import (
	"net/url"
	"strconv"
	"strings"
	"time"

	"caseward/internal/desk/audit"
	"caseward/web/ui"
)

// PageInput reads which page of a list of entries an address asks for; a mangled one shows the first.
func PageInput(query url.Values) audit.PageInput {
	if after := place(query.Get("after")); after != nil {
		return audit.PageInput{After: after}
	}
	return audit.PageInput{Before: place(query.Get("before"))}
}

func place(text string) *audit.Place {
	micros, id, ok := strings.Cut(text, "-")
	at, err := strconv.ParseInt(micros, 10, 64)
	n, err2 := strconv.ParseInt(id, 10, 64)
	if !ok || err != nil || err2 != nil {
		return nil
	}
	return &audit.Place{At: time.UnixMicro(at).UTC(), ID: n}
}

// Pager leads to the pages beside one, under the same conditions.
func Pager(path string, conditions map[string]string, page audit.Page) ui.PagerProps {
	link := func(key string, at *audit.Place) string {
		if at == nil {
			return ""
		}
		query := url.Values{key: {strconv.FormatInt(at.At.UnixMicro(), 10) + "-" + strconv.FormatInt(at.ID, 10)}}
		for name, value := range conditions {
			query.Set(name, value)
		}
		return path + "?" + query.Encode()
	}
	return ui.PagerProps{Newer: link("after", page.Newer), Older: link("before", page.Older)}
}
