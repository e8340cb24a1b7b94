// Package badges shows the state of a case in the same words, colours and signs wherever a case is named.
package badges

import (
	"strings"

	"caseward/internal/desk/cases"
	"caseward/web/ui"
)

type look struct {
	tone ui.Tone
	icon ui.IconName
}

func statusLook(s cases.Status) look {
	switch s {
	case cases.Open:
		return look{ui.Info, ui.IconCircleDot}
	case cases.Pending:
		return look{ui.Warning, ui.IconClock}
	case cases.OnHold:
		return look{ui.Neutral, ui.IconCirclePause}
	case cases.Closed:
		return look{ui.Success, ui.IconCircleCheck}
	}
	return look{}
}

func priorityLook(p cases.Priority) look {
	switch p {
	case cases.Urgent:
		return look{ui.Danger, ui.IconTriangleAlert}
	case cases.High:
		return look{ui.Warning, ui.IconArrowUp}
	case cases.Low:
		return look{ui.Neutral, ui.IconArrowDown}
	case cases.Normal:
	}
	return look{}
}

// StatusLabel is the status as a label: "On hold".
func StatusLabel(s cases.Status) string { return capital(s.Label()) }

// PriorityLabel is the priority as a label: "Urgent".
func PriorityLabel(p cases.Priority) string { return capital(p.Label()) }

var reasonLabels = map[cases.DeleteReason]string{
	cases.ReasonTest: "Test inquiry", cases.ReasonSpam: "Spam", cases.ReasonDuplicate: "Duplicate", cases.ReasonOther: "Other",
}

// ReasonOptions are the reasons for deleting that a form offers.
func ReasonOptions() []ui.Option {
	options := []ui.Option{{Value: "", Label: "No reason"}}
	for _, reason := range cases.DeleteReasons() {
		options = append(options, ui.Option{Value: string(reason), Label: reasonLabels[reason]})
	}
	return options
}

func capital(s string) string {
	if s == "" {
		return ""
	}
	return strings.ToUpper(s[:1]) + s[1:]
}
