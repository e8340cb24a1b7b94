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
	db     *db.DB
	now    clock.Clock
	shares *shares
}

// NewService returns a Service.
func NewService(d *db.DB, now clock.Clock) *Service {
	return &Service{d, now, &shares{db: d, now: now}}
}

// Result is a page of what was found.
type Result struct {
	cases.Page
	Query string // as it was read: Problem.Start and End are places in it
	// Problems say what of the query made no sense; the rest was searched.
	Problems []Problem
	// Nothing of the query made sense, so that nothing was searched.
	Nothing bool
	// Notes say what whoever asked may not know of the query; nothing was left out.
	Notes []Problem
	// Sort is by activity or by match. The next pages of a search have to be asked for in the same order.
	Sort cases.Sort
	// Sorts are the orders that make sense: by match only where there are words.
	Sorts []cases.SortKey
	// Capped: there were too many matches to compare them all, so that the best are those of the newest 1,000.
	Capped bool
	// Deleted are the deleted cases that match too; none for those who may not see them, and where statuses were asked for.
	Deleted Deleted
	// Spam are the cases in spam that match too; only counted where what is kept by a legal hold was asked for, wherever it is.
	Spam Spam
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
	q.shares = s.shares
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
	r = Result{Query: q.text, Problems: q.sorted(), Notes: q.notes, Sort: cases.Sort{By: cases.ByActivity}, Sorts: []cases.SortKey{cases.ByActivity}}
	if r.Nothing = !q.asked; r.Nothing {
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
	return r, q.showTx(ctx, tx, f, in, &r)
}

// showTx reads the page and what is told beside it. Where only few cases can be on the page all is asked for at once.
func (q *query) showTx(ctx context.Context, tx pgx.Tx, f found, in cases.PageInput, r *Result) error {
	r.Capped = in.Sort.By == cases.ByMatch && !f.few()
	h, batch, ids := q.newHits(), &pgx.Batch{}, f.ids
	if f.test != "" && !f.many && len(f.ids) <= fewCases {
		cases.QueuePage(batch, q.actor, q.selection(f, in.Sort.By, 0), in, &r.Page)
	} else {
		if err := q.pageTx(ctx, tx, &f, in, r); err != nil {
			return err
		}
		ids = idsOf(r.Rows)
	}
	if q.scope == live && !q.statusAsked && q.actor.Can(access.RestoreCases) {
		q.queueDeleted(batch, f, &r.Deleted)
	}
	if q.scope == live && !q.statusAsked && q.heldAsked {
		q.queueSpam(batch, f, &r.Spam)
	}
	h.queue(batch, ids)
	if batch.Len() > 0 {
		if err := tx.SendBatch(ctx, batch).Close(); err != nil { // only now is r complete
			return err
		}
	}
	if err := h.olderTx(ctx, tx, r.Rows); err != nil {
		return err
	}
	r.Hits = h.in(r.Rows)
	return nil
}

// fewCases is about a page.
const fewCases = 30

func idsOf(rows []cases.Summary) []cases.ID {
	ids := make([]cases.ID, len(rows))
	for i, row := range rows {
		ids[i] = row.ID
	}
	return ids
}
