package search

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"

	"caseward/internal/desk/access"
	"caseward/internal/platform/words"
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

// Problem is something in a query that made no sense and was left out.
type Problem struct {
	Text       string // says what is wrong and what to write instead
	Start, End int    // where, in bytes of Result.Query
}

// query is a search ready for the database: SQL conditions on c (the case), all of which hold.
type query struct {
	actor  access.Actor
	now    time.Time
	text   string
	shares *shares // nil where there are none

	scope       scope
	statusAsked bool // so whoever asked does not mean the deleted ones
	asked       bool // something of it made sense
	choices     map[string]*choice
	names       []part // whose values depend on the workspace
	custom      []custom
	terms       []words.Term
	subjects    []words.Term // looked for in subjects only
	tsquery     []string     // all of which match
	heldAsked   bool         // for what a legal hold keeps
	selective   bool         // few cases can match, whatever else is asked
	orNumber    *int64       // of a case that is found besides those with the words
	conditions  []string
	args        pgx.NamedArgs
	problems    []Problem
	notes       []Problem
}

// choice are the values that one column of cases may have. A case has only one, so what is asked for in several places
// is any of them.
type choice struct {
	any    []any // strings or int64s
	orNull bool
	at     []span
}

// read turns what somebody typed into a query, as far as that is possible without the database. What makes no sense
// becomes a problem and is left out.
func read(actor access.Actor, text string, now time.Time) *query {
	q := &query{actor: actor, now: now, text: text, choices: map[string]*choice{}, args: pgx.NamedArgs{"ws": actor.Workspace, "member": actor.Member}}
	p := parse(text)
	p.joinNumbers(isPhone)
	for i, x := range p.parts {
		switch k, known := keyOf(x.key); {
		case x.isOperator() && 0 < i && i < len(p.parts)-1:
			q.problem(x.span, operators[x.values[0].text]+" Put it in quotes to search for the word.")
		case x.key == "":
			q.words(x, i == len(p.parts)-1)
		case !known:
			q.custom = append(q.custom, custom{x, i == len(p.parts)-1})
		case len(x.values) == 0:
			q.problem(x.span, fmt.Sprintf("Say what to look for right after the colon, as in %s.", k.Example))
		case k.read == nil:
			q.names = append(q.names, x)
		default:
			k.read(q, x)
		}
	}
	if p.unclosed != nil {
		q.problem(*p.unclosed, "This quotation mark is never closed, so everything after it was taken as one phrase.")
	}
	if number, err := strconv.ParseInt(text, 10, 64); err == nil {
		q.orNumber = &number // somebody who types a number alone may mean the case of that number
	}
	q.oneScope()
	return q
}

// operators are words that mean something elsewhere, in capitals and between others, and what to write instead.
var operators = map[string]string{
	"OR":  "“OR” is not a word of this language. Commas say or, between values of a key: status:open,closed.",
	"AND": "“AND” is not a word of this language. All that is asked for has to be true as it is.",
	"NOT": "“NOT” is not a word of this language. A minus says not: -invoice.",
}

func (x part) isOperator() bool {
	return x.key == "" && !x.values[0].quoted && operators[x.values[0].text] != ""
}

func isPhone(text string) bool {
	_, ok := words.Number(text)
	return ok
}

// oneScope leaves the statuses out where cases are asked for that are not in the lists of any status.
func (q *query) oneScope() {
	c := q.choices["c.status"]
	q.statusAsked = c != nil
	if q.scope == live || c == nil {
		return
	}
	for _, at := range c.at {
		q.problem(at, "A deleted case or one in spam is in no other list, so this was left out.")
	}
	delete(q.choices, "c.status")
}

func (q *query) problem(at span, text string) {
	q.problems = append(q.problems, Problem{text, at.start, at.end})
}

// sorted are the problems in the order of the query.
func (q *query) sorted() []Problem {
	slices.SortStableFunc(q.problems, func(a, b Problem) int { return cmp.Compare(a.Start, b.Start) })
	return q.problems
}

// add adds a condition; %s stands for the argument.
func (q *query) add(condition string, arg any) { q.always(q.bind(condition, arg)) }

func (q *query) addNot(negated bool, condition string, arg any) {
	if negated {
		condition = "not (" + condition + ")"
	}
	q.add(condition, arg)
}

