// Package search finds cases by words and by what they are: the language of the search field. Keys lists it.
package search

import (
	"context"

	"github.com/jackc/pgx/v5"

	"caseward/internal/desk/access"
	"caseward/internal/desk/cases"
	"caseward/internal/platform/clock"
	"caseward/internal/platform/db"
	"caseward/internal/platform/words"
)

// Service answers searches.
type Service struct {
	db  *db.DB
	now clock.Clock
}

// NewService returns a Service.
func NewService(d *db.DB, now clock.Clock) *Service { return &Service{d, now} }

// Result is a page of what was found.
type Result struct {
	cases.Page
	Query string // as it was read: Problem.Start and End are places in it
	// Problems say what of the query made no sense; the rest was searched.
	Problems []Problem
	// Sort is by activity or by match. The next pages of a search have to be asked for in the same order.
	Sort cases.Sort
	// Sorts are the orders that make sense: by match only where there are words.
	Sorts []cases.SortKey
	// Capped: there were too many matches to compare them all, so that the best are those of the newest 1,000.
	Capped bool
	// DeletedMatches is how many deleted cases match too, at most cases.CountCap+1; 0 for those who may not see them.
	DeletedMatches int
	// DeletedUnread: there were too many deleted cases to look at them all, so DeletedMatches are those of the newest.
	DeletedUnread bool
	// Hits show where the words stand in the rows of the page.
	Hits map[cases.ID]Hit
}

// Hit is a row with what was found in it.
type Hit struct {
	Subject []words.Piece
	Contact []words.Piece
	Excerpt []words.Piece // of the newest message with most of the words; nil where no message has any
	Kind    string        // of that message: inbound, outbound or note
}

// Cases finds cases. Words must all occur, the last of them as a beginning; see Keys for the rest. Live cases are
// searched unless the query asks for status:spam or, with the right to delete cases, for status:deleted.
//
// The order is in.Sort.By: cases.ByMatch or cases.ByActivity. Any other, which is what nobody chose, is by match where
// words were asked for and so few cases have them that all can be compared, otherwise by activity.
//
// Needs ReadCases. Errors: Forbidden. A bad query is no error: see Result.Problems. What it asks for by a name that
// does not exist is a problem too, so whoever acts on all that match has to refuse a query with problems.
func (s *Service) Cases(ctx context.Context, actor access.Actor, text string, in cases.PageInput) (r Result, err error) {
	if err := actor.Require(access.ReadCases); err != nil {
		return Result{}, err
	}
	text, whole := clean(text)
	q := read(actor, text, s.now())
	if !whole {
		q.problem(span{len(text), len(text)}, "This is too long. Only its first 1,000 characters were read.")
	}
	err = s.db.ReadWorkspace(ctx, int64(actor.Workspace), func(tx pgx.Tx) error {
		r, err = q.runTx(ctx, tx, in)
		return err
	})
	return r, err
}

// runTx answers the query. Without anything that makes sense it finds nothing: every case would be an answer to another
// question.
func (q *query) runTx(ctx context.Context, tx pgx.Tx, in cases.PageInput) (r Result, err error) {
	if err := q.resolveTx(ctx, tx); err != nil {
		return Result{}, err
	}
	r = Result{Query: q.text, Problems: q.sorted(), Sort: cases.Sort{By: cases.ByActivity}, Sorts: []cases.SortKey{cases.ByActivity}}
	if !q.asked {
		return r, nil
	}
	f, err := q.lookUpTx(ctx, tx)
	if err != nil {
		return Result{}, err
	}
	if len(q.tsquery) > 0 {
		r.Sorts = []cases.SortKey{cases.ByMatch, cases.ByActivity}
		if in.Sort.By == cases.ByMatch || in.Sort.By != cases.ByActivity && f.few() {
			r.Sort.By = cases.ByMatch
		}
	}
	in.Sort = r.Sort
	if err := q.pageTx(ctx, tx, &f, in, &r); err != nil {
		return Result{}, err
	}
	if q.scope == live && !q.statusAsked && q.actor.Can(access.RestoreCases) {
		if err := q.countDeletedTx(ctx, tx, f, &r); err != nil {
			return Result{}, err
		}
	}
	r.Hits, err = q.hitsTx(ctx, tx, r.Rows)
	return r, err
}
