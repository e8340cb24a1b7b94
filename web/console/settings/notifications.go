package settings

import (
	"net/http"
	"slices"
	"strconv"

	"caseward/internal/desk/notify"
	"caseward/internal/platform/errs"
	"caseward/web/console/shell"
	"caseward/web/kit"
	"caseward/web/ui"
)

// noticeWords are what a kind of notification is called, and when it comes.
var noticeWords = map[notify.Kind]struct{ label, hint string }{
	notify.Assigned:       {"Assigned to you", "Somebody else gives you a case."},
	notify.Replied:        {"Customer replies", "On a case assigned to you, also when that opens it again."},
	notify.Mentioned:      {"Mentioned in a note", "Somebody writes @ and your name in an internal note."},
	notify.Restored:       {"Restored by the customer", "Their reply brings back a case that you deleted or that is assigned to you."},
	notify.Reopened:       {"Case reopened", "Somebody else opens a closed case assigned to you."},
	notify.Woken:          {"Snooze ended", "A snoozed case assigned to you is back."},
	notify.FollowUpDue:    {"Follow-up due", "On any case, when the follow-up is yours."},
	notify.Rated:          {"Customer's rating", "A customer rates a case of yours badly, or says something about it."},
	notify.ErasureDecided: {"Permanent deletion decided", "Support staff approve or refuse your request, or the case is erased."},
	notify.ErasureReply:   {"Reply to a case about to be erased", "The customer writes while permanent deletion is requested, which begins a new case."},
	notify.PrivacyAsked:   {"Request for erasure", "A customer asks in the portal for the erasure of what is kept about them."},
	notify.ContactData:    {"Data of a contact", "Everything held on a contact, which you asked for, can be downloaded."},
	notify.HoldReview:     {"Legal hold to review", "The day has come to look whether a hold is still needed."},
	notify.PurgeStopped:   {"Removal stopped", "Far more deleted cases than usual are to be removed for good, and nothing is until somebody agrees."},
	notify.DeletionDigest: {"Deletions of the week", "On Monday morning: what was deleted, restored and removed, and what will be."},
	notify.TrailBroken:    {"Audit trail does not hold", "An entry was changed, removed or moved by somebody with access to the database."},
	notify.PlanChanged:    {"Plan changed", "Support staff put the workspace on another plan."},
}

// The two columns of the table; a box carries the kind that its row is about.
const (
	inAppField = "in_app"
	emailField = "email"
	shownField = "shown" // the kinds that the form showed: a box of one that is not sent was unticked
)

// box is one choice of the table; its name says row and column, which one who does not see the table needs.
func box(field, column string, row int, n notify.Setting, checked bool) ui.CheckboxProps {
	return ui.CheckboxProps{Checked: checked, FieldProps: ui.FieldProps{
		Name: field, ID: "f-" + field + "-" + strconv.Itoa(row), Value: string(n.Kind), Label: noticeWords[n.Kind].label + ": " + column, HideLabel: true,
	}}
}

// SetNotifications is POST /w/{ws}/settings/notifications.
func (p *Pages) SetNotifications(w http.ResponseWriter, r *http.Request) error {
	form, err := kit.ReadForm(w, r, kit.FormLimit)
	if err != nil {
		return err
	}
	v := shell.From(r)
	inApp, email := form.List(inAppField), form.List(emailField)
	var wanted []notify.Setting
	for _, kind := range form.List(shownField) {
		wanted = append(wanted, notify.Setting{Kind: notify.Kind(kind), InApp: slices.Contains(inApp, kind), Email: slices.Contains(email, kind)})
	}
	if err := form.Absorb(p.notices.SaveSettings(r.Context(), v.Actor, wanted)); err != nil {
		return err
	}
	if !form.Valid() {
		f := noForms()
		f.notified = form
		return p.render(w, r, kit.Status(errs.Invalid), f)
	}
	p.Flash(r, ui.NoticeProps{Tone: ui.Success, Text: "Your notifications were saved."})
	return kit.SeeOther(w, r, v.Path("/settings"))
}
