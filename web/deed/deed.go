// Package deed says in plain sentences what the entries of the audit trail tell. The trail holds ids and field names; what
// they are called is said here.
package deed

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"caseward/internal/desk/access"
	"caseward/internal/desk/audit"
)

// Piece is a part of a sentence; Href is "" where it leads nowhere.
type Piece struct{ Text, Href string }

// Sentence is what one entry tells: who did what, on what; Detail is the rest of what it holds.
type Sentence struct {
	Who     string
	Person  bool // Who is a person with a name
	Unkept  bool // it is a customer's: where their requests came from is kept by no entry
	Pieces  []Piece
	Refused bool
	Detail  string
	Address string
	Entry   *int64 // its number in the trail; nil for the seconds until it has one
	At      time.Time
}

// Text is the sentence without links and without who did it.
func (s Sentence) Text() string {
	var b strings.Builder
	for _, p := range s.Pieces {
		b.WriteString(p.Text)
	}
	return b.String()
}

// Teller tells the entries of one workspace to one reader.
type Teller struct {
	Path      func(below string) string // nil: without links, as for support staff
	Workspace string                    // its name; "": "the workspace"
	Location  *time.Location
	Names     audit.Names  // of what the details name by ids
	About     audit.Object // what a history is of: it is then "the case", without its number
}

// Tell puts an entry into words.
func (t Teller) Tell(l audit.Line) Sentence {
	s := Sentence{At: l.At, Entry: l.Seq, Refused: audit.GroupOf(l.Action) == audit.Refused}
	s.Who, s.Person = Who(l)
	s.Unkept = l.ActorKind == access.Contact
	if l.Address != nil {
		s.Address = *l.Address
	}
	phrase, known := phrases[l.Action]
	switch {
	case !known:
		phrase = unknown(l.Action)
	case l.Action == "contact.created" && l.ActorKind == access.Contact:
		phrase = "became %o" // by writing, or by signing up
	}
	before, after, named := strings.Cut(phrase, "%o")
	object := t.object(l)
	if named && object.Text == "" {
		object.Text = "the " + l.ObjectKind
	}
	switch {
	case named:
		s.Pieces = pieces(Piece{Text: before}, object, Piece{Text: after})
	case known || object.Text == "":
		s.Pieces = pieces(Piece{Text: phrase})
	default:
		s.Pieces = pieces(Piece{Text: phrase + ": "}, object)
	}
	s.Detail = t.details(l.Action, l.Details)
	return s
}

func pieces(list ...Piece) (out []Piece) {
	for _, p := range list {
		if p.Text != "" {
			out = append(out, p)
		}
	}
	return out
}

// unknown makes words of an action that has none of its own: "queue.team.changed" is "did: queue team changed".
func unknown(action string) string {
	kind, rest, _ := strings.Cut(action, ".")
	if rest == "refused" {
		return "was refused an action on %o"
	}
	return "did this: " + kind + " " + strings.ReplaceAll(rest, ".", " ")
}

// Who names whoever did it.
func Who(l audit.Line) (name string, person bool) {
	switch {
	case l.ActorName != "":
		return l.ActorName, true
	case l.ActorKind == access.Job:
		return "Caseward (" + l.ActorJob + ")", false
	case l.ActorKind == access.Staff:
		return "Caseward support staff", false
	case l.ActorKind == access.Contact:
		return "The customer", false // by no name, since the trail outlives it
	case l.ActorID != nil:
		return strings.ToUpper(string(l.ActorKind[:1])) + fmt.Sprintf("%s %d", l.ActorKind[1:], *l.ActorID), false
	}
	return "Somebody", false
}

