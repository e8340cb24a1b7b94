package chart

import (
	"bytes"
	"fmt"
	"math"
	"slices"
	"testing"

	"github.com/PuerkitoBio/goquery"
	"pgregory.net/rapid"
)

// TestTicksAreRoundAndCoverTheValues also draws from the smallest to the largest numbers there may be.
func TestTicksAreRoundAndCoverTheValues(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		unit := rapid.SampledFrom([]Unit{Count, Seconds, Percent}).Draw(t, "unit")
		top := rapid.OneOf(rapid.Float64Range(0, 20), rapid.Float64Range(0, 1e9)).Draw(t, "top")
		bottom := -rapid.OneOf(rapid.Just(0.0), rapid.Float64Range(0, 1e6)).Draw(t, "below")
		ticks := Ticks(bottom, top, unit)
		if ticks[0] > bottom || ticks[len(ticks)-1] < top {
			t.Fatalf("%v does not hold %v to %v", ticks, bottom, top)
		}
		if len(ticks) < 2 || len(ticks) > parts+3 {
			t.Fatalf("%d ticks: %v", len(ticks), ticks)
		}
		texts := map[string]bool{}
		for i, v := range ticks {
			texts[tickText(v, unit)] = true
			if i > 0 && math.Abs((v-ticks[i-1])-(ticks[1]-ticks[0])) > 1e-6*(ticks[1]-ticks[0]) {
				t.Fatalf("uneven: %v", ticks)
			}
			if unit == Count && v != math.Trunc(v) {
				t.Fatalf("half a thing: %v", ticks)
			}
		}
		if len(texts) != len(ticks) {
			t.Fatalf("%v read alike: %v", ticks, texts)
		}
	})
}

func TestTicksReadWell(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		bottom, top float64
		unit        Unit
		want        string
	}{
		{0, 3, Count, "[0 1 2 3]"},
		{0, 14, Count, "[0 5 10 15]"},
		{-1, 4, Count, "[-2 0 2 4]"},
		{0, 40_000, Count, "[0 10k 20k 30k 40k]"},
		{0, 3_200_000, Count, "[0 1M 2M 3M 4M]"},
		{0, 81, Percent, "[0% 25% 50% 75% 100%]"},
		{0, 130, Percent, "[0% 50% 100% 150%]"},
		{0, 40, Seconds, "[0 15 s 30 s 45 s]"},
		{0, 44 * 60, Seconds, "[0 15 min 30 min 45 min]"},
		{0, 3.2 * 3600, Seconds, "[0 1 h 2 h 3 h 4 h]"},
		{0, 7 * 86400, Seconds, "[0 2 d 4 d 6 d 8 d]"},
	} {
		var texts []string
		for _, v := range Ticks(c.bottom, c.top, c.unit) {
			texts = append(texts, tickText(v, c.unit))
		}
		if got := fmt.Sprint(texts); got != c.want {
			t.Errorf("%v to %v: %s, want %s", c.bottom, c.top, got, c.want)
		}
	}
}

// TestBarsAddUp: however the parts are, a bar is as high as their sum, its parts touch, and all bars are within the plot.
func TestBarsAddUp(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		p := Props{Series: []Series{{"a", First}, {"b", Second}}}
		for range rapid.IntRange(1, 366).Draw(t, "points") {
			p.Points = append(p.Points, Point{Values: []float64{float64(rapid.IntRange(0, 5000).Draw(t, "a")), float64(rapid.IntRange(0, 5000).Draw(t, "b"))}})
		}
		l := Lay(p)
		_, top := p.bounds()
		ticks := Ticks(0, top, Count)
		perUnit := (l.Zero - l.Ticks[len(l.Ticks)-1].Y) / ticks[len(ticks)-1]
		heights := map[float64]float64{}
		for _, b := range l.Bars {
			heights[b.X] += b.H
			if b.X < 0 || b.X+b.W > 100.02 || b.Y < headroom-0.01 || b.Y+b.H > l.Zero+0.02 {
				t.Fatalf("outside: %+v", b)
			}
		}
		for i, point := range p.Points {
			sum := point.Values[0] + point.Values[1]
			if sum == 0 {
				continue
			}
			left := float64(i) * 100 / float64(len(p.Points))
			found := false
			for x, h := range heights {
				if x >= left-0.01 && x < left+100/float64(len(p.Points)) && math.Abs(h-sum*perUnit) < 0.05 {
					found = true
				}
			}
			if !found {
				t.Fatalf("point %d: no bar of %v", i, sum)
			}
		}
	})
}

