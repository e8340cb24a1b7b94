// Package clock is the one place where the time of day comes from.
package clock

import "time"

// Clock tells the time, in UTC and whole microseconds: what PostgreSQL keeps, so that a value read back is equal.
type Clock func() time.Time

// System is the real clock.
func System() time.Time { return time.Now().UTC().Truncate(time.Microsecond) }

// Fixed is a clock that stands still, for tests.
func Fixed(t time.Time) Clock { return func() time.Time { return t } }
