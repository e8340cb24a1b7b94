package auditpage

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
	"caseward/web/console/shell"
)

// line is an entry in words. The trail holds ids and field names; what they are called is said here.
type line struct {
	at         time.Time
	who        string
	person     bool // who is a person with a name
	what       string
	refused    bool
	details    string
	object     string
	objectHref string
	address    string
}

func newLine(v *shell.Visit, l audit.Line) line {
	out := line{at: l.At, what: what(l.Action), refused: strings.HasSuffix(l.Action, ".refused"), details: details(l.Details, v.Location)}
	out.who, out.person = who(l)
	out.object, out.objectHref = object(v, l)
	if l.Address != nil {
		out.address = *l.Address
	}
	return out
}

func who(l audit.Line) (name string, person bool) {
	switch {
	case l.ActorName != "":
		return l.ActorName, true
	case l.ActorKind == access.Job:
		return "Job: " + l.ActorJob, false
	case l.ActorKind == access.Staff:
		return "Caseward support staff", false
	case l.ActorKind == access.Contact:
		return "Customer", false // by no name, since the trail outlives it
	case l.ActorID != nil:
		return fmt.Sprintf("%s %d", l.ActorKind, *l.ActorID), false
	}
	return string(l.ActorKind), false
}

// what turns "case.marked as spam" into "Case: marked as spam". Actions that read badly that way have words of
// their own; new ones need none.
func what(action string) string {
	if words, ok := actionWords[action]; ok {
		return words
	}
	kind, rest, _ := strings.Cut(action, ".")
	text := kind + " " + strings.ReplaceAll(rest, ".", " ")
	return strings.ToUpper(text[:1]) + text[1:]
}

var actionWords = map[string]string{
	"case.refused":                        "Case: action not allowed",
	"case.received":                       "Message received",
	"case.replied":                        "Reply sent",
	"case.noted":                          "Internal note added",
	"case.merged":                         "Another case merged into it",
	"case.merged into":                    "Merged into another case",
	"case.unmerged":                       "Another case unmerged from it",
	"case.unmerged from":                  "Unmerged from another case",
	"workspace.refused":                   "Workspace: action not allowed",
	"member.refused":                      "Member: action not allowed",
	"queue.refused":                       "Queue: action not allowed",
	"macro.refused":                       "Macro: action not allowed",
	"filter.refused":                      "Filter: action not allowed",
	"field.refused":                       "Field: action not allowed",
	"case.fields changed":                 "Custom fields changed",
	"deleted cases.refused":               "Deleted cases: look not allowed",
	"audit trail.refused":                 "Audit trail: look not allowed",
	"erasure request.refused":             "Erasure request: decision not allowed",
	"member.grant.given":                  "Right given",
	"member.grant.taken":                  "Right taken away",
	"member.role.changed":                 "Role changed",
	"member.password.changed":             "Password changed",
	"member.joined":                       "Member joined",
	"member.invitation.revoked":           "Invitation revoked",
	"workspace.retention.changed":         "Retention of deleted cases changed",
	"workspace.rating.changed":            "Satisfaction rating changed",
	"workspace.plan.changed":              "Plan changed",
	"workspace.address.added":             "Inbound address added",
	"workspace.address.removed":           "Inbound address removed",
	"workspace.address.defaulted":         "Default address changed",
	"workspace.updated":                   "Workspace settings changed",
	"contact.refused":                     "Contact: action not allowed",
	"mail.refused":                        "Blocked mail: action not allowed",
	"mail.released":                       "Blocked mail released",
	"mail.blocked one deleted":            "Blocked mail deleted",
	"mail.blocked ones deleted":           "Blocked mails deleted",
	"contact.suspended":                   "Contact suspended",
	"contact.suspension lifted":           "Contact may write again",
	"workspace.protected domains.changed": "Protected domains changed",
	"workspace.autoclose.switched on":     "Case Auto Close switched on",
	"workspace.autoclose.switched off":    "Case Auto Close switched off",
	"workspace.autoclose.changed":         "Case Auto Close changed",
	"workspace.autoreopen.changed":        "Answers to closed cases: setting changed",
}

// object names what the entry is about, with a link where it has a page.
func object(v *shell.Visit, l audit.Line) (text, href string) {
	if l.ObjectID == nil {
		return "", ""
	}
	id := strconv.FormatInt(*l.ObjectID, 10)
	switch {
	case l.ObjectKind == "case":
		return "Case " + id, v.Path("/cases/" + id)
	case l.ObjectKind == "member" && l.ObjectName != "":
		return l.ObjectName, v.Path("/admin/members/" + id)
	case l.ObjectKind == "queue":
		return "Queue " + id, v.Path("/admin/queues/" + id)
	case l.ObjectKind == "field":
		return "Field " + id, v.Path("/admin/cases/fields/" + id)
	case l.ObjectKind == "workspace":
		return v.Workspace.Name, ""
	}
	return strings.ToUpper(l.ObjectKind[:1]) + l.ObjectKind[1:] + " " + id, ""
}

// details lists the fields of an entry in the order of their names: "old: agent, new: admin".
func details(raw json.RawMessage, loc *time.Location) string {
	var fields map[string]any
	if json.Unmarshal(raw, &fields) != nil {
		return ""
	}
	var parts []string
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		if text := value(fields[name], loc); text != "" {
			parts = append(parts, strings.ReplaceAll(name, "_", " ")+": "+text)
		}
	}
	return strings.Join(parts, ", ")
}

// value leaves out what says nothing: null and false.
func value(v any, loc *time.Location) string {
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
			return at.In(loc).Format("2 January 2006, 15:04")
		}
		return v
	case []any:
		texts := make([]string, len(v))
		for i, item := range v {
			texts[i] = value(item, loc)
		}
		return strings.Join(texts, ", ")
	}
	return fmt.Sprint(v)
}