func TestPartsBelowZeroGoDown(t *testing.T) {
	t.Parallel()
	l := Lay(Props{Series: []Series{{"a", First}}, Points: []Point{{Values: []float64{3}}, {Values: []float64{-1}}}})
	if up, down := l.Bars[0], l.Bars[1]; up.Y+up.H != l.Zero || down.Y != l.Zero || down.H <= 0 || down.H >= up.H {
		t.Errorf("bars %+v around %v", l.Bars, l.Zero)
	}
}

// TestLinesHaveGaps: nothing is drawn across what is not known, and a value between two gaps is a dot.
func TestLinesHaveGaps(t *testing.T) {
	t.Parallel()
	none := math.NaN()
	p := Props{Kind: Lines, Series: []Series{{"a", First}}}
	for _, v := range []float64{1, 2, none, 4, none, none, 7, 8} {
		p.Points = append(p.Points, Point{Values: []float64{v}})
	}
	l := Lay(p)
	if len(l.Lines) != 2 || len(l.Dots) != 5 {
		t.Errorf("%d pieces and %d dots, want 2 and 5", len(l.Lines), len(l.Dots))
	}
}

// TestLabelsDoNotCollide: at 360 px the plot is about 220 px wide, and a wide one at least 520.
func TestLabelsDoNotCollide(t *testing.T) {
	t.Parallel()
	const label = 46 // px: "24 Sep" at 11 px, with a gap
	for n := 1; n <= 366; n++ {
		p := Props{Points: make([]Point, n)}
		list := Lay(p).Labels
		narrow := slices.DeleteFunc(slices.Clone(list), func(l Label) bool { return !l.Narrow })
		for width, shown := range map[float64][]Label{220: narrow, 520: list} {
			for i := 1; i < len(shown); i++ {
				if gap := (shown[i].X - shown[i-1].X) * width / 100; gap < label {
					t.Fatalf("%d points at %v px: labels %v px apart", n, width, gap)
				}
			}
		}
		if len(narrow) == 0 || n >= 8 && len(narrow) < 2 {
			t.Fatalf("%d points: %d labels", n, len(narrow))
		}
	}
}

func TestADrawingIsToldToThoseWhoDoNotSeeIt(t *testing.T) {
	t.Parallel()
	var html bytes.Buffer
	p := Props{ID: "x", Title: "Closed", Desc: "Highest: 3.", Series: []Series{{"By members", First}, {"Automatically", Second}},
		Points: []Point{{Label: "3 May", Title: "Sunday: <3>", Values: []float64{2, 1}}}}
	if err := Chart(p).Render(t.Context(), &html); err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(html.Bytes(), []byte("style=")) {
		t.Error("a style stands in the page, which the policy forbids")
	}
	doc, err := goquery.NewDocumentFromReader(&html)
	if err != nil {
		t.Fatal(err)
	}
	drawing := doc.Find("svg[role=img]")
	if drawing.AttrOr("aria-labelledby", "") != "x-title x-desc" || doc.Find("#x-title").Text() != "Closed" || doc.Find("#x-desc").Text() != "Highest: 3." {
		t.Error("the drawing has no name")
	}
	if drawing.Find(".chart-bar").Length() != 2 || drawing.Find(".chart-spot title").Text() != "Sunday: <3>" || doc.Find(".chart-legend li").Length() != 2 {
		t.Error(doc.Html())
	}
}

func TestEmpty(t *testing.T) {
	t.Parallel()
	zeros := Props{Series: []Series{{"a", First}}, Points: []Point{{Values: []float64{0}}, {Values: []float64{math.NaN()}}}}
	if !zeros.Empty() || !(Props{}).Empty() {
		t.Error("zeros are something to draw")
	}
	zeros.Points[0].Values[0] = 1
	if zeros.Empty() {
		t.Error("a one is nothing to draw")
	}
	_, _ = Lay(Props{}), Lay(zeros)
}
