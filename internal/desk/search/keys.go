package search

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"caseward/internal/desk/access"
	"caseward/internal/desk/cases"
	"caseward/internal/desk/field"
	"caseward/internal/platform/words"
)

// Key is a word before a colon that asks for what a case is. Together they are the language, besides words.
type Key struct {
	Name    string // as in the query, with its colon
	Label   string // what it asks for
	Example string
	Values  []Value // all that there are; nil where only the workspace knows, or anything goes

	read func(*query, part) // nil: what the values mean depends on the workspace
}

// Value is something that a key can ask for.
type Value struct{ Name, Label string }

// Keys lists the language in the order in which it is explained.
func Keys() []Key {
	return []Key{
		{"status:", "Status, spam or deleted", "status:open,pending", statusValues(), (*query).status},
		{"assignee:", "Who works on it", "assignee:me", []Value{{"me", "You"}, {"none", "Nobody"}}, nil},
		{"contact:", "The customer's name or address", "contact:maria", nil, nil},
		{"email:", "The customer's address, whole or in part", "email:maria@example.com", nil, nil},
		{"queue:", "Queue", "queue:support", nil, nil},
		{"tag:", "Tag", "tag:billing", nil, nil},
		{"number:", "Case number", "number:1042", nil, (*query).number},
		{"subject:", "Words of the subject", "subject:invoice", nil, (*query).subject},
		{"channel:", "The way it came in", "channel:email", channelValues(), (*query).channel},
		{"priority:", "Priority", "priority:high,urgent", priorityValues(), (*query).priority},
		{"has:", "What comes with it", "has:attachment", []Value{{"attachment", "A file"}}, (*query).has},
		{"is:", "What it waits for, or is kept by", "is:overdue", isValues(), (*query).is},
		{"rating:", "What the customer said of the help", "rating:bad", ratingValues(), nil},
		{"before:", "Last activity before a day", "before:2026-05-01", dateValues(), nil},
		{"after:", "Last activity on or after a day", "after:7d", dateValues(), nil},
	}
}

func keyOf(name string) (Key, bool) {
	keys := Keys()
	i := slices.IndexFunc(keys, func(k Key) bool { return k.Name == name+":" })
	if i < 0 {
		return Key{}, false
	}
	return keys[i], true
}

// synonyms are what other programs call a key.
var synonyms = map[string]string{
	"from": "contact:", "customer": "contact:", "requester": "contact:", "label": "tag:", "agent": "assignee:", "owner": "assignee:",
	"id": "number:", "title": "subject:", "group": "queue:", "team": "queue:", "since": "after:", "until": "before:", "satisfaction": "rating:", "csat": "rating:",
}

// unknownKey says that a key is none, and which one may have been meant.
func unknownKey(x part, fields []field.Field) string {
	if k, ok := synonyms[x.key]; ok {
		return fmt.Sprintf("“%s:” is not something to search by. Did you mean %s?", x.key, k)
	}
	for _, k := range append(Keys(), FieldKeys(fields)...) {
		if name := strings.TrimSuffix(k.Name, ":"); near(name, x.key) {
			return fmt.Sprintf("“%s:” is not something to search by. Did you mean %s?", x.key, k.Name)
		}
	}
	return fmt.Sprintf("“%s:” is not something to search by. Put it in quotes to search for the words.", x.key)
}

// near reports whether one word is the other with a letter or two too many, too few, or wrong.
func near(a, b string) bool {
	if len(b) >= 3 && (strings.HasPrefix(a, b) || strings.HasPrefix(b, a)) {
		return true
	}
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		left := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := left
			if a[i] != b[j] {
				cost = 1 + min(left, row[j], row[j+1])
			}
			left, row[j+1] = row[j+1], cost
		}
	}
	return row[len(b)] <= min(2, len(a)/3)
}

func statusValues() []Value {
	var list []Value
	for _, s := range cases.Statuses() {
		list = append(list, Value{strings.ReplaceAll(string(s), "_", "-"), ""})
	}
	return append(list, Value{"spam", ""}, Value{"deleted", ""})
}

func priorityValues() []Value {
	var list []Value
	for _, p := range slices.Backward(cases.Priorities()) {
		list = append(list, Value{p.Label(), ""})
	}
	return list
}

func isValues() []Value {
	return []Value{{"unassigned", "Nobody works on it"}, {"overdue", "A follow-up is due, or the customer has waited for more than a day"},
		{"snoozed", "Put off until later"}, {"held", "A legal hold keeps it"}}
}

func channelValues() []Value {
	return []Value{{string(cases.ByEmail), ""}, {string(cases.ByPortal), ""}, {string(cases.ByAgent), ""}, {string(cases.ByAPI), ""}}
}

