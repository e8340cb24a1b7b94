package search

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"unicode"

	"github.com/jackc/pgx/v5"

	"caseward/internal/desk/access"
	"caseward/internal/desk/field"
	"caseward/internal/platform/words"
)

// Completion is how a query that is being typed may go on.
type Completion struct {
	Replace string // the end of what was typed, which an option stands in place of
	Options []Option
}

// Option is one way to go on.
type Option struct {
	Insert string // as in the query; a value with the space after it
	Label  string // as people read it
	Detail string // what it means; "" where the label says it
}

const (
	maxOptions   = 10
	maxNamed     = 3  // of each kind, for a word that is not a key
	maxContacts  = 50 // looked at
	namedLetters = 2  // of a word, before colleagues, queues and tags are offered for it
)

// Complete offers keys and values for a query of which before is what stands before the cursor.
//
// Needs ReadCases. Errors: Forbidden.
func (s *Service) Complete(ctx context.Context, actor access.Actor, before string) (c Completion, err error) {
	if err := actor.Require(access.ReadCases); err != nil {
		return Completion{}, err
	}
	if before = strings.ToValidUTF8(strings.ReplaceAll(before, "\x00", ""), ""); len(before) > maxQuery {
		return Completion{}, nil
	}
	x, typed := unfinished(before)
	c.Replace = before[typed.start:]
	err = s.db.ReadWorkspace(ctx, int64(actor.Workspace), func(tx pgx.Tx) error {
		t := completer{tx, actor}
		if x.key == "" {
			c.Options, err = t.word(ctx, c.Replace)
		} else {
			c.Options, err = t.value(ctx, x.key, typed.text)
		}
		return err
	})
	c.Options = c.Options[:min(len(c.Options), maxOptions)]
	return c, err
}

// unfinished is the part of a query that is being typed at its end, and of it what an option would replace: the last
// value, or the word.
func unfinished(before string) (x part, typed value) {
	end := span{len(before), len(before)}
	p := parse(before)
	if len(p.parts) == 0 || p.parts[len(p.parts)-1].end < len(before) {
		return part{span: end}, value{span: end}
	}
	x = p.parts[len(p.parts)-1]
	if n := len(x.values); n > 0 && x.values[n-1].end == len(before) {
		if v := x.values[n-1]; p.unclosed != nil || !v.quoted {
			return x, v
		}
		return part{span: end, key: "done"}, value{span: end} // a closed quotation is finished
	}
	return x, value{span: end}
}

type completer struct {
	tx    pgx.Tx
	actor access.Actor
}

// word offers the keys that begin so, and what in the workspace is called so.
func (t completer) word(ctx context.Context, typed string) (list []Option, err error) {
	for _, k := range Keys() {
		if strings.HasPrefix(k.Name, strings.ToLower(typed)) {
			list = append(list, Option{k.Name, k.Name, k.Label})
		}
	}
	if typed == "" {
		return list, nil // ours come first, and are more than there is room for
	}
	fields, err := t.fields(ctx)
	if err != nil {
		return nil, err
	}
	for _, k := range fields {
		if strings.HasPrefix(k.Name, strings.ToLower(typed)) || words.Like(k.Label, typed) != words.Unlike {
			list = append(list, Option{k.Name, k.Name, k.Label})
		}
	}
	if len([]rune(typed)) < namedLetters {
		return list, nil
	}
	for _, key := range []string{"assignee", "queue", "tag"} {
		named, err := t.named(ctx, key, typed)
		if err != nil {
			return nil, err
		}
		for _, o := range named[:min(len(named), maxNamed)] {
			k, _ := keyOf(key)
			list = append(list, Option{key + ":" + o.Insert, key + ":" + o.Label, k.Label})
		}
	}
	return list, nil
}

// value offers the values of a key that begin so.
func (t completer) value(ctx context.Context, key, typed string) ([]Option, error) {
	k, known := keyOf(key)
	if !known {
		return t.fieldValue(ctx, key, typed)
	}
	var list []Option
	for _, v := range k.Values {
		if strings.HasPrefix(v.Name, strings.ToLower(typed)) && (v.Name != "deleted" || t.actor.Can(access.RestoreCases)) {
			list = append(list, Option{v.Name + " ", v.Name, v.Label})
		}
	}
	var more []Option
	var err error
	switch key {
	case "assignee", "queue", "tag":
		more, err = t.named(ctx, key, typed)
	case "contact", "email":
		more, err = t.contacts(ctx, key == "contact", typed)
	}
	return append(list, more...), err
}

