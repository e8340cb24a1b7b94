package search

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"caseward/internal/desk/access"
	"caseward/internal/desk/cases"
	"caseward/internal/platform/words"
)

const (
	// mostMatches is how many cases with the words are looked up. When more have them, a page of the newest is found sooner
	// by walking the list and testing each case.
	mostMatches = 2000
	// patience is when PostgreSQL's guess at the number is believed, so that it is not even tried to look them up.
	patience = 2 * mostMatches
	// walkFirst is how many cases are tested while there is only the guess. Words that many have fill a page of them soon.
	walkFirst = 3000
	// rankMost bounds what is compared for the best match: the words of each have to be read, which takes some ten
	// microseconds. The newest are compared, since those are what most people look for.
	rankMost = 1000
	// walkToRank is how many cases are tested to find so many.
	walkToRank = 20_000
)

// found says which cases have the words.
type found struct {
	ids     []cases.ID // unless there are many
	many    bool
	guessed bool   // that there are many
	test    string // of a single case; "" without words
}

// few reports whether all that have the words can be compared.
func (f found) few() bool { return !f.many && len(f.ids) <= rankMost }

// lookUpTx looks for the words in the index.
func (q *query) lookUpTx(ctx context.Context, tx pgx.Tx) (f found, err error) {
	if len(q.tsquery) == 0 {
		return found{}, nil
	}
	q.args["words"] = strings.Join(q.tsquery, " & ")
	f.test = hasWords("@words::tsquery")
	if q.orNumber != nil {
		if f, err = q.numberTx(ctx, tx, f); err != nil {
			return found{}, err
		}
	}
	if q.shares != nil && q.shares.guess(ctx, q.actor.Workspace, slices.Concat(q.terms, q.subjects)) > patience {
		f.many, f.guessed = true, true
		return f, nil
	}
	return f, q.findTx(ctx, tx, q.findSQL(), &f)
}

// numberTx adds the case of a number that was typed alone.
func (q *query) numberTx(ctx context.Context, tx pgx.Tx, f found) (found, error) {
	f.test = "(" + f.test + " or " + q.bind("c.number = %s", *q.orNumber) + ")"
	rows, err := tx.Query(ctx, `select id from cases where workspace_id = $1 and number = $2`, q.actor.Workspace, *q.orNumber)
	if err != nil {
		return f, err
	}
	f.ids, err = pgx.CollectRows(rows, pgx.RowTo[cases.ID])
	return f, err
}

// findTx adds what a query of the index returns. A null says that there are too many.
func (q *query) findTx(ctx context.Context, tx pgx.Tx, query string, f *found) error {
	rows, err := tx.Query(ctx, query, q.args)
	if err != nil {
		return err
	}
	list, err := pgx.CollectRows(rows, pgx.RowTo[*cases.ID])
	f.guessed = len(list) == 1 && list[0] == nil
	if f.many = f.guessed || len(list) > mostMatches; f.many {
		return err
	}
	for _, id := range list {
		f.ids = append(f.ids, *id)
	}
	return err
}

// findSQL asks the index. Where this process has no statistics, PostgreSQL guesses, and returns a null for too many.
func (q *query) findSQL() string {
	if q.shares == nil {
		return fmt.Sprintf(`select * from find_rare(@words::tsquery, %d, %d)`, mostMatches+1, patience)
	}
	// With the word of the workspace the index passes over what other workspaces have; documents that are still to be made
	// anew lack it.
	q.args["mark"] = "'" + cases.Mark(q.actor.Workspace) + "'"
	return fmt.Sprintf(`select * from find_cases(case when exists (select from case_search where version < %d) then @words::tsquery
		else @mark::tsquery && @words::tsquery end, %d)`, words.Version, mostMatches+1)
}

// countTx finds out whether a guess was right.
func (q *query) countTx(ctx context.Context, tx pgx.Tx, f *found) error {
	return q.findTx(ctx, tx, fmt.Sprintf(`select * from find_rare(@words::tsquery, %d, 2147483647)`, mostMatches+1), f)
}

