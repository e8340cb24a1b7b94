package insights_test

import (
	"fmt"
	"strings"

	"caseward/internal/desk/insights"
)

// short is what of totals is not zero, without the times.
func short(t insights.Totals) string {
	var list []string
	for _, c := range []struct {
		name string
		n    int64
	}{
		{"created", t.Created}, {"closed", t.Closed}, {"auto", t.AutoClosed}, {"same", t.SamePeriodClosed}, {"auto same", t.AutoSamePeriodClosed},
		{"reopened", t.Reopened}, {"answered", t.FirstResponses}, {"good", t.RatedGood}, {"bad", t.RatedBad},
		{"deleted", t.Deleted}, {"purged", t.Purged}, {"erased", t.Erased}, {"spam gone", t.SpamGone},
	} {
		if c.n != 0 {
			list = append(list, fmt.Sprintf("%s %d", c.name, c.n))
		}
	}
	return strings.Join(list, ", ")
}
