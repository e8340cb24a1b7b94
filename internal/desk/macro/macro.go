// Package macro keeps answers that members give again and again: a text with placeholders for what differs from case to
// case, and what is done to the case with it. A macro is a member's own or shared with everybody in the workspace.
package macro

import (
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"caseward/internal/desk/access"
	"caseward/internal/desk/audit"
	"caseward/internal/desk/cases"
	"caseward/internal/platform/clock"
	"caseward/internal/platform/db"
	"caseward/internal/platform/errs"
)

// ID names a macro.
type ID int64

// Assign says what a macro does about the assignee.
type Assign string

// The zero value leaves the assignee.
const (
	Leave    Assign = ""
	ToMe     Assign = "me" // whoever uses the macro
	ToNobody Assign = "nobody"
	ToMember Assign = "member"
)

// Content is what a macro writes and does.
type Content struct {
	Name       string
	Body       string           // Markdown with placeholders, see Fill; may be empty where something is done
	SetStatus  cases.Status     // "" leaves it
	Assign     Assign           //
	AssigneeID *access.MemberID // with ToMember
	Priority   *cases.Priority  `db:"set_priority"` // nil leaves it
	QueueID    *int64           // nil leaves it
	AddTags    []string
}

// Macro is a text and changes to use again.
type Macro struct {
	ID      ID
	OwnerID *access.MemberID // nil: shared
	Content
	Version   int // grows with every change
	CreatedAt time.Time
}

// Shared reports whether everybody in the workspace sees the macro.
func (m Macro) Shared() bool { return m.OwnerID == nil }

// Acts reports whether the macro does more than write.
func (c Content) Acts() bool {
	return c.SetStatus != "" || c.Assign != Leave || c.Priority != nil || c.QueueID != nil || len(c.AddTags) > 0
}

// How many macros there can be, and how long they are.
const (
	MostOwn    = 100 // of one member
	MostShared = 200 // of a workspace
	maxName    = 80  // characters
	maxBody    = 20_000
)

// Input is what a member says about a macro.
type Input struct {
	Content
	Shared bool
}

// Service keeps macros. Shared ones are changed by those who may manage case settings; own ones by their owner alone,
// and to everybody else they are not there.
type Service struct {
	db    *db.DB
	guard *audit.Guard
	now   clock.Clock
}

// NewService returns a Service.
func NewService(d *db.DB, guard *audit.Guard, now clock.Clock) *Service {
	return &Service{d, guard, now}
}

// clean returns the input as it is stored, or every problem with it at once that can be seen without the database.
func (in Input) clean() (Input, error) {
	problems := map[string]string{}
	in.Name = strings.Join(strings.FieldsFunc(strings.ToValidUTF8(in.Name, ""), func(r rune) bool {
		return unicode.IsSpace(r) || unicode.IsControl(r)
	}), " ")
	switch {
	case in.Name == "":
		problems["name"] = "Give the macro a name."
	case utf8.RuneCountInString(in.Name) > maxName:
		problems["name"] = "Keep the name under 80 characters."
	}
	in.Body = strings.TrimSpace(strings.ReplaceAll(strings.ToValidUTF8(in.Body, ""), "\x00", ""))
	switch unknown := Unknown(in.Body); {
	case len(unknown) > 0:
		problems["body"] = "There is no such placeholder: " + strings.Join(unknown, ", ") + ". Use one of " + strings.Join(Placeholders(), ", ") + "."
	case utf8.RuneCountInString(in.Body) > maxBody:
		problems["body"] = "Keep the text under 20,000 characters."
	}
	tags, err := cases.ValidTags(in.AddTags)
	if err != nil {
		problems["tags"] = errs.SafeText(err)
	}
	in.AddTags = append([]string{}, tags...)
	if in.Assign != ToMember {
		in.AssigneeID = nil
	}
	in.check(problems)
	if len(problems) > 0 {
		return in, &errs.Error{Kind: errs.Invalid, Message: "Some fields need another look.", Fields: problems}
	}
	return in, nil
}

// check adds what is wrong with the changes.
func (in Input) check(problems map[string]string) {
	if in.SetStatus != "" && !slices.Contains(cases.Statuses(), in.SetStatus) {
		problems["status"] = "Choose open, pending, on hold or closed."
	}
	if in.Priority != nil && !slices.Contains(cases.Priorities(), *in.Priority) {
		problems["priority"] = "Choose low, normal, high or urgent."
	}
	switch in.Assign {
	case Leave, ToMe, ToNobody:
	case ToMember:
		if in.AssigneeID == nil {
			problems["assignee"] = "Choose somebody of the list."
		}
	default:
		problems["assignee"] = "Choose somebody of the list."
	}
	if in.Body == "" && !in.Acts() && problems["body"] == "" {
		problems["body"] = "Write a text, or choose something that the macro does."
	}
}

func object(id ID) audit.Object { return audit.Object{Kind: "macro", ID: int64(id)} }
