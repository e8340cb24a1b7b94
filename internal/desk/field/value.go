package field

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"caseward/internal/platform/errs"
)

// numberForm is what double precision gives back as it was typed.
var numberForm = regexp.MustCompile(`^[+-]?\d{1,11}(\.\d{1,4})?$`)

// ParseNumber reads a number as Values spell it; ok is false where it is none that a field can hold.
func ParseNumber(typed string) (n float64, ok bool) {
	typed = strings.TrimSpace(typed)
	if !numberForm.MatchString(typed) {
		return 0, false
	}
	n, err := strconv.ParseFloat(typed, 64)
	return n + 0, err == nil // not -0
}

// ISODate is how Values spell days, for package time.
const ISODate = "2006-01-02"

// ParseDay reads a day as Values spell it.
func ParseDay(typed string) (day time.Time, ok bool) {
	day, err := time.Parse(ISODate, strings.TrimSpace(typed))
	return day, err == nil && day.Year() >= 1900 && day.Year() <= 2200
}

// ParseYes reads what a box, or somebody who writes for one, sends.
func ParseYes(typed string) (yes, ok bool) {
	switch strings.ToLower(strings.TrimSpace(typed)) {
	case Yes, "true", "on", "1":
		return true, true
	case "no", "false", "off", "0", "":
		return false, true
	}
	return false, false
}

// parse returns what was typed as Values have it; "" for nothing. Errors: Invalid, for the field's FormName.
func (f Field) parse(typed string) (value string, err error) {
	typed = oneLine(typed)
	if typed == "" {
		return "", nil
	}
	problem := ""
	switch f.Kind {
	case Text:
		if value = typed; utf8.RuneCountInString(typed) > maxText {
			problem = "Keep it under 500 characters."
		}
	case Number:
		n, ok := ParseNumber(typed)
		if value = strconv.FormatFloat(n, 'f', -1, 64); !ok {
			problem = "Enter a number such as 1250 or 12.5: up to 11 digits, a point, up to 4 digits. No other signs."
		}
	case Date:
		day, ok := ParseDay(typed)
		if value = day.Format(ISODate); !ok {
			problem = "Enter a day as year-month-day, such as 2026-05-01."
		}
	case Choice:
		at := slices.IndexFunc(f.Choices, func(c string) bool { return strings.EqualFold(c, typed) })
		if at < 0 {
			problem = "“" + typed + "” is not offered any more. Choose one of the list."
		} else {
			value = f.Choices[at]
		}
	case Checkbox:
		yes, ok := ParseYes(typed)
		if !ok {
			problem = "Say yes or no."
		}
		if yes {
			value = Yes
		}
	}
	if problem != "" {
		return "", errs.Field(f.FormName(), f.Name+": "+problem)
	}
	return value, nil
}

// columns are the value as it is stored: one of the columns of its table.
func (f Field) columns(value string) (choice *string, number *float64, day *time.Time, content *string) {
	switch f.Kind {
	case Text:
		return nil, nil, nil, &value
	case Number:
		n, _ := ParseNumber(value) // parse has checked it
		return nil, &n, nil, nil
	case Date:
		d, _ := ParseDay(value)
		return nil, nil, &d, nil
	case Choice, Checkbox:
	}
	return &value, nil, nil, nil
}

// oneLine makes text that stands in one line, is valid, and has single spaces.
func oneLine(text string) string {
	return strings.Join(strings.FieldsFunc(strings.ToValidUTF8(text, ""), func(r rune) bool {
		return unicode.IsSpace(r) || unicode.IsControl(r)
	}), " ")
}

// Parse returns what was typed as Values have it; "" for nothing.
//
// Errors: Invalid, for the field's FormName.
func (f Field) Parse(typed string) (value string, err error) { return f.parse(typed) }
