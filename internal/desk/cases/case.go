// Package cases is the heart of the desk: cases, their state, their visibility, and the lists of them. It holds
// the one predicate that says which cases are live.
package cases

import (
	"slices"
	"strings"
	"time"
	"unicode"

	"caseward/internal/desk/access"
	"caseward/internal/desk/contact"
	"caseward/internal/platform/errs"
)

// ID is the internal id of a case; people see its Number.
type ID int64

// Number identifies a case within its workspace. It is never used again, not even after an erasure.
type Number int64

// Status says how far the work on a case is. Whether the case can be seen at all is its Visibility.
type Status string

// The statuses of product section 2.
const (
	Open    Status = "open"
	Pending Status = "pending"
	OnHold  Status = "on_hold"
	Closed  Status = "closed"
)

// Statuses lists them in the order of a case's life.
func Statuses() []Status { return []Status{Open, Pending, OnHold, Closed} }

// Label is the status as people read it.
func (s Status) Label() string { return strings.ReplaceAll(string(s), "_", " ") }

// Priority orders work; Normal is the default.
type Priority int16

// The priorities.
const (
	Low Priority = iota + 1
	Normal
	High
	Urgent
)

// Priorities lists them, the lowest first.
func Priorities() []Priority { return []Priority{Low, Normal, High, Urgent} }

var priorityLabels = map[Priority]string{Low: "low", Normal: "normal", High: "high", Urgent: "urgent"}

// Label is the priority as people read it.
func (p Priority) Label() string { return priorityLabels[p] }

// Channel is the way a case came in.
type Channel string

// The channels.
const (
	ByEmail  Channel = "email"
	ByPortal Channel = "portal"
	ByAgent  Channel = "agent"
	ByAPI    Channel = "api"
)

// Visibility says where a case can be seen. It is separate from the status, which survives being hidden.
type Visibility string

// The visibilities.
const (
	Live    Visibility = "live"
	InSpam  Visibility = "spam"
	Deleted Visibility = "deleted"
)

// DeleteReason is why somebody deleted a case; empty when they did not say.
type DeleteReason string

// The reasons of product section 2; ReasonOther comes with a text.
const (
	ReasonTest      DeleteReason = "test inquiry"
	ReasonSpam      DeleteReason = "spam"
	ReasonDuplicate DeleteReason = "duplicate"
	ReasonOther     DeleteReason = "other"
)

// DeleteReasons lists the reasons that can be chosen.
func DeleteReasons() []DeleteReason {
	return []DeleteReason{ReasonTest, ReasonSpam, ReasonDuplicate, ReasonOther}
}

const (
	maxSubject    = 500 // characters
	maxReasonText = 500
)

// Case is a case as stored.
type Case struct {
	WorkspaceID        access.WorkspaceID
	ID                 ID
	Number             Number
	Subject            string
	ContactID          contact.ID
	Status             Status
	Priority           Priority
	QueueID            int64
	AssigneeID         *access.MemberID
	Channel            Channel
	CreatedAt          time.Time
	LastActivityAt     time.Time
	LastInboundAt      *time.Time
	LastOutboundAt     *time.Time
	ClosedAt           *time.Time
	MergedIntoID       *ID
	SpamAt             *time.Time
	SpamBy             *access.MemberID
	SpamCause          *string
	SnoozedUntil       *time.Time // out of the lists of work until then
	ClockFrom          *time.Time // see InactiveSince
	DeletedAt          *time.Time
	DeletedBy          *access.MemberID
	DeletedCause       *string
	DeletedBulkID      *int64 // the bulk action that deleted it
	DeleteReason       *DeleteReason
	DeleteReasonText   string
	PurgeAt            *time.Time
	ErasureRequestedAt *time.Time
	PurgeLeft          *time.Duration
}

// Visibility tells where the case can be seen. Deletion wins over spam: a restored spam case is in spam again.
func (c Case) Visibility() Visibility {
	switch {
	case c.DeletedAt != nil:
		return Deleted
	case c.SpamAt != nil:
		return InSpam
	}
	return Live
}