// where is what restricts the cases of a scope, besides the words where many have them.
func (q *query) where(s scope, f found) (table, where string) {
	table, restricted := s.from()
	list := append([]string{"c.workspace_id = @ws", restricted}, q.conditions...)
	if f.test != "" && !f.many {
		q.args["ids"] = f.ids
		list = append(list, "c.id = any (@ids)")
	}
	return table, strings.Join(list, " and ")
}

// selection is what matches, in an order.
func (q *query) selection(f found, by cases.SortKey, among int) cases.Selection {
	if by == cases.ByMatch {
		return q.best(f)
	}
	return q.newest(f, among)
}

// newest selects what matches, the newest activity first; among 0 is however many have to be tested.
func (q *query) newest(f found, among int) cases.Selection {
	table, where := q.where(q.scope, f)
	s := cases.Selection{From: table, Where: where, Args: q.args}
	if f.many {
		s.Test, s.Among = f.test, among
	}
	return s
}

// best selects the newest of what matches, the best match first. The case of a number that was typed alone comes first.
func (q *query) best(f found) cases.Selection {
	table, where := q.where(q.scope, f)
	near := fmt.Sprintf(`select c.id, c.number, c.last_activity_at from %s where %s order by c.last_activity_at desc, c.id desc`, table, where)
	if f.many {
		near = fmt.Sprintf(`select c.id, c.number, c.last_activity_at from (%s limit %d) c where %s order by c.last_activity_at desc, c.id desc`, near, walkToRank, f.test)
	}
	bonus := "0"
	if q.orNumber != nil {
		bonus = q.bind("case when c.number = %s then 1000000000000 else 0 end", *q.orNumber)
	}
	return cases.Selection{
		From: fmt.Sprintf(`(select c.id, c.last_activity_at,
				coalesce((ts_rank('{0.1, 0.2, 0.5, 1}', s.document, @words::tsquery, 1) * 10000000)::bigint, 0) + %s as rank
			from (%s limit %d) c left join case_search s on s.workspace_id = @ws and s.case_id = c.id offset 0) c`, bonus, near, rankMost),
		Where: "true", Args: q.args,
	}
}

// pageTx reads the page in the order that was chosen.
func (q *query) pageTx(ctx context.Context, tx pgx.Tx, f *found, in cases.PageInput, r *Result) (err error) {
	r.Page, err = cases.PageTx(ctx, tx, q.actor, q.selection(*f, in.Sort.By, walkFirst), in)
	if err == nil && f.many && !goesOn(r.Page, in) {
		// There may be more than were tested: only now it pays to find out how many have the words.
		if f.guessed {
			if err := q.countTx(ctx, tx, f); err != nil {
				return err
			}
		}
		r.Page, err = cases.PageTx(ctx, tx, q.actor, q.selection(*f, in.Sort.By, 0), in)
	}
	return err
}

// goesOn reports whether there is another page in the direction of reading.
func goesOn(p cases.Page, in cases.PageInput) bool {
	if in.Before != nil {
		return p.Newer != nil
	}
	return p.Older != nil
}

// IDsTx walks all that a search matches, the newest activity first: the next size places after a place, without the
// details. It is for jobs, which have asked for the permission of what they do; what the actor may not see is left out.
// A query with problems matches nothing: leaving out what makes no sense would mean more cases than somebody saw.
func (s *Service) IDsTx(ctx context.Context, tx pgx.Tx, actor access.Actor, text string, after *cases.Cursor, size int) ([]cases.Cursor, error) {
	text, whole := clean(text)
	q := read(actor, text, s.now())
	q.shares = s.shares
	if err := q.resolveTx(ctx, tx); err != nil || !q.asked || len(q.problems) > 0 || !whole {
		return nil, err
	}
	f, err := q.lookUpTx(ctx, tx)
	if err == nil && f.guessed {
		err = q.countTx(ctx, tx, &f)
	}
	if err != nil {
		return nil, err
	}
	return cases.PlacesTx(ctx, tx, actor, q.newest(f, 0), after, size)
}
