package search

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"caseward/internal/desk/field"
	"caseward/internal/platform/words"
)

// custom is a part with a key that is none of ours: that of a custom field, or a mistake.
type custom struct {
	part
	last bool // of the query
}

// plainKey is what looks like a key to whoever types it. Others that no field has, such as "e-mail:", are words.
var plainKey = regexp.MustCompile(`^[a-z]+$`)

// wanted is what a part asks of a field.
type wanted struct {
	field   field.Field
	negated bool
	none    bool     // it holds nothing
	any     []string // conditions on v, the value
	words   []string // of a text, in PostgreSQL's form
}

// fieldOf is the field of a key: of cases, or else of their contacts.
func fieldOf(all []field.Field, key string) (f field.Field, ok bool) {
	for _, o := range field.Objects() {
		if i := slices.IndexFunc(all, func(f field.Field) bool { return f.Object == o && f.Key == key }); i >= 0 {
			return all[i], true
		}
	}
	return field.Field{}, false
}

// fieldsTx makes conditions of the parts that ask for custom fields.
func (q *query) fieldsTx(ctx context.Context, tx pgx.Tx, all []field.Field, zone string) error {
	for _, x := range q.custom {
		w, ok := q.readField(x, all, zone)
		if !ok {
			continue
		}
		if err := q.askTx(ctx, tx, w); err != nil {
			return err
		}
	}
	return nil
}

// readField reads a part that asks for a field; ok is false where nothing is left to ask.
func (q *query) readField(x custom, all []field.Field, zone string) (w wanted, ok bool) {
	f, found := fieldOf(all, x.key)
	switch {
	case !found && plainKey.MatchString(x.key):
		q.problem(x.span, unknownKey(x.part, all))
		return w, false
	case !found:
		q.words(x.asWord(q.text), x.last)
		return w, false
	case len(x.values) == 0:
		q.problem(x.span, fmt.Sprintf("Say what to look for right after the colon, as in %s.", example(f)))
		return w, false
	}
	if !f.Active() {
		q.notes = append(q.notes, Problem{fmt.Sprintf("The field “%s” is switched off. What it held until then was searched.", f.Name), x.start, x.end})
	}
	w = wanted{field: f, negated: x.negated}
	location, err := time.LoadLocation(zone)
	if err != nil {
		location = time.UTC
	}
	for _, v := range x.values {
		switch offered := slices.ContainsFunc(f.Choices, func(c string) bool { return strings.EqualFold(c, v.text) }); {
		case strings.EqualFold(v.text, "none") && !v.quoted && !offered:
			w.none = true
		default:
			q.readValue(&w, v, location)
		}
	}
	return w, w.none || len(w.any)+len(w.words) > 0
}

// asWord is the part as the word that it turned out to be.
func (x custom) asWord(text string) part {
	at := x.span
	if x.negated {
		at.start++
	}
	return part{span: x.span, negated: x.negated, values: []value{{span: at, text: text[at.start:at.end]}}}
}

// readValue reads one value by the kind of its field.
func (q *query) readValue(w *wanted, v value, location *time.Location) {
	f := w.field
	switch f.Kind {
	case field.Text:
		if text := words.NameQuery(v.text); text != "" {
			w.words = append(w.words, "("+text+")")
			return
		}
		q.problem(v.span, fmt.Sprintf("“%s” has no letters or digits to search for.", v.text))
	case field.Number:
		q.readRange(w, v, "v.choice is null and v.number", numberRange, "is not a number. Write one like "+f.Key+":100, "+f.Key+":>100 or "+f.Key+":10..20")
	case field.Date:
		days := func(text string) (from, to any, ok bool) { return dayRange(text, q.now.In(location)) }
		q.readRange(w, v, "v.choice is null and v.number is null and v.day", days, "is not a day. Write one like "+f.Key+":2026-05-01, "+f.Key+":<2026-06 or "+f.Key+":today..")
	case field.Choice:
		q.readChoice(w, v)
	case field.Checkbox:
		switch yes, ok := field.ParseYes(v.text); {
		case !ok || v.text == "":
			q.problem(v.span, fmt.Sprintf("“%s”: choose yes or no.", v.text))
		case yes:
			w.any = append(w.any, "v.choice is not null")
		default:
			w.none = true
		}
	}
}

