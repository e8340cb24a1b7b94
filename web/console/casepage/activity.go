package casepage

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"caseward/internal/desk/access"
	"caseward/internal/desk/cases"
	"caseward/internal/desk/workspace"
	"caseward/web/ui"
)

// line is a thing that was done to the case, in one sentence.
type line struct {
	at   time.Time
	who  string
	text string
	icon ui.IconName
	from cases.Number // the case that was merged into this one, where that can be undone; 0: it is about something else
}

// lines are the activity besides what the thread itself shows.
func (v view) lines() []line {
	var lines []line
	for i, a := range v.Activity {
		if text, icon := v.sentence(a); text != "" {
			lines = append(lines, line{a.CreatedAt, actorName(a), text, icon, v.merged(i)})
		}
	}
	return lines
}

func actorName(a cases.Activity) string {
	switch {
	case a.ActorName != "":
		return a.ActorName
	case a.ActorKind == access.Staff:
		return "Support staff"
	case a.ActorKind == access.Job:
		return "Caseward"
	}
	return "Somebody"
}

// sentence says what was done, as the rest of a sentence that begins with who did it; "" for what a message in
// the thread says already.
func (v view) sentence(a cases.Activity) (string, ui.IconName) {
	switch a.Kind {
	case cases.ActCreated, cases.ActReceived, cases.ActReplied, cases.ActNoted:
		return "", ""
	case cases.ActResent:
		return "sent a reply again", ui.IconSend
	case cases.ActStatus:
		if a.ActorKind == access.Contact {
			return "answered, so the case is open again", ui.IconRotateCcw
		}
		return "changed the status from " + status(a.Data["from"]) + " to " + status(a.Data["to"]), ui.IconCircleDot
	case cases.ActAssigned:
		return v.assigned(a), ui.IconUserCheck
	case cases.ActPriority:
		return fmt.Sprintf("changed the priority from %v to %v", a.Data["from"], a.Data["to"]), ui.IconFlag
	case cases.ActQueue:
		return "moved the case to " + v.queueName(a.Data["to"]), ui.IconFolder
	case cases.ActTags:
		return "changed the tags", ui.IconTag
	case cases.ActSubject:
		return "changed the subject", ui.IconPencil
	case cases.ActFields:
		return v.changedFields(a.Data["fields"]), ui.IconSlidersHorizontal
	case cases.ActSpam:
		return "marked the case as spam" + also(a, "suspended", ", and suspended its sender"), ui.IconBan
	case cases.ActNotSpam:
		return "marked the case as not spam" + also(a, "lifted", ", and let its sender write again"), ui.IconMailCheck
	case cases.ActContactDeleted:
		return "deleted the contact, so the case is in Spam", ui.IconUserX
	case cases.ActContactRestored:
		return "restored the contact, and the case with them", ui.IconUndo2
	case cases.ActSnoozed:
		return "snoozed the case" + v.until(a.Data["until"]), ui.IconAlarmClock
	case cases.ActWoken:
		return "brought the case back from snooze", ui.IconAlarmClock
	case cases.ActFollowUp, cases.ActFollowUpChanged, cases.ActFollowUpDone, cases.ActFollowUpOpen, cases.ActFollowUpRemoved, cases.ActFollowUpPassed:
		return v.followUp(a), ui.IconCalendarClock
	case cases.ActDeleted:
		return "deleted the case", ui.IconTrash2
	case cases.ActRestored:
		return "restored the case", ui.IconUndo2
	case cases.ActJoined, cases.ActMerged, cases.ActMergedInto, cases.ActUnmerged, cases.ActUnmergedFrom:
		return mergeSentence(a)
	case cases.ActAutoClosed, cases.ActCourtesy, cases.ActFollows, cases.ActFollowedBy:
		return v.inactivitySentence(a)
	case cases.ActHeldBack:
		return "sent an automatic answer, which was held back: the case was deleted", ui.IconBellOff
	case cases.ActRedacted:
		return erasedWhat(a.Data), ui.IconEyeOff
	case cases.ActErasureRequested:
		return "requested permanent deletion", ui.IconShieldAlert
	case cases.ActErasureWithdrawn:
		return "withdrew the request for permanent deletion", ui.IconUndo2
	case cases.ActErasureRefused:
		return "refused the request for permanent deletion", ui.IconShieldX
	case cases.ActHoldSet:
		return "put the case on legal hold", ui.IconGavel
	case cases.ActHoldReleased:
		return "released a legal hold on the case", ui.IconLockOpen
	case cases.ActAnswersDeleted:
		return fmt.Sprintf("answered case #%v, whose permanent deletion was requested: that began this case", a.Data["case"]), ui.IconCornerDownRight
	case cases.ActAnswered:
		return fmt.Sprintf("answered. Permanent deletion was requested, so that began case #%v", a.Data["case"]), ui.IconForward
	case cases.ActErasureApproved:
		return "approved the request for permanent deletion", ui.IconShieldCheck
	}
	return ratingSentence(a)
}

