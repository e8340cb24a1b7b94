package search

import (
	"context"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"

	"caseward/internal/desk/access"
	"caseward/internal/desk/cases"
	"caseward/internal/platform/clock"
	"caseward/internal/platform/db"
	"caseward/internal/platform/words"
)

// shares are PostgreSQL's statistics of the words that many cases have. They tell, before the index is asked, whether so
// many cases have the words of a search that looking all of them up would take long.
type shares struct {
	db  *db.DB
	now clock.Clock

	mu    sync.Mutex
	read  time.Time
	cases float64            // of all workspaces
	words map[string]float64 // the share of the cases that have a word; of words that are not in it, few have it
}

const sharesAge = 10 * time.Minute

// guess is about how many cases of a workspace have all of the terms.
func (s *shares) guess(ctx context.Context, ws access.WorkspaceID, terms []words.Term) float64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.read.IsZero() || s.now().Sub(s.read) > sharesAge {
		s.read = s.now()
		// Without statistics every word seems rare, and looking it up takes longer where it is not: no reason to fail.
		_ = s.loadTx(ctx)
	}
	n := s.cases * s.words[cases.Mark(ws)]
	for _, t := range terms {
		n *= t.Share(s.of)
	}
	return n
}

func (s *shares) of(form string, prefix bool) (share float64) {
	if !prefix {
		return s.words[form]
	}
	for word, its := range s.words {
		if strings.HasPrefix(word, form) {
			share += its
		}
	}
	return min(share, 1)
}

func (s *shares) loadTx(ctx context.Context) error {
	return s.db.AsSystem(ctx, "statistics of words", func(tx pgx.Tx) error {
		found := map[string]float64{}
		var rows float64
		batch := &pgx.Batch{}
		batch.Queue(`select reltuples from pg_class where oid = 'case_search'::regclass`).QueryRow(func(row pgx.Row) error { return row.Scan(&rows) })
		// The arrays are as long as each other but for the last figures, which say something else.
		batch.Queue(`select w, f from pg_stats, unnest(most_common_elems::text::text[], most_common_elem_freqs) x(w, f)
			where schemaname = current_schema() and tablename = 'case_search' and attname = 'document' and w is not null`).
			Query(func(list pgx.Rows) error {
				var word string
				var share float64
				_, err := pgx.ForEachRow(list, []any{&word, &share}, func() error {
					found[word] = share
					return nil
				})
				return err
			})
		if err := tx.SendBatch(ctx, batch).Close(); err != nil {
			return err
		}
		s.cases, s.words = rows, found
		return nil
	})
}