// readChoice finds the choice that is meant. One that is not offered any more is found in quotation marks.
func (q *query) readChoice(w *wanted, v value) {
	var known []name
	for i, c := range w.field.Choices {
		if strings.EqualFold(c, v.text) {
			w.any = append(w.any, q.bind("v.choice = %s", c))
			return
		}
		known = append(known, name{ID: int64(i), Name: c})
	}
	matches := bestNamed(known, v.text, words.Beginning)
	for _, n := range matches {
		w.any = append(w.any, q.bind("v.choice = %s", n.Name))
	}
	switch {
	case len(matches) > 0:
	case v.quoted:
		w.any = append(w.any, q.bind("v.choice = %s", v.text))
	default:
		var offered []Value
		for _, c := range w.field.Choices[:min(len(w.field.Choices), maxOptions)] {
			offered = append(offered, Value{c, ""})
		}
		q.problem(v.span, fmt.Sprintf("“%s”: choose %s.", v.text, oneOf(offered)))
	}
}

// readRange reads a value with a comparison before it, or a range of two. bounds says where what was typed begins and ends.
func (q *query) readRange(w *wanted, v value, column string, bounds func(string) (from, to any, ok bool), problem string) {
	fail := func() { q.problem(v.span, fmt.Sprintf("“%s” %s.", v.text, problem)) }
	if low, high, ok := strings.Cut(v.text, ".."); ok && low+high != "" {
		var conditions []string
		if low != "" {
			from, _, ok := bounds(low)
			if !ok {
				fail()
				return
			}
			conditions = append(conditions, q.bind(column+" >= %s", from))
		}
		if high != "" {
			_, to, ok := bounds(high)
			if !ok {
				fail()
				return
			}
			conditions = append(conditions, q.bind(column+" <= %s", to))
		}
		w.any = append(w.any, "("+strings.Join(conditions, " and ")+")")
		return
	}
	rest := strings.TrimLeft(v.text, "<>=")
	operator := v.text[:len(v.text)-len(rest)]
	from, to, ok := bounds(rest)
	switch {
	case !ok:
		fail()
	case operator == "" || operator == "=":
		w.any = append(w.any, "("+q.bind(column+" >= %s", from)+" and "+q.bind(column+" <= %s", to)+")")
	case operator == ">":
		w.any = append(w.any, q.bind("("+column+" > %s)", to))
	case operator == ">=":
		w.any = append(w.any, q.bind("("+column+" >= %s)", from))
	case operator == "<":
		w.any = append(w.any, q.bind("("+column+" < %s)", from))
	case operator == "<=":
		w.any = append(w.any, q.bind("("+column+" <= %s)", to))
	default:
		fail()
	}
}

func numberRange(text string) (from, to any, ok bool) {
	n, ok := field.ParseNumber(text)
	return n, n, ok
}

// dayRange reads a day, a month, a year, or a day by its distance from now.
func dayRange(text string, now time.Time) (from, to any, ok bool) {
	today := time.Date(now.Year(), now.Month(), now.Day(), 0, 0, 0, 0, time.UTC)
	text = strings.ToLower(text)
	switch text {
	case "today":
		return today, today, true
	case "yesterday":
		return today.AddDate(0, 0, -1), today.AddDate(0, 0, -1), true
	case "tomorrow":
		return today.AddDate(0, 0, 1), today.AddDate(0, 0, 1), true
	}
	if m := ago.FindStringSubmatch(text); m != nil && m[2] != "h" {
		at, ok := dateOf(text, today, time.UTC)
		return at, at, ok
	}
	for layout, length := range map[string][3]int{"2006-1-2": {0, 0, 1}, "2006/1/2": {0, 0, 1}, "2006-1": {0, 1, 0}, "2006": {1, 0, 0}} {
		if at, err := time.Parse(layout, text); err == nil && at.Year() >= 1900 {
			return at, at.AddDate(length[0], length[1], length[2]).AddDate(0, 0, -1), true
		}
	}
	return nil, nil, false
}

