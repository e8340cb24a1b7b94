// Package deed says in plain sentences what the entries of the audit trail tell. The trail holds ids and field names; what
// they are called is said here.
package deed

import (
	"encoding/json"
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
	Pieces  []Piece
	Refused bool
	Detail  string
	Address string
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
	About     audit.Object // what a history is of: it is then "the case", without its number
}

// Tell puts an entry into words.
func (t Teller) Tell(l audit.Line) Sentence {
	s := Sentence{At: l.At, Refused: audit.GroupOf(l.Action) == audit.Refused}
	s.Who, s.Person = Who(l)
	if l.Address != nil {
		s.Address = *l.Address
	}
	phrase, known := phrases[l.Action]
	if !known {
		phrase = unknown(l.Action)
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
	s.Detail = t.details(l.Details)
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

// details lists the fields of an entry in the order of their names: "new: admin, old: agent".
func (t Teller) details(raw json.RawMessage) string {
	var fields map[string]any
	if json.Unmarshal(raw, &fields) != nil {
		return ""
	}
	var parts []string
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		if text := t.value(fields[name]); text != "" {
			parts = append(parts, strings.ReplaceAll(name, "_", " ")+": "+text)
		}
	}
	return strings.Join(parts, ", ")
}

// value leaves out what says nothing: null, false and none.
func (t Teller) value(v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case bool:
		if !v {
			return ""
		}
		return "yes"
	case string:
		if at, err := time.Parse(time.RFC3339Nano, v); err == nil {
			return at.In(t.Location).Format("2 January 2006, 15:04")
		}
		return v
	case float64:
		if v == 0 {
			return ""
		}
		return strconv.FormatFloat(v, 'f', -1, 64)
	case []any:
		texts := make([]string, len(v))
		for i, item := range v {
			texts[i] = t.value(item)
		}
		return strings.Join(texts, ", ")
	case map[string]any:
		encoded, err := json.Marshal(v)
		if err != nil {
			return ""
		}
		return t.details(encoded)
	}
	return fmt.Sprint(v)
}

// Label is an action by itself, as a choice of a filter: "deleted a case".
func Label(action string) string {
	kind, rest, _ := strings.Cut(action, ".")
	text := kind + " " + strings.ReplaceAll(rest, ".", " ")
	return strings.ToUpper(text[:1]) + text[1:]
}
