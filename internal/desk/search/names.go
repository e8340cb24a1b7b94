package search

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"caseward/internal/desk/contact"
	"caseward/internal/desk/field"
	"caseward/internal/platform/words"
)

// name is something of the workspace that can be asked for by name.
type name struct {
	ID    int64
	Name  string
	Email string // of members
}

// directories are the names of a workspace. There are few of each, so accents and cases are compared here.
var directories = map[string]string{
	"assignee": `select m.id, u.name, u.email from members m join users u on u.id = m.user_id where m.workspace_id = @ws order by m.id limit 5000`,
	"queue":    `select id, name, '' as email from queues where workspace_id = @ws order by id limit 5000`,
	"tag":      `select id, name, '' as email from tags where workspace_id = @ws order by id limit 20000`,
}

// resolveTx looks up the names that were asked for and where the member's days begin, and makes conditions of them.
func (q *query) resolveTx(ctx context.Context, tx pgx.Tx) error {
	var zone string
	known := map[string][]name{}
	batch := &pgx.Batch{}
	found := make([][][]int64, len(q.names)) // contacts, by part and value
	var fields []field.Field
	if len(q.custom) > 0 {
		field.QueueAll(batch, q.actor.Workspace, &fields)
	}
	dated := func(x part) bool { return x.key == "before" || x.key == "after" }
	if len(q.custom) > 0 || slices.ContainsFunc(q.names, dated) {
		q.queueZone(batch, &zone)
	}
	for i, x := range q.names {
		if _, read := known[x.key]; directories[x.key] != "" && !read {
			known[x.key] = nil
			batch.Queue(directories[x.key], q.args).Query(func(rows pgx.Rows) (err error) {
				known[x.key], err = pgx.CollectRows(rows, pgx.RowToStructByName[name])
				return err
			})
		}
		found[i] = make([][]int64, len(x.values))
		for j, v := range x.values {
			q.queueContacts(batch, x.key, v, &found[i][j])
		}
	}
	if batch.Len() > 0 {
		if err := tx.SendBatch(ctx, batch).Close(); err != nil { // only now is everything read
			return err
		}
	}
	for i, x := range q.names {
		var err error
		switch x.key {
		case "tag":
			err = q.tagsTx(ctx, tx, x, known["tag"])
		case overdueKey:
			err = q.overdueTx(ctx, tx, x)
		case heldKey:
			err = q.heldTx(ctx, tx, x)
		case "rating":
			err = q.ratedTx(ctx, tx, x)
		default:
			q.resolve(x, known[x.key], found[i], zone)
		}
		if err != nil {
			return err
		}
	}
	if err := q.fieldsTx(ctx, tx, fields, zone); err != nil {
		return err
	}
	q.settle()
	return nil
}

// queueZone reads where the member's days begin.
func (q *query) queueZone(batch *pgx.Batch, into *string) {
	*into = "UTC"
	batch.Queue(`select coalesce(nullif(m.time_zone, ''), w.time_zone) from workspaces w
		left join members m on m.workspace_id = w.id and m.id = $2 where w.id = $1`, q.actor.Workspace, q.actor.Member).
		QueryRow(func(row pgx.Row) error { return row.Scan(into) })
}

func (q *query) resolve(x part, known []name, contacts [][]int64, zone string) {
	switch x.key {
	case "assignee":
		ids, none := q.assignees(x, known)
		q.choose("c.assignee_id", x, ids, none)
	case "queue":
		q.choose("c.queue_id", x, q.called(x, known, words.Beginning, "No queue is called “%s”."), false)
	case "contact", "email":
		q.contacts(x, contacts)
	case "before":
		q.date(x, "c.last_activity_at < %s", zone)
	case "after":
		q.date(x, "c.last_activity_at >= %s", zone)
	}
}

// called returns the ids of what is named like the values, as well as any; what fits better wins.
func (q *query) called(x part, known []name, least words.Likeness, problem string) (ids []any) {
	for _, v := range x.values {
		matches := bestNamed(known, v.text, least)
		if len(matches) == 0 {
			q.problem(v.span, fmt.Sprintf(problem, v.text))
		}
		for _, n := range matches {
			ids = append(ids, n.ID)
		}
	}
	return ids
}

// bestNamed are the names most like what was typed.
func bestNamed(known []name, typed string, least words.Likeness) (list []name) {
	for _, n := range known {
		like := words.Like(n.Name, typed)
		if n.Email != "" {
			like = max(like, words.Like(n.Email, typed))
		}
		if like > least {
			least, list = like, nil
		}
		if like == least && like != words.Unlike {
			list = append(list, n)
		}
	}
	return list
}

