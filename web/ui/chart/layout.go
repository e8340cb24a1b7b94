package chart

import (
	"math"
	"strconv"
)

// The heights of the drawing, in pixels.
const (
	headroom   = 8   // above the highest tick, for half of its label
	plotHeight = 168 // from the highest tick to the lowest
	axisHeight = 24  // below, for the labels
	height     = headroom + plotHeight + axisHeight
)

// Labels that are shown at most: in a narrow chart, and in a wide one.
const (
	narrowLabels = 4
	wideLabels   = 10
)

// Layout is a drawing: everything with its place. X and W are percent of the plot's width, Y and H pixels from the top.
type Layout struct {
	Ticks  []Tick
	Bars   []Bar
	Lines  []Line
	Dots   []Dot
	Labels []Label
	Spots  []Spot
	Zero   float64 // Y of the value zero
}

// Tick is a line across, and its label at the left.
type Tick struct {
	Y    float64
	Text string
}

// Bar is one part of a bar.
type Bar struct {
	X, W, Y, H float64
	Tone       Tone
}

// Line is a piece of a line, between two points.
type Line struct {
	X1, Y1, X2, Y2 float64
	Tone           Tone
}

// Dot marks a point of a line.
type Dot struct {
	X, Y float64
	Tone Tone
}

// Label stands below the axis. In a narrow chart only those that are Narrow are shown.
type Label struct {
	X      float64
	Text   string
	Narrow bool
}

// Spot is where the pointer is told a point's title.
type Spot struct {
	X, W  float64
	Title string
}

// Lay works out where everything goes.
func Lay(p Props) Layout {
	bottom, top := p.bounds()
	ticks := Ticks(bottom, top, p.Unit)
	low, high := ticks[0], ticks[len(ticks)-1]
	y := func(v float64) float64 { return round(headroom + plotHeight*(high-v)/(high-low)) }
	l := Layout{Zero: y(0), Labels: labels(p.Points)}
	for _, v := range ticks {
		l.Ticks = append(l.Ticks, Tick{y(v), tickText(v, p.Unit)})
	}
	slot := 100 / float64(max(len(p.Points), 1))
	for i, point := range p.Points {
		l.Spots = append(l.Spots, Spot{round(float64(i) * slot), round(slot), point.Title})
		if p.Kind == Bars {
			l.Bars = append(l.Bars, stack(p, point, float64(i)*slot, slot, y)...)
		}
	}
	if p.Kind == Lines {
		l.line(p, slot, y)
	}
	return l
}

// stack puts the parts of a bar on top of each other, those below zero downwards.
func stack(p Props, point Point, x, slot float64, y func(float64) float64) (bars []Bar) {
	width := slot * 0.72
	if len(p.Points) > 60 {
		width = slot // gaps between very thin bars only flicker
	}
	x += (slot - width) / 2
	up, down := 0.0, 0.0
	for i, v := range point.Values {
		if math.IsNaN(v) || v == 0 {
			continue
		}
		from := &up
		if v < 0 {
			from = &down
		}
		at := *from
		*from += v
		head, foot := y(max(at, *from)), y(min(at, *from))
		bars = append(bars, Bar{X: round(x), W: round(width), Y: head, H: round(foot - head), Tone: p.Series[i].Tone})
	}
	return bars
}

// line joins neighbouring values. Where one is missing, the line has a gap: a straight one across it would claim
// something. A value without neighbours is seen by its dot.
func (l *Layout) line(p Props, slot float64, y func(float64) float64) {
	const dotted = 62 // more points than that are only drawn where they stand alone
	for s, series := range p.Series {
		value := func(i int) float64 {
			if i < 0 || i >= len(p.Points) {
				return math.NaN()
			}
			return p.Points[i].Values[s]
		}
		for i := range p.Points {
			v, next := value(i), value(i+1)
			if math.IsNaN(v) {
				continue
			}
			x := (float64(i) + 0.5) * slot
			if !math.IsNaN(next) {
				l.Lines = append(l.Lines, Line{round(x), y(v), round(x + slot), y(next), series.Tone})
			}
			if len(p.Points) <= dotted || math.IsNaN(value(i-1)) && math.IsNaN(next) {
				l.Dots = append(l.Dots, Dot{round(x), y(v), series.Tone})
			}
		}
	}
}

// labels picks points that are named below the axis, evenly.
func labels(points []Point) (list []Label) {
	n := len(points)
	step := (n + wideLabels - 1) / wideLabels
	for i := 0; i < n; i += max(step, 1) {
		list = append(list, Label{X: round((float64(i) + 0.5) * 100 / float64(n)), Text: points[i].Label})
	}
	every := (len(list) + narrowLabels - 1) / narrowLabels
	for i := range list {
		list[i].Narrow = i%every == 0
	}
	return list
}

// round keeps the page small: a hundredth of a pixel is enough.
func round(v float64) float64 { return math.Round(v*100) / 100 }

// px and pc write a place in pixels and in percent.
func px(v float64) string { return strconv.FormatFloat(v, 'f', -1, 64) }
func pc(v float64) string { return px(v) + "%" }
