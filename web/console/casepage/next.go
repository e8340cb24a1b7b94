package casepage

import (
	"slices"
	"strings"

	"caseward/internal/desk/cases"
	"caseward/internal/desk/followup"
	"caseward/internal/desk/inactivity"
	"caseward/internal/desk/workspace"
	"caseward/web/ui"
)

// whatNext says what will happen to the case by itself, and why; or why nothing will.
func (v view) whatNext() string {
	switch {
	case len(v.holds) > 0 && !v.quiet():
		return v.nextHeld()
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
	}
	return v.nextLive()
}

// nextLive is whatNext of a case that is neither deleted nor in spam: what somebody planned, then what inactivity does.
func (v view) nextLive() string {
	var planned []string
	if v.SnoozedUntil != nil {
		planned = append(planned, "It is out of the lists of work until "+v.date(*v.SnoozedUntil)+", because it was snoozed. An answer of the contact brings it back sooner.")
	} else if f := v.nextFollowUp(); f != nil {
		planned = append(planned, "A follow-up of "+f.AssigneeName+" is due on "+v.date(f.DueAt)+": they are reminded then, and the case stays as it is.")
	}
	if v.dealt() {
		planned = append(planned, "Its queue will give it to whoever of its team is online, has room, and was given a case longest ago.")
	}
	if v.outlook.AskAt != nil {
		planned = append(planned, "The customer is asked for a rating, see below.")
	}
	if len(v.holds) > 0 && v.idle.On() && v.Status != cases.Closed {
		planned = append(planned, "It is not closed for inactivity while it is on legal hold.")
	} else if text := v.nextByInactivity(); text != "" {
		planned = append(planned, text)
	}
	switch {
	case len(planned) > 0:
		return strings.Join(planned, " ")
	case v.Status == cases.Pending:
		return "Nothing is scheduled. It waits for the contact; their answer opens it again."
	}
	return "Nothing is scheduled."
}

// dealt reports whether the case waits for its queue to give it to somebody.
func (v view) dealt() bool {
	return v.Status == cases.Open && v.AssigneeID == nil && v.SnoozedUntil == nil &&
		slices.ContainsFunc(v.queues, func(q workspace.Queue) bool { return int64(q.ID) == v.QueueID && q.DealsOut })
}

// nextByInactivity says when the case will be closed and why, or why not, or what an answer does to a closed one; "" where
// Auto Close is off.
func (v view) nextByInactivity() string {
	o := v.idle.Outlook(v.Case, v.now)
	switch o.Fate {
	case inactivity.Closes:
		when := "It will be closed on " + v.date(o.At)
		if !o.At.After(v.now) {
			when = "It will be closed within a minute or so"
		}
		return when + " if nothing happens until then, because this workspace closes " + v.Status.Label() + " cases after " +
			ui.Hours(v.idle.ThresholdHours) + " without a message or a change of status."
	case inactivity.StaysStatus:
		return "It is not closed for inactivity, because Auto Close leaves " + v.Status.Label() + " cases alone."
	case inactivity.StaysSnoozed:
		return "It is not closed for inactivity while it is snoozed."
	case inactivity.StaysBefore:
		return "It is not closed for inactivity until something new happens on it, because nothing has since Auto Close was switched on."
	case inactivity.OpensUntil:
		return "Nothing is scheduled. An answer of the contact until " + v.date(o.At) + " opens it again; a later one begins a new case that follows this one."
	case inactivity.OpensNoLonger:
		return "Nothing is scheduled. An answer of the contact begins a new case that follows this one, because " + v.whyNoLonger() + "."
	case inactivity.OpensAlways:
		return "Nothing is scheduled. An answer of the contact opens it again."
	}
	return ""
}

func (v view) whyNoLonger() string {
	if v.idle.ReopenHours == nil {
		return "answers do not open closed cases in this workspace"
	}
	return "it has been closed for more than " + ui.Hours(*v.idle.ReopenHours)
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

// follows says which case this one follows, or which follows it, with a link; nil for neither.
func (v view) follows() *ui.NoticeProps {
	switch {
	case v.FollowsNumber != nil:
		number := "#" + text(*v.FollowsNumber)
		return &ui.NoticeProps{Tone: ui.Info, Permanent: true, Text: "This follows case " + number + ", which had been closed for too long to be opened again.",
			Link: &ui.Link{Label: "Open case " + number, Href: casePath(v.visit, *v.FollowsNumber, "")}}
	case v.FollowedByNumber != nil:
		number := "#" + text(*v.FollowedByNumber)
		return &ui.NoticeProps{Tone: ui.Info, Permanent: true, Text: "The contact answered later: case " + number + " follows this one.",
			Link: &ui.Link{Label: "Open case " + number, Href: casePath(v.visit, *v.FollowedByNumber, "")}}
	}
	return nil
}
