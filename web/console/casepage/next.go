package casepage

import (
	"strconv"
	"time"

	"caseward/internal/desk/cases"
)

// whatNext says what will happen to the case by itself, and why; or why nothing will.
func (v view) whatNext() string {
	switch {
	case v.erasing():
		return "It is being erased: support staff approved its permanent deletion."
	case v.ErasureRequestedAt != nil && v.PurgeLeft != nil:
		return "The countdown is stopped with " + span(*v.PurgeLeft) + " left, because permanent deletion was requested. Support staff will decide."
	case v.ErasureRequestedAt != nil:
		return "Support staff will decide on the request for its permanent deletion."
	case v.PurgeAt != nil:
		return "It will be removed for good on " + v.date(*v.PurgeAt) + ", because deleted cases are kept for a limited time. Restoring it stops that."
	case v.DeletedAt != nil:
		return "It is kept until its permanent deletion is requested, because this workspace sets no time limit."
	case v.SpamAt != nil:
		return "It stays in Spam until somebody marks it as not spam. Spam is not removed by itself."
	case v.Status == cases.Closed:
		return "Nothing is scheduled. An answer of the contact opens it again."
	case v.Status == cases.Pending:
		return "Nothing is scheduled. It waits for the contact; their answer opens it again."
	}
	return "Nothing is scheduled."
}

// span is a duration in the unit that matters, rounded up so that it promises nothing too early.
func span(d time.Duration) string {
	for _, unit := range []struct {
		name string
		size time.Duration
	}{{"day", 24 * time.Hour}, {"hour", time.Hour}, {"minute", time.Minute}} {
		if d >= unit.size {
			n := int((d + unit.size - 1) / unit.size)
			if n == 1 {
				return "1 " + unit.name
			}
			return strconv.Itoa(n) + " " + unit.name + "s"
		}
	}
	return "less than a minute"
}
