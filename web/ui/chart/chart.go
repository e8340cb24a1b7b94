// Package chart draws lines and stacked bars as inline SVG. Geometry is worked out by pure functions: what goes across is
// in percent of the plot's width, so that one drawing fits a phone and a desk without script, and text keeps its size;
// what goes up is in pixels. Colours are classes of chart.css, since the Content-Security-Policy forbids styles.
package chart

import "math"

// Kind is the way values are drawn.
type Kind int

// The kinds.
const (
	Bars  Kind = iota // the series on top of each other
	Lines             // each by itself
)

// Unit says what the values are, which decides how the vertical axis is parted.
type Unit int

// The units.
const (
	Count   Unit = iota // whole things
	Seconds             // durations
	Percent             // up to 100
)

// Tone is a series' colour. The lightness of tones that stand together differs, and lines have dashes, so that none is
// told by its hue alone.
type Tone string

// The tones.
const (
	First  Tone = "first"
	Second Tone = "second"
	Third  Tone = "third"
	Good   Tone = "good"
	Bad    Tone = "bad"
)

// Series is one line, or one part of each bar.
type Series struct {
	Name string
	Tone Tone
}

// Point is what stands at one place of the horizontal axis.
type Point struct {
	Label  string    // short, below the axis: "3 May"
	Title  string    // shown when pointed at: "Sunday, 3 May 2026: 4 created, 3 closed"
	Values []float64 // one a series; NaN where there is none
}

// Props describes a chart.
type Props struct {
	ID     string // unique on the page
	Title  string // what it shows, for screen readers
	Desc   string // its message in a sentence
	Kind   Kind
	Unit   Unit
	Series []Series
	Points []Point
}

// Empty reports whether there is nothing to draw: no value, or only zeros.
func (p Props) Empty() bool {
	for _, point := range p.Points {
		for _, v := range point.Values {
			if !math.IsNaN(v) && v != 0 {
				return false
			}
		}
	}
	return true
}

// top and bottom are the largest and the smallest value drawn; the bottom is never above zero. Parts of a bar that are
// below zero are drawn down from it.
func (p Props) bounds() (bottom, top float64) {
	for _, point := range p.Points {
		up, down := 0.0, 0.0
		for _, v := range point.Values {
			switch {
			case math.IsNaN(v):
			case p.Kind == Lines:
				up, down = max(up, v), min(down, v)
			case v > 0:
				up += v
			default:
				down += v
			}
		}
		bottom, top = min(bottom, down), max(top, up)
	}
	return bottom, top
}
