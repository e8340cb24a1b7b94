package ui

import (
	"fmt"
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
		return direction(count(int(gap/time.Minute), "minute"), future)
	case gap < 24*time.Hour:
		return direction(count(int(gap/time.Hour), "hour"), future)
	case gap < 7*24*time.Hour:
		return direction(count(int(gap/(24*time.Hour)), "day"), future)
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

func count(n int, unit string) string {
	if n == 1 {
		return "1 " + unit
	}
	return fmt.Sprintf("%d %ss", n, unit)
}

// full is the unambiguous form for the title and for deadlines.
func full(t time.Time, loc *time.Location) string {
	return t.In(loc).Format("Monday, 2 January 2006, 15:04 MST")
}
