package casepage

import (
	"caseward/internal/desk/cases"
	"caseward/internal/desk/followup"
	"caseward/web/ui"
)

// whatNext says what will happen to the case by itself, and why; or why nothing will.
func (v view) whatNext() string {
	switch {
	case v.erasing():
		return "It is being erased: support staff approved its permanent deletion."
	case v.ErasureRequestedAt != nil && v.PurgeLeft != nil:
		return "The countdown is stopped with " + ui.Span(*v.PurgeLeft) + " left, because permanent deletion was requested. Support staff will decide."
	case v.ErasureRequestedAt != nil:
		return "Support staff will decide on the request for its permanent deletion."
	case v.PurgeAt != nil:
		return "It will be removed for good on " + v.date(*v.PurgeAt) + ", because deleted cases are kept for a limited time. Restoring it stops that."
	case v.DeletedAt != nil:
		return "It is kept until its permanent deletion is requested, because this workspace sets no time limit."
	case v.SpamAt != nil:
		return "It stays in Spam until somebody marks it as not spam. Spam is not removed by itself."
	case v.SnoozedUntil != nil:
		return "It is out of the lists of work until " + v.date(*v.SnoozedUntil) + ", because it was snoozed. An answer of the contact brings it back sooner."
	case v.nextFollowUp() != nil:
		f := v.nextFollowUp()
		return "A follow-up of " + f.AssigneeName + " is due on " + v.date(f.DueAt) + ": they are reminded then, and the case stays as it is."
	case v.outlook.AskAt != nil:
		return "The customer is asked for a rating, see below. An answer of the contact opens the case again."
	case v.Status == cases.Closed:
		return "Nothing is scheduled. An answer of the contact opens it again."
	case v.Status == cases.Pending:
		return "Nothing is scheduled. It waits for the contact; their answer opens it again."
	}
	return "Nothing is scheduled."
}

// nextFollowUp is the earliest that is still to come; nil when there is none.
func (v view) nextFollowUp() *followup.FollowUp {
	for _, f := range v.followUps {
		if f.DoneAt == nil && f.DueAt.After(v.now) {
			return &f
		}
	}
	return nil
}
