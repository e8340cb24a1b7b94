package insights

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// unit says what a figure is.
type unit int

const (
	count   unit = iota // num
	rate                // num of den, in percent
	average             // num seconds over den times
)

// figure is a number on a page, kept as what it is made of so that it is rounded once, where it is shown.
type figure struct {
	unit     unit
	num, den int64
}

// none reports whether there is nothing to divide by.
func (f figure) none() bool { return f.unit != count && f.den == 0 }

// value is a count, percent or seconds. Not to be asked of none.
func (f figure) value() float64 {
	switch f.unit {
	case rate:
		return 100 * float64(f.num) / float64(f.den)
	case average:
		return float64(f.num) / float64(f.den)
	case count:
	}
	return float64(f.num)
}

// String is the figure as people read it: "1,234", "81.5%", "3 h 12 min", and a dash where there is none.
func (f figure) String() string {
	switch {
	case f.none():
		return "–"
	case f.unit == rate:
		return percent(f.value())
	case f.unit == average:
		return duration(time.Duration(f.value()+0.5) * time.Second)
	}
	return thousands(f.num)
}

// thousands writes a number with separators: "-1,234,567".
func thousands(n int64) string {
	text := strconv.FormatInt(n, 10)
	sign := ""
	if n < 0 {
		sign, text = "-", text[1:]
	}
	var b strings.Builder
	for i, digit := range text {
		if i > 0 && (len(text)-i)%3 == 0 {
			b.WriteByte(',')
		}
		b.WriteRune(digit)
	}
	return sign + b.String()
}

func percent(v float64) string { return strconv.FormatFloat(v, 'f', 1, 64) + "%" }

// duration says how long in the two units that matter: "3 h 12 min", "2 d 5 h", "45 s".
func duration(d time.Duration) string {
	const day = 24 * time.Hour
	two := func(large time.Duration, largeName string, small time.Duration, smallName string) string {
		d := d.Round(small)
		if rest := d % large / small; rest != 0 {
			return fmt.Sprintf("%s %s %d %s", thousands(int64(d/large)), largeName, rest, smallName)
		}
		return thousands(int64(d/large)) + " " + largeName
	}
	switch {
	case d.Round(time.Minute) >= day:
		return two(day, "d", time.Hour, "h")
	case d >= time.Hour:
		return two(time.Hour, "h", time.Minute, "min")
	case d >= time.Minute:
		return two(time.Minute, "min", time.Second, "s")
	}
	return strconv.Itoa(int(d/time.Second)) + " s"
}