// also is the text where the activity says that something else was done with it.
func also(a cases.Activity, key, text string) string {
	if done, _ := a.Data[key].(bool); done {
		return text
	}
	return ""
}

func (v view) followUp(a cases.Activity) string {
	switch a.Kind {
	case cases.ActFollowUpChanged:
		return "changed a follow-up"
	case cases.ActFollowUpDone:
		return "finished a follow-up"
	case cases.ActFollowUpOpen:
		return "opened a finished follow-up again"
	case cases.ActFollowUpRemoved:
		return "removed a follow-up"
	case cases.ActFollowUpPassed:
		return "passed a follow-up on to " + cmp.Or(v.memberName(a.Data["to"]), "somebody else") + ", since its assignee is no longer active"
	}
	return "added a follow-up"
}

// mergeSentence is sentence for cases that become one, and two again.
func mergeSentence(a cases.Activity) (string, ui.IconName) {
	switch a.Kind {
	case cases.ActMerged:
		return fmt.Sprintf("merged case #%v into this one", a.Data["from"]), ui.IconGitMerge
	case cases.ActMergedInto:
		return fmt.Sprintf("merged this case into case #%v", a.Data["into"]), ui.IconGitMerge
	case cases.ActUnmerged:
		return fmt.Sprintf("unmerged case #%v from this one", a.Data["from"]), ui.IconUndo2
	case cases.ActUnmergedFrom:
		return fmt.Sprintf("unmerged this case from case #%v", a.Data["into"]), ui.IconUndo2
	}
	return "joined another part of the conversation", ui.IconGitMerge
}

// inactivitySentence is sentence for what inactivity and answers to closed cases bring.
func (v view) inactivitySentence(a cases.Activity) (string, ui.IconName) {
	switch a.Kind {
	case cases.ActCourtesy:
		return "only said thanks, so the case stayed closed", ui.IconSmile
	case cases.ActFollows:
		return fmt.Sprintf("answered case #%v, which had been closed for too long to be opened again: that began this case", a.Data["case"]), ui.IconCornerDownRight
	case cases.ActFollowedBy:
		return fmt.Sprintf("answered after the case had been closed for too long: that began case #%v", a.Data["case"]), ui.IconForward
	}
	return v.autoClosed(a), ui.IconTimer
}

// autoClosed says for how long nothing had happened, and whose the case was.
func (v view) autoClosed(a cases.Activity) string {
	line := "closed the case due to inactivity"
	if hours, _ := a.Data["after_hours"].(float64); hours > 0 {
		line += ": nothing had happened for " + ui.Hours(int(hours))
	}
	if name := v.memberName(a.Data["assignee"]); name != "" {
		line += ". It was " + name + "’s"
	}
	return line
}

// until reads a time out of JSON.
func (v view) until(value any) string {
	at, err := time.Parse(time.RFC3339Nano, fmt.Sprint(value))
	if err != nil {
		return ""
	}
	return " until " + v.date(at)
}

func status(value any) string { return cases.Status(fmt.Sprint(value)).Label() }

func (v view) assigned(a cases.Activity) string {
	to := v.memberName(a.Data["to"])
	switch {
	case to == "":
		return "took the assignee off"
	case a.ActorKind == access.Member && a.ActorID != nil && a.Data["to"] == float64(*a.ActorID):
		return "took the case"
	}
	return "assigned the case to " + to
}

// memberName resolves an id out of JSON, where every number is a float64.
func (v view) memberName(id any) string {
	n, _ := id.(float64)
	for _, m := range v.members {
		if m.ID == access.MemberID(n) {
			return m.Name
		}
	}
	if n != 0 {
		return "a former member"
	}
	return ""
}

func (v view) queueName(id any) string {
	n, _ := id.(float64)
	for _, q := range v.queues {
		if q.ID == workspace.QueueID(n) {
			return "the queue " + strings.TrimSpace(q.Name)
		}
	}
	return "another queue"
}
