// Package field keeps custom fields: what a workspace wants to know of its cases and contacts besides what everybody does.
// Admins define them; members fill them in, search by them and show them as columns.
package field

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"caseward/internal/desk/audit"
	"caseward/internal/desk/cases"
	"caseward/internal/platform/clock"
	"caseward/internal/platform/db"
)

// ID names a field.
type ID int64

// Object is what a field belongs to.
type Object string

// The objects.
const (
	OfCase    Object = "case"
	OfContact Object = "contact"
)

// Objects lists them.
func Objects() []Object { return []Object{OfCase, OfContact} }

// Kind is what sort of values a field holds. It never changes: the values would make no sense.
type Kind string

// The kinds.
const (
	Text     Kind = "text"
	Number   Kind = "number"
	Date     Kind = "date"
	Choice   Kind = "choice"
	Checkbox Kind = "checkbox"
)

// Kinds lists them in the order in which they are offered.
func Kinds() []Kind { return []Kind{Text, Number, Date, Choice, Checkbox} }

// Field is one thing to know.
type Field struct {
	ID         ID
	Object     Object
	Key        string // before the colon in a search
	Name       string
	Help       string
	Kind       Kind
	Choices    []string // of a Choice, in their order
	Version    int      // grows with every change
	CreatedAt  time.Time
	ArchivedAt *time.Time // switched off: its values are kept and shown nowhere
}

// Active reports whether the field is in use.
func (f Field) Active() bool { return f.ArchivedAt == nil }

// FormName is the name of the field's control in forms, and of what is wrong with it in Invalid errors.
func (f Field) FormName() string { return FormName(f.ID) }

// FormName is Field.FormName by the id.
func FormName(id ID) string { return "field-" + strconv.FormatInt(int64(id), 10) }

// Values are what fields hold, as text: a number as 12.5, a day as 2026-05-01, a checked box as Yes. A field that holds
// nothing is not in it.
type Values map[ID]string

// Yes is the value of a box that is checked.
const Yes = "yes"

// How many fields there can be, and how long what they are made of is.
const (
	MostFields  = 50 // of one object, without those that are switched off
	MostChoices = 100
	maxName     = 60 // characters
	maxKey      = 40
	maxHelp     = 200
	maxChoice   = 80
	maxText     = 500
)

// Service is what pages ask of fields.
type Service struct {
	db    *db.DB
	guard *audit.Guard
	cases *cases.Service
	now   clock.Clock
}

// NewService returns a Service.
func NewService(d *db.DB, guard *audit.Guard, c *cases.Service, now clock.Clock) *Service {
	return &Service{d, guard, c, now}
}

// reserved are the words before a colon that mean something in a search, or that people of other programs try. A test of
// package search compares them with the language.
var reserved = []string{
	"status", "assignee", "contact", "email", "queue", "tag", "number", "subject", "channel", "priority", "has", "is", "before", "after",
	"from", "customer", "requester", "label", "agent", "owner", "id", "title", "group", "team", "since", "until",
	"rating", "satisfaction", "csat", "in", "not", "or", "and", "to", "cc", "date", "created", "updated", "closed", "case", "message", "note", "http", "https", "mailto", "tel", "re", "fw", "fwd",
}

// Reserved reports whether a key has a meaning of its own in a search.
func Reserved(key string) bool { return slices.Contains(reserved, key) }

// KeyOf suggests a key for a name: "Order number" is order-number.
func KeyOf(name string) string {
	words := strings.FieldsFunc(strings.ToLower(name), func(r rune) bool { return (r < 'a' || r > 'z') && (r < '0' || r > '9') })
	key := strings.TrimLeft(strings.Join(words, "-"), "0123456789-")
	return strings.TrimRight(key[:min(len(key), maxKey)], "-")
}

// listed joins texts for a sentence: "A, B and C".
func listed(texts []string) string {
	last := len(texts) - 1
	if last < 1 {
		return strings.Join(texts, "")
	}
	return strings.Join(texts[:last], ", ") + " and " + texts[last]
}

func object(id ID) audit.Object { return audit.Object{Kind: "field", ID: int64(id)} }
