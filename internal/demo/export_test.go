package demo

import (
	"fmt"
	"time"
)

// CheckScript reads the script as of base: every conversation goes forward, nothing is in the future or before the
// workspaces, and no two events share a moment.
func CheckScript(base time.Time) error {
	events, err := script(base)
	if err != nil {
		return err
	}
	last := map[*conversation]int{}
	seen := map[int64]bool{}
	for _, e := range events {
		if before, known := last[e.conversation]; known && before != e.index-1 || !known && e.index != 0 {
			return e.wrap(fmt.Errorf("out of order"))
		}
		last[e.conversation] = e.index
		if seen[e.at.UnixMicro()] {
			return e.wrap(fmt.Errorf("at the same moment as another event"))
		}
		seen[e.at.UnixMicro()] = true
		if !e.at.Before(base.Add(time.Minute)) || e.at.Before(base.Add(-history+time.Hour)) {
			return e.wrap(fmt.Errorf("outside the history"))
		}
	}
	return nil
}