// fields are the keys of the custom fields in use.
func (t completer) fields(ctx context.Context) ([]Key, error) {
	all, err := field.AllTx(ctx, t.tx, t.actor.Workspace)
	return FieldKeys(all), err
}

// fieldValue offers the values of a custom field that begin so.
func (t completer) fieldValue(ctx context.Context, key, typed string) (list []Option, err error) {
	fields, err := t.fields(ctx)
	for _, k := range fields {
		if k.Name != key+":" {
			continue
		}
		for _, v := range k.Values {
			named := v.Label == "" // a choice; the others are words of the language
			if typed != "" && !strings.HasPrefix(strings.ToLower(v.Name), strings.ToLower(typed)) && (!named || words.Like(v.Name, typed) == words.Unlike) {
				continue
			}
			insert := v.Name
			if named {
				insert = inQuotes(v.Name)
			}
			list = append(list, Option{insert + " ", v.Name, v.Label})
		}
	}
	return list, err
}

// inUse are the directories without what is kept for old cases only.
var inUse = map[string]string{
	"assignee": `select m.id, u.name, u.email from members m join users u on u.id = m.user_id
		where m.workspace_id = @ws and m.deactivated_at is null and m.role <> 'viewer' order by lower(u.name), m.id limit 5000`,
	"queue": `select id, name, '' as email from queues where workspace_id = @ws and archived_at is null order by lower(name), id limit 5000`,
	"tag":   `select id, name, '' as email from tags where workspace_id = @ws and archived_at is null order by lower(name), id limit 20000`,
}

// named offers names of the workspace, those that fit best first.
func (t completer) named(ctx context.Context, key, typed string) ([]Option, error) {
	rows, err := t.tx.Query(ctx, inUse[key], pgx.NamedArgs{"ws": t.actor.Workspace})
	if err != nil {
		return nil, err
	}
	known, err := pgx.CollectRows(rows, pgx.RowToStructByName[name])
	if err != nil {
		return nil, err
	}
	var list []Option
	for _, least := range []words.Likeness{words.Same, words.Whole, words.Beginning} {
		for _, n := range known {
			if typed == "" && least == words.Beginning || typed != "" && max(words.Like(n.Name, typed), words.Like(n.Email, typed)) == least {
				list = append(list, Option{inQuotes(n.Name) + " ", n.Name, n.Email})
			}
		}
	}
	return list, nil
}

// contacts offers names of contacts, or their addresses.
func (t completer) contacts(ctx context.Context, names bool, typed string) ([]Option, error) {
	text := words.NameQuery(typed)
	if text == "" {
		return nil, nil
	}
	rows, err := t.tx.Query(ctx, fmt.Sprintf(`select k.id, k.name, coalesce(e.email, '') as email from find_contacts($2::tsquery, $3, %d) f(id)
		join contacts k on k.workspace_id = $1 and k.id = f.id and k.deleted_at is null
		left join contact_emails e on e.workspace_id = $1 and e.contact_id = k.id and (not $3 and name_words(e.email) @@ $2::tsquery or $3 and e.is_primary)
		order by lower(k.name), k.id limit %d`, maxContacts, maxOptions), t.actor.Workspace, text, names)
	if err != nil {
		return nil, err
	}
	found, err := pgx.CollectRows(rows, pgx.RowToStructByName[name])
	var list []Option
	for _, n := range found {
		o := Option{inQuotes(n.Name) + " ", n.Name, n.Email}
		if !names {
			o = Option{n.Email + " ", n.Email, n.Name}
		}
		if !slices.ContainsFunc(list, func(have Option) bool { return have.Insert == o.Insert }) && strings.TrimSpace(o.Insert) != "" {
			list = append(list, o)
		}
	}
	return list, err
}

// inQuotes spells a name as a value: in quotation marks unless it is one plain word.
func inQuotes(name string) string {
	name = strings.Map(func(r rune) rune {
		if closing(r) != "" || r == '»' {
			return -1 // no name is told apart by them
		}
		return r
	}, name)
	if strings.ContainsFunc(name, func(r rune) bool { return unicode.IsSpace(r) || r == ',' }) || strings.EqualFold(name, "me") || strings.EqualFold(name, "none") {
		return `"` + name + `"`
	}
	return name
}
