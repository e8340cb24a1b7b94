package kit

import "time"

// LocalTime is how a field of type datetime-local spells a time.
const LocalTime = "2006-01-02T15:04"

// Time reads a field of type datetime-local as a time in the zone of the person at the screen. An empty field is the
// zero time; what is no time is that and a field error.
func (f *Form) Time(name string, loc *time.Location) time.Time {
	text := f.Text(name)
	if text == "" {
		return time.Time{}
	}
	for _, layout := range []string{LocalTime, "2006-01-02T15:04:05", "2006-01-02 15:04"} { // browsers without the field type send what was typed
		if t, err := time.ParseInLocation(layout, text, loc); err == nil {
			return t
		}
	}
	f.Fail(name, "Enter a date and a time, such as 2026-05-31 14:30.")
	return time.Time{}
}