// askTx makes the condition. As with tags, what few cases have is looked up, and of what many have each case is tested.
func (q *query) askTx(ctx context.Context, tx pgx.Tx, w wanted) error {
	table, id, owner := "case_field_values", "case_id", "c.id"
	if w.field.Object == field.OfContact {
		table, id, owner = "contact_field_values", "contact_id", "c.contact_id"
	}
	fieldIs := q.bind("v.workspace_id = @ws and v.field_id = %s", int64(w.field.ID))
	if !w.negated && !w.none {
		ids, many, err := q.holdersTx(ctx, tx, w, `select v.`+id+` from `+table+` v where `+fieldIs)
		if err != nil {
			return err
		}
		if !many {
			q.selective = q.selective || owner == "c.id" || len(ids) <= fewContacts
			q.add(owner+" = any (%s)", ids)
			return nil
		}
	}
	holds := func(what string) string {
		return fmt.Sprintf(`coalesce((select %s from %s v where %s and v.%s = %s limit 1), false)`, what, table, fieldIs, id, owner)
	}
	conditions := slices.Clone(w.any)
	if len(w.words) > 0 {
		conditions = append(conditions, q.bind("coalesce(field_words(v.field_id, v.content) @@ %s::tsquery, false)", strings.Join(w.words, " | ")))
	}
	var all []string
	if len(conditions) > 0 {
		all = append(all, holds(anyOf(conditions)))
	}
	if w.none {
		all = append(all, "not "+holds("true"))
	}
	condition := anyOf(all)
	if w.negated {
		condition = "not (" + condition + ")"
	}
	q.always(condition)
	return nil
}

// holdersTx looks up whose field holds one of the values, unless there are many.
func (q *query) holdersTx(ctx context.Context, tx pgx.Tx, w wanted, holders string) (ids []int64, many bool, err error) {
	query, args := fmt.Sprintf(`%s and %s limit %d`, holders, anyOf(w.any), mostMatches+1), []any{q.args}
	if len(w.words) > 0 {
		query = fmt.Sprintf(`select * from find_by_field($1, $2::tsquery, $3, %d, %d)`, mostMatches+1, patience)
		args = []any{w.field.ID, strings.Join(w.words, " | "), w.field.Object == field.OfContact}
	}
	rows, err := tx.Query(ctx, query, args...)
	if err != nil {
		return nil, false, err
	}
	list, err := pgx.CollectRows(rows, pgx.RowTo[*int64])
	if len(list) > mostMatches || len(list) == 1 && list[0] == nil {
		return nil, true, err
	}
	ids = make([]int64, len(list))
	for i, id := range list {
		ids[i] = *id
	}
	return ids, false, err
}

// example is how a field is searched for.
func example(f field.Field) string {
	switch f.Kind {
	case field.Number:
		return f.Key + ":>100"
	case field.Date:
		return f.Key + ":2026-05-01"
	case field.Checkbox:
		return f.Key + ":yes"
	case field.Choice:
		return f.Key + ":" + inQuotes(f.Choices[0])
	case field.Text:
	}
	return f.Key + ":words"
}

// FieldKeys are the keys of a workspace's custom fields in use, as Keys has the others; a key of cases hides the same one of
// contacts.
func FieldKeys(all []field.Field) (keys []Key) {
	for _, o := range field.Objects() {
		for _, f := range field.InUse(all, o) {
			if named := f.Key + ":"; !slices.ContainsFunc(keys, func(k Key) bool { return k.Name == named }) {
				keys = append(keys, Key{Name: named, Label: f.Name, Example: example(f), Values: fieldValues(f)})
			}
		}
	}
	return keys
}

// fieldValues are what a field can be asked for, as far as that is known.
func fieldValues(f field.Field) (list []Value) {
	switch f.Kind {
	case field.Choice:
		for _, c := range f.Choices {
			list = append(list, Value{c, ""})
		}
	case field.Checkbox:
		return []Value{{"yes", "It is checked"}, {"no", "It is not"}}
	case field.Date:
		list = []Value{{"today", "That day"}, {"<today", "Before today"}, {">today", "After today"}}
	case field.Text, field.Number:
	}
	return append(list, Value{"none", "Nothing is filled in"})
}
