package portal

import "time"

// DueAt is dueAt.
func DueAt(asked time.Time) time.Time { return dueAt(asked) }
