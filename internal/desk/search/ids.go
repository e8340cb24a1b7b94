package search

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"caseward/internal/desk/access"
	"caseward/internal/desk/cases"
)

// IDsTx walks all that a search matches, the newest activity first: the next size places after a place, without the
// details. It is for jobs, which have asked for the permission of what they do; what the actor may not see is left out.
func (s *Service) IDsTx(ctx context.Context, tx pgx.Tx, actor access.Actor, text string, after *cases.Cursor, size int) ([]cases.Cursor, error) {
	q := read(actor, clean(text))
	if !q.asked {
		return nil, nil
	}
	if err := q.lookUpTx(ctx, tx); err != nil {
		return nil, err
	}
	place := ""
	if after != nil {
		place = "and (c.last_activity_at, c.id) < (@at, @id)"
		q.args["at"], q.args["id"] = after.At, after.ID
	}
	rows, err := tx.Query(ctx, fmt.Sprintf(`select c.last_activity_at as at, c.id, 0::bigint as rank %s %s
		order by c.last_activity_at desc, c.id desc limit %d`, q.where(q.scope), place, size), q.args)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByName[cases.Cursor])
}
