package search

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"caseward/internal/desk/access"
	"caseward/internal/desk/cases"
)

// PageQuery is the SQL of a page of a search, for the test that reads its plan.
func (s *Service) PageQuery(ctx context.Context, tx pgx.Tx, actor access.Actor, text string, in cases.PageInput) (string, pgx.NamedArgs, error) {
	q := read(actor, text, time.Now())
	q.shares = s.shares
	if err := q.resolveTx(ctx, tx); err != nil {
		return "", nil, err
	}
	f, err := q.lookUpTx(ctx, tx)
	query, args := q.selection(f, in.Sort.By, walkFirst).SQL(actor, in)
	return query, args, err
}

// Guess makes the service believe that each of these words is in so many cases of the workspace.
func (s *Service) Guess(ws access.WorkspaceID, n float64, list ...string) {
	s.shares.read, s.shares.cases, s.shares.words = s.now().Add(time.Hour), n, map[string]float64{cases.Mark(ws): 1}
	for _, w := range list {
		s.shares.words[w] = 1
	}
}

// Common is the share of the cases that have a word, as PostgreSQL knows it.
func (s *Service) Common(ctx context.Context, word string) (float64, error) {
	err := s.shares.loadTx(ctx)
	return s.shares.of(word, false), err
}

// Synonyms are what other programs call keys.
func Synonyms() (list []Key) {
	for name := range synonyms {
		list = append(list, Key{Name: name})
	}
	return list
}
