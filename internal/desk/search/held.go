package search

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

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
		q.always(map[bool]string{true: "not "}[x.negated] + hold.Keeps("c"))
		return nil
	}
	q.selective = q.selective || !x.negated
	q.addNot(x.negated, "c.id = any (%s)", ids)
	return nil
}