// always adds a condition without an argument.
func (q *query) always(condition string) {
	q.asked = true
	q.conditions = append(q.conditions, condition)
}

func (q *query) bind(sql string, arg any) string {
	name := "q" + strconv.Itoa(len(q.args))
	q.args[name] = arg
	return fmt.Sprintf(sql, "@"+name)
}

// choose asks for values of a column, or for others than these. Of a null it is not known what it is, so that it is
// none of the values has to be said.
func (q *query) choose(column string, x part, values []any, orNull bool) {
	if len(values) == 0 && !orNull {
		return
	}
	q.asked = true
	if !x.negated {
		c := q.choices[column]
		if c == nil {
			c = &choice{}
			q.choices[column] = c
		}
		c.any, c.orNull, c.at = append(c.any, values...), c.orNull || orNull, append(c.at, x.span)
		return
	}
	for _, v := range values {
		q.add(column+" is distinct from %s", v)
	}
	if orNull {
		q.always(column + " is not null")
	}
}

// settle makes conditions of the choices.
func (q *query) settle() {
	for _, column := range []string{"c.status", "c.assignee_id", "c.queue_id", "c.priority", "c.channel", "c.number"} {
		c := q.choices[column]
		if c == nil {
			continue
		}
		var parts []string
		switch len(c.any) {
		case 0:
		case 1: // not any (…), whose rows PostgreSQL does not read in the order of the index
			parts = append(parts, q.bind(column+" = %s", c.any[0]))
		default:
			parts = append(parts, q.bind(column+" = any (%s)", arrayOf(c.any)))
		}
		if c.orNull {
			parts = append(parts, column+" is null")
		}
		q.conditions = append(q.conditions, anyOf(parts))
	}
	q.choices = nil
}

// arrayOf makes one type of values that all are texts or all ids.
func arrayOf(list []any) any {
	if _, ok := list[0].(string); ok {
		return typed[string](list)
	}
	return typed[int64](list)
}

func typed[T any](list []any) []T {
	result := make([]T, len(list))
	for i, v := range list {
		result[i] = v.(T)
	}
	return result
}

func anyOf(conditions []string) string {
	if len(conditions) == 1 {
		return conditions[0]
	}
	return "(" + strings.Join(conditions, " or ") + ")"
}

// words asks for a word or phrase. The last word may still be being typed, so it is a beginning too, as is one with a
// star after it.
func (q *query) words(x part, last bool) {
	v := x.values[0]
	if number, err := strconv.ParseInt(strings.TrimPrefix(v.text, "#"), 10, 64); err == nil && !v.quoted && strings.HasPrefix(v.text, "#") {
		q.choose("c.number", x, []any{number}, false)
		return
	}
	t := termOf(v, last && !x.negated)
	switch {
	case t.Empty():
	case x.negated:
		q.add("not "+hasWords("%s::tsquery"), t.TSQuery())
	default:
		q.asked = true
		q.terms = append(q.terms, t)
		q.tsquery = append(q.tsquery, t.TSQuery())
	}
}

// termOf reads the words of a value.
func termOf(v value, last bool) words.Term {
	if v.quoted {
		return words.Phrase(v.text)
	}
	if t, ok := words.Number(v.text); ok && strings.Contains(v.text, " ") {
		return t
	}
	return words.Word(v.text, last || strings.HasSuffix(v.text, "*"))
}

// hasWords tests the words of a single case. PostgreSQL cannot turn it into a look-up of all cases with the words, which is
// never worth it for what is tested here: words that are not wanted, and words that very many cases have.
func hasWords(tsquery string) string {
	return "(select s.document @@ " + tsquery + " from case_search s where s.workspace_id = @ws and s.case_id = c.id)"
}

// maxQuery bounds what is read of a query, in bytes.
const maxQuery = 1000

// clean makes a query of what came over the wire; whole is false where its end was cut off.
func clean(text string) (query string, whole bool) {
	text = strings.TrimSpace(strings.ReplaceAll(strings.ToValidUTF8(text, ""), "\x00", ""))
	if len(text) <= maxQuery {
		return text, true
	}
	end := maxQuery
	for !utf8.RuneStart(text[end]) {
		end--
	}
	return strings.TrimSpace(text[:end]), false
}
