package search

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"caseward/internal/desk/cases"
	"caseward/internal/desk/hold"
)

// heldKey stands for is:held, which needs the database.
const heldKey = "is:held"

// heldTx asks for cases that a legal hold keeps. Those are few, and looked up; of more than are, each case is tested.
func (q *query) heldTx(ctx context.Context, tx pgx.Tx, x part) error {
	rows, err := tx.Query(ctx, fmt.Sprintf(`select id from (%s) kept limit %d`, hold.Kept("$1"), mostMatches+1), q.actor.Workspace)
	if err != nil {
		return err
	}
	ids, err := pgx.CollectRows(rows, pgx.RowTo[int64])
	switch {
	case err != nil:
		return err
	case len(ids) > mostMatches:
		q.heldAsked = q.heldAsked || !x.negated
		q.always(map[bool]string{true: "not "}[x.negated] + hold.Keeps("c"))
		return nil
	}
	q.selective, q.heldAsked = q.selective || !x.negated, q.heldAsked || !x.negated
	q.addNot(x.negated, "c.id = any (%s)", ids)
	return nil
}

// Spam says how many cases in spam match too.
type Spam struct {
	Count     int
	More      bool // at least: the rest was not counted
	Uncounted bool // there may be some: too many are kept to look for them
}

// queueSpam counts the cases in spam that a legal hold keeps and that match: whoever looks through what is kept means them as well.
func (q *query) queueSpam(batch *pgx.Batch, f found, into *Spam) {
	if !q.selective {
		into.Uncounted = true
		return
	}
	table, where := q.where(spam, f)
	if f.many {
		where += " and " + f.test
	}
	batch.Queue(fmt.Sprintf(`select count(*) from (select from %s where %s limit %d) x`, table, where, cases.CountCap+1), q.args).
		QueryRow(func(row pgx.Row) error {
			err := row.Scan(&into.Count)
			into.More, into.Count = into.Count > cases.CountCap, min(into.Count, cases.CountCap)
			return err
		})
}
