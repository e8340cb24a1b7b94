package ui

import (
	"strconv"
	"strings"
	"time"
)

// relative says how far t is from now in the words people use; beyond a week it gives the date in loc.
func relative(t, now time.Time, loc *time.Location) string {
	t, now = t.In(loc), now.In(loc)
	gap := now.Sub(t)
	future := gap < 0
	if future {
		gap = -gap
	}
	switch {
	case gap < time.Minute && future:
		return "in a moment"
	case gap < time.Minute:
		return "just now"
	case gap < time.Hour:
		return direction(Count(int(gap/time.Minute), "minute"), future)
	case gap < 24*time.Hour:
		return direction(Count(int(gap/time.Hour), "hour"), future)
	case gap < 7*24*time.Hour:
		return direction(Count(int(gap/(24*time.Hour)), "day"), future)
	case t.Year() == now.Year():
		return t.Format("2 Jan")
	default:
		return t.Format("2 Jan 2006")
	}
}

func direction(span string, future bool) string {
	if future {
		return "in " + span
	}
	return span + " ago"
}

// Span is a duration in the unit that matters, rounded down like the "in 5 days" of a running countdown.
func Span(d time.Duration) string {
	switch {
	case d < time.Minute:
		return "less than a minute"
	case d < time.Hour:
		return Count(int(d/time.Minute), "minute")
	case d < 24*time.Hour:
		return Count(int(d/time.Hour), "hour")
	}
	return Count(int(d/(24*time.Hour)), "day")
}

// Hours is a number of hours in days where they are whole ones: "36 hours", "3 days".
func Hours(n int) string {
	if n > 0 && n%24 == 0 {
		return Count(n/24, "day")
	}
	return Count(n, "hour")
}

// Count is a number of things: "1 day", "2 days", "3 entries".
func Count(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	if stem, ok := strings.CutSuffix(thing, "ry"); ok {
		return strconv.Itoa(n) + " " + stem + "ries"
	}
	return strconv.Itoa(n) + " " + thing + "s"
}

// full is the unambiguous form for the title and for deadlines.
func full(t time.Time, loc *time.Location) string {
	return t.In(loc).Format("Monday, 2 January 2006, 15:04 MST")
}