// oneOf lists values for a text: "open, pending or closed".
func oneOf(list []Value) string {
	names := make([]string, len(list))
	for i, v := range list {
		names[i] = v.Name
	}
	last := len(names) - 1
	if last == 0 {
		return names[0]
	}
	return strings.Join(names[:last], ", ") + " or " + names[last]
}

// pick reads values of which there are only a few. Those that it does not know become problems.
func (q *query) pick(x part, column string, known []Value, of func(string) any) {
	var values []any
	for _, v := range x.values {
		name := strings.ReplaceAll(strings.ToLower(v.text), "_", "-")
		if !slices.ContainsFunc(known, func(k Value) bool { return k.Name == name }) {
			q.problem(v.span, fmt.Sprintf("“%s”: choose %s.", v.text, oneOf(known)))
			continue
		}
		values = append(values, of(name))
	}
	q.choose(column, x, values, false)
}

func (q *query) status(x part) {
	var rest []value
	for _, v := range x.values {
		switch name := strings.ToLower(v.text); {
		case name == "deleted" && !q.actor.Can(access.RestoreCases):
			q.problem(v.span, "Only those who may delete cases can search deleted ones.")
		case name == "snoozed":
			q.problem(v.span, "Snoozed is no status: write is:snoozed, or -is:snoozed to leave such cases out.")
		case (name == "deleted" || name == "spam") && x.negated:
			q.asked = true // they are left out as it is
		case name == "deleted":
			q.scope, q.asked = deleted, true
		case name == "spam":
			q.scope, q.asked = max(q.scope, spam), true
		default:
			rest = append(rest, v)
		}
	}
	x.values = rest
	q.pick(x, "c.status", statusValues(), func(name string) any { return strings.ReplaceAll(name, "-", "_") })
}

func (q *query) channel(x part) {
	q.pick(x, "c.channel", channelValues(), func(name string) any { return name })
}

func (q *query) priority(x part) {
	q.pick(x, "c.priority", priorityValues(), func(name string) any {
		i := slices.IndexFunc(cases.Priorities(), func(p cases.Priority) bool { return p.Label() == name })
		return int64(cases.Priorities()[i])
	})
}

func (q *query) number(x part) {
	var values []any
	for _, v := range x.values {
		n, err := strconv.ParseInt(strings.TrimPrefix(v.text, "#"), 10, 64)
		if err != nil {
			q.problem(v.span, fmt.Sprintf("“%s”: give a case's number, as in number:1042.", v.text))
			continue
		}
		values = append(values, n)
	}
	q.choose("c.number", x, values, false)
}

func (q *query) is(x part) {
	for _, v := range x.values {
		switch {
		case strings.EqualFold(v.text, "unassigned"):
			q.choose("c.assignee_id", part{span: x.span, negated: x.negated}, nil, true)
		case strings.EqualFold(v.text, "overdue"):
			q.names = append(q.names, part{span: x.span, key: overdueKey, negated: x.negated})
		case strings.EqualFold(v.text, "held"):
			q.names = append(q.names, part{span: x.span, key: heldKey, negated: x.negated})
		case strings.EqualFold(v.text, "snoozed"):
			q.always("c.snoozed_until is " + map[bool]string{false: "not null", true: "null"}[x.negated]) // as the list of snoozed cases
		default:
			q.problem(v.span, fmt.Sprintf("“%s”: choose %s.", v.text, oneOf(isValues())))
		}
	}
}

func (q *query) has(x part) {
	for _, v := range x.values {
		if name := strings.ToLower(v.text); name != "attachment" && name != "attachments" {
			q.problem(v.span, fmt.Sprintf("“%s”: choose has:attachment.", v.text))
			continue
		}
		not := ""
		if x.negated {
			not = "not "
		}
		q.always(not + `exists (select from attachments a where a.workspace_id = @ws and a.case_id = c.id and not a.is_inline)`)
	}
}

func (q *query) subject(x part) {
	var queries []string
	for _, v := range x.values {
		t := termOf(v, !v.quoted)
		if t.Empty() {
			q.problem(v.span, fmt.Sprintf("“%s” has no letters or digits to search for.", v.text))
			continue
		}
		queries = append(queries, t.TSQuery(words.A))
		if !x.negated {
			q.subjects = append(q.subjects, t)
		}
	}
	switch {
	case len(queries) == 0:
	case x.negated:
		q.add("not "+hasWords("%s::tsquery"), strings.Join(queries, " | "))
	default:
		q.asked = true
		q.tsquery = append(q.tsquery, "("+strings.Join(queries, " | ")+")")
	}
}