// RequireEditable refuses every edit of a deleted case, and of one that is only a redirect.
func (c Case) RequireEditable() error {
	if c.DeletedAt != nil {
		return errs.Newf(errs.Conflict, "Case %d is deleted and cannot be changed. Restore it first.", c.Number)
	}
	return c.requireNotMerged()
}

func (c Case) requireNotMerged() error {
	if c.MergedIntoID != nil {
		return errs.Newf(errs.Conflict, "Case %d was merged into another one. Open that one instead.", c.Number)
	}
	return nil
}

// markDeleted sets deletion's own columns and nothing else, so that a restore finds everything as it was.
// retentionDays nil keeps the case until its erasure is requested.
func (c *Case) markDeleted(by access.MemberID, now time.Time, retentionDays *int, reason DeleteReason, text string) {
	cause := "agent"
	c.DeletedAt, c.DeletedBy, c.DeletedCause = &now, &by, &cause
	c.DeleteReason, c.DeleteReasonText = nil, text
	if reason != "" {
		c.DeleteReason = &reason
	}
	c.PurgeAt = PurgeDate(now, retentionDays)
}

// PurgeDate is when a case deleted now goes for good: whole periods of 24 hours, not calendar days (seed 000);
// nil when the workspace keeps deleted cases until an erasure is requested (seed 001).
func PurgeDate(now time.Time, retentionDays *int) *time.Time {
	if retentionDays == nil {
		return nil
	}
	at := now.Add(time.Duration(*retentionDays) * 24 * time.Hour)
	return &at
}

// markRestored undoes markDeleted.
func (c *Case) markRestored() {
	c.DeletedAt, c.DeletedBy, c.DeletedCause, c.DeletedBulkID, c.DeleteReason, c.PurgeAt = nil, nil, nil, nil, nil, nil
	c.DeleteReasonText = ""
}

// requireRestorable refuses a deleted case that somebody has asked to be deleted permanently.
func (c Case) requireRestorable() error {
	if c.ErasureRequestedAt != nil {
		return errs.Newf(errs.Conflict, "Permanent deletion of case %d was requested. Withdraw the request to restore the case.", c.Number)
	}
	return nil
}

func (c *Case) markSpam(by access.MemberID, now time.Time) {
	cause := "agent"
	c.SpamAt, c.SpamBy, c.SpamCause = &now, &by, &cause
}

// InactiveSince is where the inactivity clock began: with the last message to or from the customer or change of the status,
// or where that was later, when the case began to wait anew, as after a snooze.
func (c Case) InactiveSince() time.Time { return *later(&c.LastActivityAt, c.ClockFrom) }

// setStatus changes the status and what follows from it; it reports whether anything changed.
func (c *Case) setStatus(s Status, now time.Time) bool {
	if c.Status == s {
		return false
	}
	c.Status, c.LastActivityAt, c.ClosedAt = s, now, nil
	if s == Closed {
		c.ClosedAt, c.SnoozedUntil = &now, nil
	}
	return true
}

// ValidSubject returns the subject in the form it is stored, or an Invalid error for the field subject.
func ValidSubject(subject string) (string, error) {
	subject = oneLine(subject)
	switch {
	case subject == "":
		return "", errs.Field("subject", "Give the case a subject.")
	case len([]rune(subject)) > maxSubject:
		return "", errs.Field("subject", "Keep the subject under 500 characters.")
	}
	return subject, nil
}

// oneLine makes text that stands in one line of a page, a mail header and a database: no control characters, valid UTF-8.
func oneLine(text string) string {
	text = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || r == '\u2028' || r == '\u2029' {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(text, "\uFFFD"))
	return strings.TrimSpace(text)
}

func validReason(reason DeleteReason, text string) error {
	switch {
	case reason != "" && !slices.Contains(DeleteReasons(), reason):
		return errs.Field("reason", "Choose one of the reasons, or none.")
	case len([]rune(text)) > maxReasonText:
		return errs.Field("reason_text", "Keep the explanation under 500 characters.")
	}
	return nil
}
