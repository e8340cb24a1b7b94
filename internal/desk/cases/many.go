package cases

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"caseward/internal/desk/access"
	"caseward/internal/platform/errs"
)

// ManyKind is the kind of a change to many cases.
type ManyKind string

// The kinds of product section 3, Bulk Update.
const (
	UpdateMany  ManyKind = "update"
	SpamMany    ManyKind = "spam"
	NotSpamMany ManyKind = "not spam"
	DeleteMany  ManyKind = "delete"
	RestoreMany ManyKind = "restore"
	EraseMany   ManyKind = "erase" // what is in the Spam view, for good: desk/retention does it
)

// Many says what to change of many cases at once: one kind of change, and for UpdateMany what is not nil or empty.
type Many struct {
	Do         ManyKind         `json:"do"`
	Status     *Status          `json:"status,omitempty"`
	Priority   *Priority        `json:"priority,omitempty"`
	Queue      *int64           `json:"queue,omitempty"`
	Assignee   *access.MemberID `json:"assignee,omitempty"` // 0 takes the assignee off
	AddTags    []string         `json:"add_tags,omitempty"`
	RemoveTags []string         `json:"remove_tags,omitempty"`
	Reason     DeleteReason     `json:"reason,omitempty"`
	ReasonText string           `json:"reason_text,omitempty"`
	// Senders also suspends who sent what is marked as spam, as SpamInput says of SenderUsual; or lets them write again
	// with NotSpamMany, where a mark as spam had suspended them.
	Senders bool `json:"senders,omitempty"`
	// Until leaves out of EraseMany, which needs it, what was marked as spam after that: nobody has seen it in the question.
	Until *time.Time `json:"until,omitempty"`
}

// Permission is what the change needs of whoever makes it.
func (m Many) Permission() access.Permission {
	switch m.Do {
	case DeleteMany:
		return access.DeleteCases
	case RestoreMany:
		return access.RestoreCases
	case EraseMany:
		return access.EraseSpam
	}
	return access.WorkCases
}

// Undoable reports whether the change can be taken back.
func (m Many) Undoable() bool { return m.Do != EraseMany }

// PermissionToUndo is what taking the change back needs.
func (m Many) PermissionToUndo() access.Permission {
	switch m.Do {
	case DeleteMany:
		return access.RestoreCases
	case RestoreMany:
		return access.DeleteCases
	case EraseMany:
		return access.EraseSpam
	}
	return access.WorkCases
}

// ValidManyTx returns the change in the form it is kept, or an Invalid error that names the field.
func ValidManyTx(ctx context.Context, tx pgx.Tx, ws access.WorkspaceID, m Many) (Many, error) {
	switch m.Do {
	case DeleteMany:
		m.ReasonText = cleanReason(m.ReasonText)
		return Many{Do: m.Do, Reason: m.Reason, ReasonText: m.ReasonText}, validReason(m.Reason, m.ReasonText)
	case SpamMany, NotSpamMany:
		return Many{Do: m.Do, Senders: m.Senders}, nil
	case RestoreMany:
		return Many{Do: m.Do}, nil
	case EraseMany:
		if m.Until == nil {
			return m, errs.Field("until", "Look at the cases again, then delete them forever.")
		}
		return Many{Do: m.Do, Until: m.Until}, nil
	case UpdateMany:
	default:
		return m, errs.Field("do", "Choose what to do with the cases.")
	}
	m.Reason, m.ReasonText, m.Senders, m.Until = "", "", false, nil
	if err := m.validTags(); err != nil {
		return m, err
	}
	if m.Status == nil && m.Priority == nil && m.Queue == nil && m.Assignee == nil && len(m.AddTags)+len(m.RemoveTags) == 0 {
		return m, errs.Field("do", "Choose at least one thing to change.")
	}
	return m, m.usableTx(ctx, tx, ws)
}

func (m *Many) validTags() (err error) {
	if m.AddTags, err = ValidTags(m.AddTags); err != nil {
		return err
	}
	if m.RemoveTags, err = ValidTags(m.RemoveTags); err != nil {
		return err
	}
	for _, name := range m.AddTags {
		if slices.Contains(m.RemoveTags, name) {
			return errs.Newf(errs.Invalid, "The tag “%s” cannot be added and removed at once.", name)
		}
	}
	return nil
}

// usableTx refuses values that no case can have, or can have no longer.
func (m Many) usableTx(ctx context.Context, tx pgx.Tx, ws access.WorkspaceID) error {
	switch {
	case m.Status != nil && !slices.Contains(Statuses(), *m.Status):
		return errs.Field("status", "Choose open, pending, on hold or closed.")
	case m.Priority != nil && !slices.Contains(Priorities(), *m.Priority):
		return errs.Field("priority", "Choose low, normal, high or urgent.")
	}
	if m.Queue != nil {
		if err := RequireQueueTx(ctx, tx, ws, *m.Queue); err != nil {
			return err
		}
	}
	if m.Assignee != nil {
		_, err := AssignableTx(ctx, tx, ws, *m.Assignee)
		return err
	}
	return nil
}

// ManyState is what became of one case.
type ManyState string

// The states of a case in a change to many.
const (
	ManyChanged   ManyState = "changed"
	ManyUnchanged ManyState = "unchanged" // it was so already
	ManyRefused   ManyState = "refused"
	ManyUndone    ManyState = "undone"
	ManyKept      ManyState = "kept" // not undone: it has moved on
)

// ManyResult says what became of one case, and what is needed to undo it.
type ManyResult struct {
	ID     ID
	State  ManyState
	Reason string // why it was refused or kept, in plain words
	Before *Before
}

// Before is what a case had before a change to many; nil is what was not changed.
type Before struct {
	At             time.Time        `json:"at"` // when it was changed
	Status         *Status          `json:"status,omitempty"`
	LastActivityAt *time.Time       `json:"last_activity_at,omitempty"`
	ClosedAt       *time.Time       `json:"closed_at,omitempty"`
	SnoozedUntil   *time.Time       `json:"snoozed_until,omitempty"`
	Priority       *Priority        `json:"priority,omitempty"`
	Queue          *int64           `json:"queue,omitempty"`
	Ruled          *int64           `json:"ruled,omitempty"`    // the queue that a routing rule brought it to
	Assignee       *access.MemberID `json:"assignee,omitempty"` // 0: nobody
	AddedTags      []int64          `json:"added_tags,omitempty"`
	RemovedTags    []int64          `json:"removed_tags,omitempty"`
	Spam           *spamMark        `json:"spam,omitempty"`
	Sender         bool             `json:"sender,omitempty"` // was suspended with it, or let write again
	Deletion       *deletionMark    `json:"deletion,omitempty"`
}

// spamMark and deletionMark are the columns of what hid a case.
type spamMark struct {
	At    *time.Time       `json:"at"`
	By    *access.MemberID `json:"by"`
	Cause *string          `json:"cause"`
}

type deletionMark struct {
	At         *time.Time       `json:"at"`
	By         *access.MemberID `json:"by"`
	Cause      *string          `json:"cause"`
	Bulk       *int64           `json:"bulk"`
	Reason     *DeleteReason    `json:"reason"`
	ReasonText string           `json:"reason_text"`
	PurgeAt    *time.Time       `json:"purge_at"`
}

// cleanReason makes text that a database takes of what somebody typed.
func cleanReason(text string) string {
	return strings.ToValidUTF8(strings.ReplaceAll(strings.TrimSpace(text), "\x00", ""), "\uFFFD")
}
