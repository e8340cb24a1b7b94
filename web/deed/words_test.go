package deed

import (
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"caseward/internal/desk/access"
	"caseward/internal/desk/audit"
)

// recorded is what the program's source says that it records.
type recorded struct {
	actions, objects, details, composed map[string]string // where
}

// composed are the actions that the source puts together, by what stands there in words.
var composed = map[string][]string{
	"case.":           nil, // kinds of activity, which are read from where they are named
	"bulk.":           {"bulk.done", "bulk.undone"},
	"contact.erasure": {"contact.erasure told", "contact.erasure filed", "contact.erasure not told"},
	".refused":        nil, // of any object
}

// recorders are the functions that take an action or its details.
var recorders = []string{"recordTx", "recordPasswordTx", "NoteTx", "noteTx", "queueNote", "line", "beginTx", "recordErasedTx", "note", "changeRules", "decide"}

var action = regexp.MustCompile(`^[a-z]+( [a-z]+)*(\.[a-z][a-z -]*[a-z])+$`)

func sources(t *testing.T) recorded {
	t.Helper()
	r := recorded{map[string]string{}, map[string]string{"case": ""}, map[string]string{}, map[string]string{}}
	for _, names := range composed {
		for _, name := range names {
			r.actions[name] = ""
		}
	}
	err := filepath.WalkDir("../../internal", func(path string, entry fs.DirEntry, err error) error {
		inside := strings.Contains(path, "/desk") || strings.Contains(path, "/demo")
		if err != nil || entry.IsDir() || !inside || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
		if err == nil {
			ast.Inspect(file, func(n ast.Node) bool { r.see(path, n); return true })
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func (r recorded) see(path string, n ast.Node) {
	switch n := n.(type) {
	case *ast.BasicLit:
		kind, _, _ := strings.Cut(textOf(n), ".")
		if _, known := nouns[kind]; known && action.MatchString(textOf(n)) {
			r.actions[textOf(n)] = path
		}
	case *ast.ValueSpec:
		if kind, ok := n.Type.(*ast.Ident); ok && kind.Name == "ActivityKind" {
			r.actions["case."+textOf(n.Values[0])] = path
		}
	case *ast.KeyValueExpr:
		switch key, _ := n.Key.(*ast.Ident); {
		case key == nil:
		case key.Name == "Action" && action.MatchString(textOf(n.Value)):
			r.actions[textOf(n.Value)] = path
		case key.Name == "Action":
			r.compose(path, n.Value)
		case key.Name == "Details":
			r.keys(path, n.Value)
		}
	case *ast.CallExpr:
		if slices.Contains(recorders, nameOf(n.Fun)) {
			for _, arg := range n.Args {
				if action.MatchString(textOf(arg)) {
					r.actions[textOf(arg)] = path
				}
				r.keys(path, arg)
				r.compose(path, arg)
			}
		}
	case *ast.CompositeLit:
		r.composite(path, n)
	case *ast.AssignStmt:
		r.assignment(path, n)
	}
}

// compose notes the words in an action that is put together.
func (r recorded) compose(path string, value ast.Expr) {
	if sum, ok := value.(*ast.BinaryExpr); ok && sum.Op == token.ADD {
		if words := strings.TrimSpace(textOf(sum.X) + textOf(sum.Y)); strings.Contains(words, ".") {
			r.composed[words] = path
		}
	}
}

func (r recorded) composite(path string, n *ast.CompositeLit) {
	switch nameOf(n.Type) {
	case "Object":
		for _, e := range n.Elts {
			if pair, ok := e.(*ast.KeyValueExpr); ok && nameOf(pair.Key) == "Kind" && textOf(pair.Value) != "" {
				r.objects[textOf(pair.Value)] = path
			}
		}
	case "manyLine":
		for _, e := range n.Elts {
			r.keys(path, e)
		}
	}
}

func (r recorded) assignment(path string, n *ast.AssignStmt) {
	for i, to := range n.Lhs {
		if at, ok := to.(*ast.IndexExpr); ok && slices.Contains([]string{"details", "record", "data"}, nameOf(at.X)) && textOf(at.Index) != "" {
			r.details[textOf(at.Index)] = path
		}
		if slices.Contains([]string{"details", "record", "data"}, nameOf(to)) && i < len(n.Rhs) {
			r.keys(path, n.Rhs[i])
		}
	}
}

// keys notes the names in a literal of details.
func (r recorded) keys(path string, value ast.Expr) {
	literal, ok := value.(*ast.CompositeLit)
	if !ok {
		return
	}
	if _, isMap := literal.Type.(*ast.MapType); !isMap {
		return
	}
	for _, e := range literal.Elts {
		if pair, ok := e.(*ast.KeyValueExpr); ok && textOf(pair.Key) != "" {
			r.details[textOf(pair.Key)] = path
		}
	}
}

func nameOf(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.Ident:
		return e.Name
	case *ast.SelectorExpr:
		return e.Sel.Name
	}
	return ""
}

func textOf(e ast.Expr) string {
	literal, ok := e.(*ast.BasicLit)
	if !ok || literal.Kind != token.STRING {
		return ""
	}
	text, err := strconv.Unquote(literal.Value)
	if err != nil {
		return ""
	}
	return text
}

// TestAllThatIsRecordedHasWords: an action, an object or a detail that is new needs words of its own.
func TestAllThatIsRecordedHasWords(t *testing.T) {
	t.Parallel()
	r := sources(t)
	if len(r.actions) < 100 || len(r.objects) < 15 || len(r.details) < 50 {
		t.Fatalf("only %d actions, %d objects and %d details were found", len(r.actions), len(r.objects), len(r.details))
	}
	for name, path := range r.actions {
		if !Known(name) {
			t.Errorf("the action %q of %s has no words in phrases", name, path)
		}
	}
	for words, path := range r.composed {
		if _, known := composed[words]; !known {
			t.Errorf("%s puts an action together of %q: name what it can be in composed", path, words)
		}
	}
	for name, path := range r.objects {
		if _, known := nouns[name]; !known {
			t.Errorf("the object %q of %s has no words in nouns", name, path)
		}
	}
	for name, path := range r.details {
		pair := strings.TrimPrefix(strings.TrimPrefix(name, "old_"), "new_")
		if detailWords[name] == "" && (pair == name || pairWords[pair] == "") {
			t.Errorf("the detail %q of %s has no words in detailWords", name, path)
		}
	}
	labels := map[string]string{}
	for name := range phrases {
		if other, twice := labels[Label(name)]; twice && Heading(name) == Heading(other) {
			t.Errorf("%q and %q are both offered as %q", name, other, Label(name))
		}
		labels[Label(name)] = name
		if !slices.Contains(Headings(), Heading(name)) {
			t.Errorf("%q is not offered, its heading is %q", name, Heading(name))
		}
	}
}

func TestDetailsAreInPlainWords(t *testing.T) {
	t.Parallel()
	names := audit.Names{{Kind: "tag", ID: 37}: "refund", {Kind: "member", ID: 3}: "Ana Duarte", {Kind: "queue", ID: 2}: "Billing"}
	for _, c := range []struct{ action, details, want string }{
		{"case.status changed", `{"from": "open", "to": "on_hold", "bulk": 7}`, "in bulk update 7, from open to on hold"},
		{"case.assigned", `{"from": null, "to": 3}`, "from nobody to Ana Duarte"},
		{"case.assigned", `{"from": 3, "to": 99}`, "from Ana Duarte to member 99"},
		{"case.queue changed", `{"from": 1, "to": 2}`, "from queue 1 to Billing"},
		{"case.tags changed", `{"tags": [37, 38]}`, "now refund, tag 38"},
		{"case.tags changed", `{"added": [37], "removed": []}`, "added: refund"},
		{"case.refused", `{"permission": "delete cases", "more": 12}`, "12 times more within the hour, the right to delete cases was missing"},
		{"case.merged", `{"from": 41}`, "case 41"},
		{"member.role.changed", `{"old": "agent", "new": "viewer"}`, "from agent to viewer"},
		{"member.grant.given", `{"permission": "manage contacts"}`, "the right to manage contacts"},
		{"workspace.retention.changed", `{"old_days": 7, "new_days": null}`, "days: from 7 to none"},
		{"workspace.autoclose.changed", `{"old_survey": false, "new_survey": true, "message": "changed"}`, "another message, asking for a rating: from off to on"},
		{"bulk.done", `{"do": "update", "total": 1, "changed": 1, "refused": 0}`, "1 changed, to update, 1 case"},
		{"contact.erasure begun", `{"erasure": 4, "cases": 2, "replies": 1, "messages": 3}`, "2 cases, erasure 4, 3 messages, 1 reply"},
		{"contact.suspended", `{"cause": "by hand"}`, "by hand"},
		{"privacy request.refused", `{"permission": "request permanent deletion"}`, "the right to decide on customers' requests for erasure was missing"},
		{"weather.changed", `{"wind_force": 5}`, "wind force: 5"},
		{"case.deleted", `nonsense`, ""},
	} {
		s := Teller{Location: time.UTC, Names: names}.Tell(audit.Line{ActorKind: access.Member, Action: c.action, Details: json.RawMessage(c.details)})
		if s.Detail != c.want {
			t.Errorf("%s %s: %q, want %q", c.action, c.details, s.Detail, c.want)
		}
	}
}

func TestChoicesAreInPlainWords(t *testing.T) {
	t.Parallel()
	for action, want := range map[string]string{
		"case.deleted":                    "Cases: Deleted a case",
		"workspace.autoclose.switched on": "Workspace and settings: Switched Case Auto Close on",
		"bulk.done":                       "Bulk updates: Finished a bulk update",
		"contact.created":                 "Contacts: Created a contact",
		"contact.import begun":            "Contacts: Began to import contacts",
		"contact.own data downloaded":     "Contacts: Downloaded their own data as a contact",
		"audit trail.refused":             "Audit trail: Was refused access to the audit trail",
		"macro.refused":                   "Fields, filters and macros: Was refused an action on a macro",
		"queue.created":                   "Queues and routing: Created a queue",
		"contact.portal account.created":  "Contacts: Signed up to the portal as a contact",
		"weather.changed":                 "Workspace and settings: Did this: weather changed",
		"contact.suspension lifted":       "Contacts: Let a contact write again",
		"erasure request.refused":         "Erasure and holds: Was refused a decision on a request for permanent deletion",
		"audit trail.verified":            "Audit trail: Asked for the audit trail's chain to be verified",
		"workspace.plan.changed":          "Workspace and settings: Changed the plan of the workspace",
		"privacy request.declined":        "Contacts: Refused a request for erasure",
		"mail.released":                   "Blocked mail: Released a blocked mail",
		"purge.stopped":                   "Cases: Stopped the removal of deleted cases, as far more than usual were due",
	} {
		if got := Heading(action) + ": " + Label(action); got != want {
			t.Errorf("%s: %q, want %q", action, got, want)
		}
	}
}

// TestWhatIsOfferedIsRecorded: a choice that nothing is ever recorded under would only mislead.
func TestWhatIsOfferedIsRecorded(t *testing.T) {
	t.Parallel()
	r := sources(t)
	for name := range phrases {
		kind, isRefusal := strings.CutSuffix(name, ".refused")
		_, recorded := r.actions[name]
		if _, known := r.objects[kind]; !recorded && (!isRefusal || !known) {
			t.Errorf("nothing records %q", name)
		}
	}
}