// tagsTx asks for cases with any of the tags. A tag that does not exist is no mistake: it does as soon as a case gets it.
// As with words, what few cases have is looked up, and of what many have each case is tested: left to itself PostgreSQL
// reads all that have the tag to show a page.
func (q *query) tagsTx(ctx context.Context, tx pgx.Tx, x part, known []name) error {
	tags := []int64{}
	for _, v := range x.values {
		for _, n := range bestNamed(known, v.text, words.Same) {
			tags = append(tags, n.ID)
		}
	}
	if !x.negated {
		rows, err := tx.Query(ctx, fmt.Sprintf(`select case_id from case_tags where workspace_id = $1 and tag_id = any ($2) limit %d`, mostMatches+1),
			q.actor.Workspace, tags)
		if err != nil {
			return err
		}
		ids, err := pgx.CollectRows(rows, pgx.RowTo[int64])
		if err != nil {
			return err
		}
		if len(ids) <= mostMatches {
			q.selective = true
			q.add("c.id = any (%s)", ids)
			return nil
		}
	}
	q.addNot(x.negated, `coalesce((select true from case_tags ct where ct.workspace_id = @ws and ct.case_id = c.id and ct.tag_id = any (%s::bigint[]) limit 1), false)`, tags)
	return nil
}

func (q *query) assignees(x part, known []name) (ids []any, none bool) {
	var names []value
	for _, v := range x.values {
		switch {
		case strings.EqualFold(v.text, "me") && !v.quoted:
			ids = append(ids, int64(q.actor.Member))
		case strings.EqualFold(v.text, "none") && !v.quoted:
			none = true
		default:
			names = append(names, v)
		}
	}
	x.values = names
	return append(ids, q.called(x, known, words.Beginning, "Nobody here is called “%s”. Write me, none, or a colleague's name or address.")...), none
}

// manyContacts is how many contacts are looked up. When more have the words, each case's contact is tested.
const (
	manyContacts = 2000
	fewContacts  = 20 // whose cases are few
)

// queueContacts looks for the contacts that a value names: an address names one, words all that have them.
func (q *query) queueContacts(batch *pgx.Batch, key string, v value, into *[]int64) {
	switch {
	case key != "contact" && key != "email":
		return
	case isAddress(v.text):
		batch.Queue(`select contact_id from contact_emails where workspace_id = $1 and email = $2`, q.actor.Workspace, contact.Normalise(v.text)).Query(collect(into))
	default:
		if text := words.NameQuery(v.text); text != "" {
			batch.Queue(fmt.Sprintf(`select * from find_contacts($1::tsquery, $2, %d)`, manyContacts+1), text, key == "contact").Query(collect(into))
		}
	}
}

func collect(into *[]int64) func(pgx.Rows) error {
	return func(rows pgx.Rows) (err error) {
		*into, err = pgx.CollectRows(rows, pgx.RowTo[int64])
		return err
	}
}

func isAddress(text string) bool {
	local, domain, ok := strings.Cut(text, "@")
	return ok && local != "" && strings.Contains(strings.Trim(domain, "."), ".") && !strings.HasSuffix(domain, ".")
}

// contacts asks for the cases of contacts. An address that nobody has, or a name, is no mistake: nothing matches.
func (q *query) contacts(x part, found [][]int64) {
	var conditions []string
	var ids []int64
	for i, v := range x.values {
		text := words.NameQuery(v.text)
		switch {
		case text == "":
			q.problem(v.span, fmt.Sprintf("“%s” has no letters or digits to search for.", v.text))
		case len(found[i]) > manyContacts:
			conditions = append(conditions, q.bind(contactHas[x.key], text))
		default:
			ids = append(ids, found[i]...)
			conditions = append(conditions, "")
		}
	}
	if len(conditions) == 0 {
		return
	}
	conditions = slices.DeleteFunc(conditions, func(s string) bool { return s == "" })
	switch {
	case len(ids) == 1:
		conditions = append(conditions, q.bind("c.contact_id = %s", ids[0]))
	case len(ids) > 1 || len(conditions) == 0:
		conditions = append(conditions, q.bind("c.contact_id = any (%s)", ids))
	}
	all := anyOf(conditions)
	if x.negated {
		all = "not (" + all + ")"
	}
	q.selective = q.selective || !x.negated && len(ids) <= fewContacts && len(conditions) == 1
	q.always(all)
}

// contactHas tests the contact of a single case.
var contactHas = map[string]string{
	"contact": `exists (select from contacts k where k.workspace_id = @ws and k.id = c.contact_id and (name_words(k.name) @@ %[1]s::tsquery
		or exists (select from contact_emails e where e.workspace_id = @ws and e.contact_id = k.id and name_words(e.email) @@ %[1]s::tsquery)))`,
	"email": `exists (select from contact_emails e where e.workspace_id = @ws and e.contact_id = c.contact_id and name_words(e.email) @@ %s::tsquery)`,
}
