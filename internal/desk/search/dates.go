package search

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"
)

func dateValues() []Value {
	return []Value{{"today", "Since midnight"}, {"yesterday", ""}, {"7d", "7 days ago"}, {"30d", "30 days ago"}, {"1y", "A year ago"}}
}

// date compares the last activity, which is the time that lists show and are in the order of. Together,
// after:2026-05-01 before:2026-06-01 is the whole of May.
func (q *query) date(x part, condition, zone string) {
	location, err := time.LoadLocation(zone)
	if err != nil {
		location = time.UTC
	}
	for _, v := range x.values {
		at, ok := dateOf(v.text, q.now, location)
		if !ok {
			q.problem(v.span, fmt.Sprintf("“%s” is not a day. Write one like 2026-05-01, or today, yesterday, 7d, 4w, 3m or 1y.", v.text))
			continue
		}
		q.addNot(x.negated, condition, at)
	}
}

var ago = regexp.MustCompile(`^(\d{1,4})([hdwmy])$`)

// dateOf reads a day, which begins at midnight where the reader is, or how long ago something is.
func dateOf(text string, now time.Time, location *time.Location) (at time.Time, ok bool) {
	now = now.In(location)
	midnight := func(days int) time.Time {
		return time.Date(now.Year(), now.Month(), now.Day()+days, 0, 0, 0, 0, location)
	}
	text = strings.ToLower(text)
	switch text {
	case "today":
		return midnight(0), true
	case "yesterday":
		return midnight(-1), true
	}
	if m := ago.FindStringSubmatch(text); m != nil {
		n, err := strconv.Atoi(m[1])
		if err != nil {
			return time.Time{}, false
		}
		switch m[2] {
		case "h":
			return now.Add(-time.Duration(n) * time.Hour), true
		case "d":
			return now.AddDate(0, 0, -n), true
		case "w":
			return now.AddDate(0, 0, -7*n), true
		case "m":
			return now.AddDate(0, -n, 0), true
		case "y":
			return now.AddDate(-n, 0, 0), true
		}
	}
	for _, layout := range []string{"2006-1-2", "2006/1/2", "2006-1", "2006"} {
		if at, err := time.ParseInLocation(layout, text, location); err == nil && at.Year() >= 1900 {
			return at, true
		}
	}
	return time.Time{}, false
}
