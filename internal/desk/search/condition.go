package search

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"

	"caseward/internal/desk/access"
	"caseward/internal/desk/cases"
	"caseward/internal/desk/contact"
)

// scope is which cases a search looks at. Everything but live has to be asked for.
type scope int

const (
	live scope = iota
	spam
	deleted
)

// from is the table of a scope, named c, and what restricts it.
func (s scope) from() (table, where string) {
	switch s {
	case spam:
		return "cases c", "c.spam_at is not null and c.deleted_at is null"
	case deleted:
		return "cases c", "c.deleted_at is not null"
	case live:
	}
	return "live_cases c", "true"
}

// query is a search ready for the database: SQL conditions on c (the case) and s (its words), all of which hold.
type query struct {
	actor      access.Actor
	scope      scope
	statuses   []string // any of these; none: all
	texts      []string // tsqueries, all of which match
	conditions []string
	args       pgx.NamedArgs
	problems   []string
}

// keys is the whole language besides words. A key's function adds conditions or says what is wrong with the value.
var keys = map[string]func(*query, part) error{
	"status":   (*query).status,
	"assignee": (*query).assignee,
	"is":       (*query).is,
	"tag":      (*query).tag,
	"email":    (*query).email,
	"number":   (*query).number,
}

// read turns what somebody typed into a query. What makes no sense becomes a problem and is left out.
func read(actor access.Actor, text string) *query {
	q := &query{actor: actor, args: pgx.NamedArgs{"ws": actor.Workspace}}
	parts := split(text)
	for i, p := range parts {
		var err error
		switch use, known := keys[p.key]; {
		case known:
			err = use(q, p)
		case p.key != "":
			err = problemf("“%s:” is not something to search by. Put it in quotes to search for the words.", p.key)
		default:
			q.words(p, i == len(parts)-1)
		}
		if err != nil {
			q.problems = append(q.problems, err.Error())
		}
	}
	if q.scope != live && len(q.statuses) > 0 {
		q.problems = append(q.problems, "A case is in one place only, so the other statuses were left out.")
		q.statuses = nil
	}
	q.texted(parts)
	if len(q.statuses) > 0 {
		q.add("c.status = any (%s)", q.statuses)
	}
	return q
}

// add adds a condition; %s stands for the argument.
func (q *query) add(condition string, arg any) {
	q.conditions = append(q.conditions, q.bind(condition, arg))
}

func (q *query) addText(tsquery, arg string) { q.texts = append(q.texts, q.bind(tsquery, arg)) }

func (q *query) bind(sql string, arg any) string {
	name := "q" + strconv.Itoa(len(q.args))
	q.args[name] = arg
	return fmt.Sprintf(sql, "@"+name)
}

func (q *query) addNot(negated bool, condition string, arg any) {
	if negated {
		condition = "not (" + condition + ")"
	}
	q.add(condition, arg)
}

// words asks for a word or phrase. The last word may still be being typed, so it matches as a beginning too.
func (q *query) words(p part, last bool) {
	number, err := strconv.ParseInt(strings.TrimPrefix(p.value, "#"), 10, 64)
	switch {
	case err == nil && !p.quoted && strings.HasPrefix(p.value, "#"):
		q.addNot(p.negated, "c.number = %s", number)
	case !readable(p.value):
	case p.negated && p.quoted:
		q.addNot(true, "s.document @@ phraseto_tsquery('simple', %s)", p.value)
	case p.negated:
		q.addNot(true, "s.document @@ plainto_tsquery('simple', %s)", p.value)
	case p.quoted:
		q.addText("phraseto_tsquery('simple', %s)", p.value)
	case last:
		// The index keeps an address as one word, so its beginning is also compared unparsed.
		q.addText("(to_tsquery('simple', %[1]s) || lower(%[1]s)::tsquery)", quoteLexeme(p.value)+":*")
	default:
		q.addText("plainto_tsquery('simple', %s)", p.value)
	}
}

// texted adds the words, found by their index. Somebody who types a number alone may mean the case of that number.
func (q *query) texted(parts []part) {
	if len(q.texts) == 0 {
		return
	}
	ids := "select id from find_cases(" + strings.Join(q.texts, " && ") + ") as f(id)"
	number, err := strconv.ParseInt(parts[0].value, 10, 64)
	if len(parts) > 1 || parts[0].quoted || err != nil {
		q.conditions = append(q.conditions, "c.id in ("+ids+")")
		return
	}
	q.add("c.id in ("+ids+" union all select n.id from cases n where n.workspace_id = @ws and n.number = %s)", number)
}

// quoteLexeme spells a word for tsquery so that none of its characters is an operator.
func quoteLexeme(word string) string {
	return "'" + strings.NewReplacer(`\`, `\\`, `'`, `''`).Replace(word) + "'"
}

func (q *query) status(p part) error {
	value := strings.ReplaceAll(strings.ToLower(p.value), "-", "_")
	switch {
	case value == "deleted" && !q.actor.Can(access.DeleteCases):
		return problemf("Only those who may delete cases can search deleted ones.")
	case (value == "deleted" || value == "spam") && p.negated:
		return nil // they are left out as it is
	case value == "deleted":
		q.scope = deleted
		return nil
	case value == "spam":
		q.scope = max(q.scope, spam)
		return nil
	case !slices.Contains(cases.Statuses(), cases.Status(value)):
		return problemf("“%s”: choose open, pending, on-hold, closed, spam or deleted.", p)
	case p.negated:
		q.add("c.status <> %s", value)
		return nil
	}
	q.statuses = append(q.statuses, value)
	return nil
}

func (q *query) assignee(p part) error {
	switch strings.ToLower(p.value) {
	case "me":
		q.addNot(p.negated, "c.assignee_id is not distinct from %s", q.actor.Member)
	case "none":
		q.addNot(p.negated, "c.assignee_id is not distinct from %s", (*access.MemberID)(nil))
	default:
		return problemf("“%s”: choose me or none.", p)
	}
	return nil
}

func (q *query) is(p part) error {
	if !strings.EqualFold(p.value, "unassigned") {
		return problemf("“%s”: choose is:unassigned.", p)
	}
	return q.assignee(part{key: "assignee", value: "none", negated: p.negated})
}

func (q *query) tag(p part) error {
	if p.value == "" {
		return problemf("Say which tag, as in tag:billing.")
	}
	q.addNot(p.negated, `exists (select from case_tags ct join tags t on t.workspace_id = @ws and t.id = ct.tag_id
		where ct.workspace_id = @ws and ct.case_id = c.id and lower(t.name) = lower(%s))`, p.value)
	return nil
}

func (q *query) email(p part) error {
	if p.value == "" {
		return problemf("Say which address, as in email:maria@example.com.")
	}
	q.addNot(p.negated, `exists (select from contact_emails e where e.workspace_id = @ws and e.contact_id = c.contact_id and e.email = %s)`,
		contact.Normalise(p.value))
	return nil
}

func (q *query) number(p part) error {
	n, err := strconv.ParseInt(strings.TrimPrefix(p.value, "#"), 10, 64)
	if err != nil {
		return problemf("“%s”: give a case's number, as in number:1042.", p)
	}
	q.addNot(p.negated, "c.number = %s", n)
	return nil
}
