package chart

import (
	"math"
	"strconv"
	"time"
)

// parts is how many steps the vertical axis has at most.
const parts = 4

// Ticks are the values at which the vertical axis is labelled, from the lowest to the highest: even steps in round
// numbers of the unit around zero, the first at or below bottom, the last at or above top.
func Ticks(bottom, top float64, unit Unit) []float64 {
	if unit == Percent && bottom >= 0 && top > 0 {
		top = max(top, 100)
	}
	if top <= bottom {
		top = bottom + 1
	}
	step := stepOf((top-bottom)/parts, unit)
	var ticks []float64
	for v := math.Floor(bottom/step) * step; ; v += step {
		ticks = append(ticks, v)
		if v >= top {
			return ticks
		}
	}
}

// stepOf is the smallest round step that is at least as large.
func stepOf(least float64, unit Unit) float64 {
	if unit == Seconds {
		for _, d := range spans() {
			if d.Seconds() >= least {
				return d.Seconds()
			}
		}
		return roundUp(least/day.Seconds()) * day.Seconds()
	}
	if unit == Count {
		least = max(least, 1)
	}
	return roundUp(least)
}

const day = 24 * time.Hour

// spans are round durations. Longer ones are round numbers of days.
func spans() []time.Duration {
	return []time.Duration{
		time.Second, 5 * time.Second, 15 * time.Second, 30 * time.Second, time.Minute, 5 * time.Minute, 15 * time.Minute, 30 * time.Minute,
		time.Hour, 2 * time.Hour, 3 * time.Hour, 6 * time.Hour, 12 * time.Hour, day,
	}
}

// roundUp is the next of 1, 2, 5, 10, 20, 25, 50, 100 …
func roundUp(v float64) float64 {
	size := math.Pow(10, math.Floor(math.Log10(v)))
	for _, m := range []float64{1, 2, 2.5, 5} {
		if m == 2.5 && size < 10 {
			continue // no halves of small things
		}
		if m*size >= v-size*1e-9 {
			return m * size
		}
	}
	return 10 * size
}

// tickText labels a tick shortly: "1.5k", "2 h", "50%".
func tickText(v float64, unit Unit) string {
	switch unit {
	case Seconds:
		return spanText(time.Duration(v) * time.Second)
	case Percent:
		return strconv.FormatFloat(v, 'f', -1, 64) + "%"
	case Count:
	}
	switch size := math.Abs(v); {
	case size >= 1e6:
		return strconv.FormatFloat(v/1e6, 'f', -1, 64) + "M"
	case size >= 1e3:
		return strconv.FormatFloat(v/1e3, 'f', -1, 64) + "k"
	}
	return strconv.FormatFloat(v, 'f', -1, 64)
}

func spanText(d time.Duration) string {
	number := func(unit time.Duration) string { return strconv.FormatFloat(float64(d)/float64(unit), 'f', -1, 64) }
	switch {
	case d == 0:
		return "0"
	case d >= day:
		return number(day) + " d"
	case d >= time.Hour:
		return number(time.Hour) + " h"
	case d >= time.Minute:
		return number(time.Minute) + " min"
	}
	return number(time.Second) + " s"
}
