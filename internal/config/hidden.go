package config

import "log/slog"

// Hidden is a text that must not reach a log or an error. Printing it, in any format, shows that it
// is set and nothing else; Reveal is the one way to its value.
type Hidden string

const mask = "(hidden)"

// Reveal returns the value.
func (h Hidden) Reveal() string { return string(h) }

// String hides the value from fmt.
func (h Hidden) String() string {
	if h == "" {
		return ""
	}
	return mask
}

// GoString hides the value from %#v.
func (h Hidden) GoString() string { return h.String() }

// LogValue hides the value from slog.
func (h Hidden) LogValue() slog.Value { return slog.StringValue(h.String()) }

// MarshalText hides the value from encoders such as JSON.
func (h Hidden) MarshalText() ([]byte, error) { return []byte(h.String()), nil }
