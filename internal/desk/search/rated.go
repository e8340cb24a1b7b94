package search

import (
	"context"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"

	"caseward/internal/desk/rating"
)

const noRating = "none"

func ratingValues() []Value {
	var list []Value
	for _, s := range rating.Scores() {
		list = append(list, Value{string(s), ""})
	}
	return append(list, Value{noRating, "Nobody has rated it"})
}

// ratedTx asks for cases that were rated so, be it once, or not at all.
func (q *query) ratedTx(ctx context.Context, tx pgx.Tx, x part) error {
	var scores, wanted []string
	for _, v := range x.values {
		switch name := strings.ToLower(v.text); name {
		case string(rating.Good), string(rating.Bad):
			scores = append(scores, name)
		case noRating:
			wanted = append(wanted, `(select true from ratings g where g.workspace_id = @ws and g.case_id = c.id and g.score is not null limit 1) is null`)
		default:
			q.problem(v.span, fmt.Sprintf("“%s”: choose %s.", v.text, oneOf(ratingValues())))
		}
	}
	if len(scores) > 0 {
		rows, err := tx.Query(ctx, fmt.Sprintf(`select case_id from ratings where workspace_id = $1 and score = any ($2) limit %d`, mostMatches+1),
			q.actor.Workspace, scores)
		if err != nil {
			return err
		}
		ids, err := pgx.CollectRows(rows, pgx.RowTo[int64])
		if err != nil {
			return err
		}
		if len(ids) <= mostMatches {
			wanted = append(wanted, q.bind("c.id = any (%s)", ids))
		} else {
			wanted = append(wanted, q.bind(`(select true from ratings g where g.workspace_id = @ws and g.case_id = c.id and g.score = any (%s) limit 1) is not null`, scores))
		}
	}
	if len(wanted) == 0 {
		return nil
	}
	condition := anyOf(wanted)
	if x.negated {
		condition = "not (" + condition + ")"
	}
	q.always(condition)
	return nil
}