// object names what the entry is about, with a link where it has a page.
func (t Teller) object(l audit.Line) Piece {
	if l.ObjectID == nil {
		return Piece{}
	}
	if t.About.ID != 0 && t.About.Kind == l.ObjectKind && t.About.ID == *l.ObjectID {
		return Piece{Text: "the " + l.ObjectKind}
	}
	id := strconv.FormatInt(*l.ObjectID, 10)
	switch {
	case l.ObjectKind == "member" && l.ObjectName != "":
		return Piece{l.ObjectName, t.path("/admin/members/" + id)}
	case l.ObjectName != "":
		return Piece{"the " + l.ObjectKind + " " + l.ObjectName, t.path(objectPaths[l.ObjectKind] + id)}
	case l.ObjectKind == "workspace" && t.Workspace != "":
		return Piece{Text: t.Workspace}
	case l.ObjectKind == "workspace":
		return Piece{Text: "the workspace"}
	}
	below, linked := objectPaths[l.ObjectKind]
	if !linked {
		return Piece{Text: l.ObjectKind + " " + id}
	}
	return Piece{l.ObjectKind + " " + id, t.path(below + id)}
}

var objectPaths = map[string]string{
	"case": "/cases/", "contact": "/contacts/", "member": "/admin/members/", "queue": "/admin/queues/", "field": "/admin/cases/fields/",
	"bulk update": "/bulk/", "contact import": "/contacts/import/", "filter": "/filters/", "macro": "/macros/",
}

func (t Teller) path(below string) string {
	if t.Path == nil {
		return ""
	}
	return t.Path(below)
}

// Known reports whether an action is one that the program records, or once did, and has words.
func Known(action string) bool {
	_, known := phrases[action]
	return known || strings.HasSuffix(action, ".refused")
}

// Actions lists the actions that have words, each heading's in the order of their labels.
func Actions() []string {
	return slices.SortedFunc(maps.Keys(phrases), func(a, b string) int {
		return cmp.Or(cmp.Compare(slices.Index(Headings(), Heading(a)), slices.Index(Headings(), Heading(b))), cmp.Compare(Label(a), Label(b)))
	})
}

// Label is an action by itself, as a choice of a filter: "Deleted a case".
func Label(action string) string {
	phrase, known := phrases[action]
	if !known {
		phrase = unknown(action)
	}
	kind := objectOf(action)
	text := strings.ReplaceAll(strings.ReplaceAll(phrase, " (%o)", ""), "%o", nouns[kind].one)
	return strings.ToUpper(text[:1]) + text[1:]
}

// Heading names what an action is done to, to group choices by: "Cases".
func Heading(action string) string { return nouns[objectOf(action)].many }

func objectOf(action string) string {
	kind, _, _ := strings.Cut(action, ".")
	if _, known := nouns[kind]; !known {
		return "workspace"
	}
	return kind
}

type noun struct{ one, many string }

// nouns are what actions are done to, by their first word.
var nouns = map[string]noun{
	"case": {"a case", "Cases"}, "deleted cases": {"deleted cases", "Cases"}, "purge": {"deleted cases", "Cases"}, "message": {"a message", "Cases"},
	"contact": {"a contact", "Contacts"}, "contact import": {"an import of contacts", "Contacts"}, "privacy request": {"a request for erasure", "Contacts"},
	"erasure request": {"a request for permanent deletion", "Erasure and holds"}, "legal hold": {"a legal hold", "Erasure and holds"},
	"erasures": {"what was erased", "Erasure and holds"}, "erasure replay": {"what was erased", "Erasure and holds"},
	"bulk": {"a bulk update", "Bulk updates"}, "bulk update": {"a bulk update", "Bulk updates"}, "mail": {"a blocked mail", "Blocked mail"},
	"member": {"a member", "Members"}, "invitation": {"an invitation", "Members"}, "workspace": {"the workspace", "Workspace and settings"},
	"demo": {"the workspace", "Workspace and settings"}, "queue": {"a queue", "Queues and routing"}, "routing": {"the routing", "Queues and routing"},
	"field": {"a field", "Fields, filters and macros"}, "filter": {"a filter", "Fields, filters and macros"}, "macro": {"a macro", "Fields, filters and macros"},
	"audit trail": {"the audit trail", "Audit trail"},
}

// Headings are those of Heading, in the order of a list of choices.
func Headings() []string {
	return []string{"Cases", "Bulk updates", "Contacts", "Blocked mail", "Erasure and holds", "Members", "Workspace and settings", "Queues and routing", "Fields, filters and macros", "Audit trail"}
}
