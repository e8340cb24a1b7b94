package notifications

import (
	"fmt"

	"caseward/internal/desk/access"
	"caseward/internal/desk/notify"
	"caseward/internal/desk/retention"
	"caseward/web/ui"
)

// words say what somebody is told.
type words struct {
	icon  ui.IconName
	title string // the case
	text  string
}

func wordsOf(n notify.Notification) words {
	w := words{icon: icons[n.Kind], title: n.Subject, text: sentence(n)}
	switch {
	case n.Kind == notify.PrivacyAsked:
		w.title = "Request for erasure"
	case n.Kind == notify.ContactData:
		w.title = "Data of a contact"
	case n.Kind == notify.HoldReview:
		w.title = "Legal holds"
	case n.Kind == notify.PurgeStopped:
		w.title = "Removal stopped"
	case n.Kind == notify.DeletionDigest:
		w.title = "Deletions of the week"
	case n.Kind == notify.TrailBroken:
		w.title = "Audit trail"
	case n.Kind == notify.PlanChanged:
		w.title = "Plan of this workspace"
	case n.CaseNumber == 0:
		w.title = ui.Count(n.Times, "case")
	case w.title == "":
		w.title = fmt.Sprintf("Case %d", n.CaseNumber)
	}
	if w.icon == "" {
		w.icon = ui.IconBell
	}
	return w
}

var icons = map[notify.Kind]ui.IconName{
	notify.Assigned: ui.IconUserCheck, notify.Replied: ui.IconReply, notify.Mentioned: ui.IconAtSign, notify.Restored: ui.IconUndo2, notify.Reopened: ui.IconRotateCcw,
	notify.Woken: ui.IconAlarmClock, notify.FollowUpDue: ui.IconCalendarClock, notify.Rated: ui.IconSmile,
	notify.ErasureDecided: ui.IconShieldCheck, notify.ErasureReply: ui.IconCornerDownRight, notify.PrivacyAsked: ui.IconShield,
	notify.ContactData: ui.IconDownload, notify.HoldReview: ui.IconGavel, notify.PurgeStopped: ui.IconCirclePause, notify.DeletionDigest: ui.IconScrollText,
	notify.TrailBroken: ui.IconTriangleAlert, notify.PlanChanged: ui.IconBuilding2,
}

func sentence(n notify.Notification) string {
	switch n.Kind {
	case notify.Assigned:
		return who(n) + " assigned " + this(n) + " to you"
	case notify.Replied:
		if n.Times > 1 {
			return fmt.Sprintf("%d replies, the last by %s", n.Times, who(n))
		}
		return who(n) + " replied"
	case notify.Mentioned:
		return who(n) + " mentioned you in an internal note"
	case notify.Restored:
		return who(n) + " replied, which restored this deleted case"
	case notify.Reopened:
		return who(n) + " reopened " + this(n)
	case notify.Woken:
		return "Its snooze has ended"
	case notify.FollowUpDue:
		if n.Times > 1 {
			return fmt.Sprintf("%d follow-ups of yours are due", n.Times)
		}
		return "A follow-up of yours is due"
	case notify.Rated:
		return who(n) + " rated your help"
	case notify.ErasureReply:
		return fmt.Sprintf("Answers case #%d, whose permanent deletion was requested", n.RequestNumber)
	case notify.ErasureDecided:
		return decision(n)
	case notify.HoldReview, notify.PurgeStopped, notify.DeletionDigest:
		return n.Detail
	case notify.ContactData:
		return "What is held on a contact is ready, as you asked"
	case notify.TrailBroken:
		return "An entry was changed, removed or moved: its chain does not hold"
	case notify.PlanChanged:
		if n.Detail != "" {
			return who(n) + " " + n.Detail
		}
		return who(n) + " put this workspace on another plan"
	case notify.PrivacyAsked:
		if n.Times > 1 {
			return fmt.Sprintf("%d customers ask for the erasure of what is kept about them", n.Times)
		}
		return who(n) + " asks for the erasure of what is kept about them"
	}
	return "There is news on this case"
}

// this is what was changed, of cases that were changed together.
func this(n notify.Notification) string {
	if n.CaseNumber == 0 {
		return ui.Count(n.Times, "case")
	}
	return "this case"
}

func decision(n notify.Notification) string {
	switch retention.RequestState(n.RequestState) {
	case retention.RequestRefused:
		return "Support staff refused its permanent deletion"
	case retention.RequestDone:
		return "It was permanently deleted, as you requested"
	case retention.RequestApproved:
		if n.Detail != "" {
			return "Support staff approved its permanent deletion. " + n.Detail
		}
		return "Support staff approved its permanent deletion, which is under way"
	case retention.RequestOpen, retention.RequestWithdrawn: // not decided
	}
	return "Its permanent deletion was decided"
}

func who(n notify.Notification) string {
	switch {
	case n.ActorName != "":
		return n.ActorName
	case n.ActorKind == access.Job:
		return "Caseward"
	case n.ActorKind == access.Staff:
		return "Support staff"
	case n.ActorKind == access.Contact:
		return "The customer"
	}
	return "Somebody"
}
