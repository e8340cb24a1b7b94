package cases

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"caseward/internal/desk/access"
	"caseward/internal/platform/keyset"
)

// PageInput asks for the page after or before a cursor; neither is the first page.
type PageInput struct {
	After, Before *Cursor
	Size          int // 25 when 0
	Sort          Sort
}

// Page is one page of a list, in its order.
type Page struct {
	Rows         []Summary
	Older, Newer *Cursor // what follows and what precedes: pass as After or Before; nil at the end of the list
}

const pageSize = 25

// Selection is where the cases of a list come from, in SQL. Every list of cases is read by one, page by page by key: the
// built-in filters and the searches.
type Selection struct {
	From  string        // with the columns id and last_activity_at, and those that the order compares, such as rank for ByMatch
	Where string        // says the workspace, as @ws
	Test  string        // what is asked of each case besides, where no index helps; "" when nothing is
	Among int           // Test is made of at most so many cases, the first ones of the page; 0: of as many as it takes
	Args  pgx.NamedArgs // besides @ws, @member, @at, @id and @rank

	time string // the column of the list's own order; last_activity_at when ""
}

// keys reads the places of a page and of one row more. The limit stands in the text: PostgreSQL walks an index in order only
// where it knows that few rows are wanted, and as a parameter it would keep it from using its plan again.
func (s Selection) keys(actor access.Actor, by SortKey, from *Cursor, asc bool, size int) (string, pgx.NamedArgs) {
	args := pgx.NamedArgs{"ws": actor.Workspace, "member": actor.Member}
	maps.Copy(args, s.Args)
	o := orderOf(by, cmp.Or(s.time, "last_activity_at"))
	place, inOrder := o.place(from, asc, args), o.by("", asc)
	table, where := s.From, s.Where+" "+place
	switch {
	case s.Among > 0:
		columns := slices.Compact(slices.Sorted(slices.Values(append([]string{"id", "number", o.at}, o.columns...))))
		table = fmt.Sprintf(`(select %s from %s where %s order by %s limit %d) c`, strings.Join(columns, ", "), table, where, inOrder, s.Among)
		where = s.Test
	case s.Test != "":
		where += " and " + s.Test
	}
	return fmt.Sprintf(`select id, %s as sort_at, %s::bigint as sort_rank from %s where %s order by %s limit %d`,
		o.at, o.rank, table, where, inOrder, size), args
}

// SQL is the query of a page and one row more: the places come from one index of the list where there is one, and the
// details of only those rows are read after.
func (s Selection) SQL(actor access.Actor, in PageInput) (string, pgx.NamedArgs) {
	from, asc := in.After, in.Sort.Asc
	if in.Before != nil {
		from, asc = in.Before, !asc
	}
	keys, args := s.keys(actor, in.Sort.By, from, asc, cmp.Or(in.Size, pageSize)+1)
	direction := "desc"
	if in.Sort.Asc {
		direction = "asc"
	}
	return fmt.Sprintf(`with ids as materialized (%s) %s order by ids.sort_rank %[3]s, ids.sort_at %[3]s, ids.id %[3]s`,
		keys, details, direction), args
}

// PageTx reads a page of a selection. Which cases the actor may see is the selection's to say.
func PageTx(ctx context.Context, tx pgx.Tx, actor access.Actor, s Selection, in PageInput) (page Page, err error) {
	query, args := s.SQL(actor, in)
	rows, err := tx.Query(ctx, query, args)
	if err != nil {
		return Page{}, err
	}
	return page, readPage(rows, in, &page)
}

// QueuePage is PageTx among other queries.
func QueuePage(batch *pgx.Batch, actor access.Actor, s Selection, in PageInput, into *Page) {
	query, args := s.SQL(actor, in)
	batch.Queue(query, args).Query(func(rows pgx.Rows) error { return readPage(rows, in, into) })
}

func readPage(rows pgx.Rows, in PageInput, into *Page) error {
	found, err := pgx.CollectRows(rows, pgx.RowToStructByName[Summary])
	if err == nil {
		*into = pageOf(found, in)
	}
	return err
}

// PlacesTx walks a selection: the next size places in it after a place, without the details.
func PlacesTx(ctx context.Context, tx pgx.Tx, actor access.Actor, s Selection, after *Cursor, size int) ([]Cursor, error) {
	keys, args := s.keys(actor, ByActivity, after, false, size)
	rows, err := tx.Query(ctx, keys, args)
	if err != nil {
		return nil, err
	}
	var places []Cursor
	var c Cursor
	_, err = pgx.ForEachRow(rows, []any{&c.ID, &c.At, &c.Rank}, func() error {
		places = append(places, c)
		return nil
	})
	return places, err
}

// pageOf makes a page of up to a size and one rows, in the list's order, that were read for in.
func pageOf(found []Summary, in PageInput) Page {
	rows, older, newer := keyset.Cut(found, cmp.Or(in.Size, pageSize), in.After != nil, in.Before != nil)
	page := Page{Rows: rows}
	if older {
		page.Older = rows[len(rows)-1].Cursor()
	}
	if newer {
		page.Newer = rows[0].Cursor()
	}
	return page
}
