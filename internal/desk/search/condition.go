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
		return "cases c", "c.spam_at is not null and c.deleted_at is null and c.merged_into_id is null"
	case deleted:
		return "cases c", "c.deleted_at is not null"
	case live:
	}
	return "live_cases c", "true"
}

// query is a search ready for the database: SQL conditions on c (the case), all of which hold.
type query struct {
	actor      access.Actor
	scope      scope
	asked      bool     // something of it made sense
	statuses   []string // any of these; none: all
	texts      []string // tsqueries, all of which match
	orNumber   *int64   // of a case that is found besides those with the words
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
	switch len(q.statuses) {
	case 0:
	case 1: // not any (…), whose rows PostgreSQL does not read in the order of the index
		q.add("c.status = %s", q.statuses[0])
	default:
		q.add("c.status = any (%s)", q.statuses)
	}
	if number, err := strconv.ParseInt(text, 10, 64); err == nil && len(q.texts) == 1 {
		q.orNumber = &number // somebody who types a number alone may mean the case of that number
	}
	return q
}

// add adds a condition; %s stands for the argument.
func (q *query) add(condition string, arg any) { q.always(q.bind(condition, arg)) }

// always adds a condition without an argument.
func (q *query) always(condition string) {
	q.asked = true
	q.conditions = append(q.conditions, condition)
}

func (q *query) addText(tsquery, arg string) {
	q.asked = true
	q.texts = append(q.texts, q.bind(tsquery, arg))
}

// has tests the words of a single case. PostgreSQL cannot turn it into a look-up of all cases with the words, which is
// never worth it for what is tested here: words that are not wanted, and words that very many cases have.
func has(tsquery string) string {
	return "(select s.document @@ " + tsquery + " from case_search s where s.workspace_id = @ws and s.case_id = c.id)"
}

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
		q.add("not "+has("phraseto_tsquery('simple', %s)"), p.value)
	case p.negated:
		q.add("not "+has("plainto_tsquery('simple', %s)"), p.value)
	case p.quoted:
		q.addText("phraseto_tsquery('simple', %s)", p.value)
	case last:
		// The index keeps an address as one word, so its beginning is also compared unparsed.
		q.addText("(to_tsquery('simple', %[1]s) || lower(%[1]s)::tsquery)", quoteLexeme(p.value)+":*")
	default:
		q.addText("plainto_tsquery('simple', %s)", p.value)
	}
}

// quoteLexeme spells a word for tsquery so that none of its characters is an operator.
func quoteLexeme(word string) string {
	return "'" + strings.NewReplacer(`\`, `\\`, `'`, `''`).Replace(word) + "'"
}

func (q *query) status(p part) error {
	value := strings.ReplaceAll(strings.ToLower(p.value), "-", "_")
	switch {
	case value == "deleted" && !q.actor.Can(access.RestoreCases):
		return problemf("Only those who may delete cases can search deleted ones.")
	case (value == "deleted" || value == "spam") && p.negated:
		q.asked = true
		return nil // they are left out as it is
	case value == "deleted":
		q.scope, q.asked = deleted, true
		return nil
	case value == "spam":
		q.scope, q.asked = max(q.scope, spam), true
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
	// Not "is not distinct from" throughout: PostgreSQL neither finds that in an index nor knows how many it matches.
	switch value := strings.ToLower(p.value); {
	case value == "me" && p.negated:
		q.add("c.assignee_id is distinct from %s", q.actor.Member)
	case value == "me":
		q.add("c.assignee_id = %s", q.actor.Member)
	case value == "none" && p.negated:
		q.always("c.assignee_id is not null")
	case value == "none":
		q.always("c.assignee_id is null")
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
