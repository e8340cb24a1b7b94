// Package search finds cases by words and by what they are: the language of the search field.
package search

import (
	"context"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"

	"caseward/internal/desk/access"
	"caseward/internal/desk/cases"
	"caseward/internal/platform/db"
)

// Service answers searches.
type Service struct{ db *db.DB }

// NewService returns a Service.
func NewService(d *db.DB) *Service { return &Service{d} }

// Result is a page of what was found.
type Result struct {
	cases.Page
	// Problems say what of the query made no sense; the rest was searched.
	Problems []string
	// DeletedMatches is how many deleted cases match too, at most cases.CountCap+1; 0 for those who may not see them.
	DeletedMatches int
}

// maxQuery bounds what is read of a query, in bytes.
const maxQuery = 1000

// Cases finds cases, the newest activity first. Words must all occur, the last of them as a beginning; see keys
// for the rest. Live cases are searched unless the query asks for status:spam or, with the right to delete cases,
// for status:deleted.
//
// Needs ReadCases. Errors: Forbidden. A bad query is no error: see Result.Problems.
func (s *Service) Cases(ctx context.Context, actor access.Actor, text string, in cases.PageInput) (r Result, err error) {
	if err := actor.Require(access.ReadCases); err != nil {
		return Result{}, err
	}
	if len(text) > maxQuery {
		text = text[:maxQuery]
	}
	q := read(actor, strings.ReplaceAll(strings.ToValidUTF8(text, ""), "\x00", ""))
	err = s.db.ReadWorkspace(ctx, int64(actor.Workspace), func(tx pgx.Tx) error {
		if r.Page, err = q.pageTx(ctx, tx, in); err != nil {
			return err
		}
		if q.scope == live && len(q.statuses) == 0 && len(q.conditions) > 0 && actor.Can(access.DeleteCases) {
			r.DeletedMatches, err = q.countDeletedTx(ctx, tx)
		}
		return err
	})
	r.Problems = q.problems
	return r, err
}

// pageTx reads the ids of a page first and the details of only those rows after.
func (q *query) pageTx(ctx context.Context, tx pgx.Tx, in cases.PageInput) (cases.Page, error) {
	size := in.Size
	if size == 0 {
		size = 25
	}
	compare, direction, from := "<", "desc", in.After
	if in.Before != nil {
		compare, direction, from = ">", "asc", in.Before
	}
	place := ""
	q.args["size"] = size + 1
	if from != nil {
		place = fmt.Sprintf("and (c.last_activity_at, c.id) %s (@at, @id)", compare)
		q.args["at"], q.args["id"] = from.At, from.ID
	}
	rows, err := tx.Query(ctx, fmt.Sprintf(`select c.id %s %s order by c.last_activity_at %s, c.id %[3]s limit @size`,
		q.where(q.scope), place, direction), q.args)
	if err != nil {
		return cases.Page{}, err
	}
	ids, err := pgx.CollectRows(rows, pgx.RowTo[cases.ID])
	if err != nil || len(ids) == 0 {
		return cases.Page{}, err
	}
	found, err := cases.SummariesTx(ctx, tx, q.actor.Workspace, ids)
	return cases.PageOf(found, size, in), err
}

func (q *query) countDeletedTx(ctx context.Context, tx pgx.Tx) (n int, err error) {
	q.args["cap"] = cases.CountCap + 1
	err = tx.QueryRow(ctx, `select count(*) from (select `+q.where(deleted)+` limit @cap) x`, q.args).Scan(&n)
	return n, err
}

// where is the query from its "from" on, over the cases of a scope.
func (q *query) where(s scope) string {
	table, restricted := s.from()
	return fmt.Sprintf("from %s join case_search s on s.workspace_id = @ws and s.case_id = c.id where %s",
		table, strings.Join(append([]string{"c.workspace_id = @ws", restricted}, q.conditions...), " and "))
}
