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
	q := read(actor, clean(text))
	r.Problems = q.problems
	if !q.asked {
		return r, nil // every case would be an answer to another question
	}
	err = s.db.ReadWorkspace(ctx, int64(actor.Workspace), func(tx pgx.Tx) error {
		if err := q.lookUpTx(ctx, tx); err != nil {
			return err
		}
		if r.Page, err = q.pageTx(ctx, tx, in); err != nil {
			return err
		}
		if q.scope == live && len(q.statuses) == 0 && actor.Can(access.RestoreCases) {
			r.DeletedMatches, err = q.countDeletedTx(ctx, tx)
		}
		return err
	})
	return r, err
}

// clean makes text that can be read of what somebody typed.
func clean(text string) string {
	if len(text) > maxQuery {
		text = text[:maxQuery]
	}
	return strings.TrimSpace(strings.ReplaceAll(strings.ToValidUTF8(text, ""), "\x00", ""))
}

// mostMatches is how many cases with the words are looked up. When more have them, a page of the newest is found sooner
// by walking the list and testing each case.
const mostMatches = 2000

// lookUpTx makes a condition of the words. How many cases have them decides which.
func (q *query) lookUpTx(ctx context.Context, tx pgx.Tx) error {
	if len(q.texts) == 0 {
		return nil
	}
	words := "(" + strings.Join(q.texts, " && ") + ")"
	rows, err := tx.Query(ctx, fmt.Sprintf(`select id from find_cases(%s, %d) as f(id)`, words, mostMatches+1), q.args)
	if err != nil {
		return err
	}
	ids, err := pgx.CollectRows(rows, pgx.RowTo[cases.ID])
	if err != nil {
		return err
	}
	matches := has(words)
	if len(ids) <= mostMatches {
		matches = q.bind("c.id = any (%s)", ids)
	}
	if q.orNumber != nil {
		matches = "(" + matches + " or " + q.bind("c.number = %s", *q.orNumber) + ")"
	}
	q.conditions = append(q.conditions, matches)
	return nil
}

// pageTx reads the ids of a page first and the details of only those rows after.
func (q *query) pageTx(ctx context.Context, tx pgx.Tx, in cases.PageInput) (cases.Page, error) {
	if in.Size == 0 {
		in.Size = 25
	}
	rows, err := tx.Query(ctx, q.pageSQL(in), q.args)
	if err != nil {
		return cases.Page{}, err
	}
	ids, err := pgx.CollectRows(rows, pgx.RowTo[cases.ID])
	if err != nil || len(ids) == 0 {
		return cases.Page{}, err
	}
	found, err := cases.SummariesTx(ctx, tx, q.actor, ids)
	return cases.PageOf(found, in.Size, in), err
}

// pageSQL reads the ids of a page and one more. The limit stands in the text: PostgreSQL walks an index in order only
// where it knows that few rows are wanted.
func (q *query) pageSQL(in cases.PageInput) string {
	compare, direction, from := "<", "desc", in.After
	if in.Before != nil {
		compare, direction, from = ">", "asc", in.Before
	}
	place := ""
	if from != nil {
		place = fmt.Sprintf("and (c.last_activity_at, c.id) %s (@at, @id)", compare)
		q.args["at"], q.args["id"] = from.At, from.ID
	}
	return fmt.Sprintf(`select c.id %s %s order by c.last_activity_at %s, c.id %[3]s limit %[4]d`,
		q.where(q.scope), place, direction, in.Size+1)
}

func (q *query) countDeletedTx(ctx context.Context, tx pgx.Tx) (n int, err error) {
	err = tx.QueryRow(ctx, fmt.Sprintf(`select count(*) from (select %s limit %d) x`, q.where(deleted), cases.CountCap+1), q.args).Scan(&n)
	return n, err
}

// where is the query from its "from" on, over the cases of a scope.
func (q *query) where(s scope) string {
	table, restricted := s.from()
	return fmt.Sprintf("from %s where %s", table, strings.Join(append([]string{"c.workspace_id = @ws", restricted}, q.conditions...), " and "))
}
