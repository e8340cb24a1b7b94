package db

import (
	"cmp"
	"context"
	"iter"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// Together runs functions that read within a Snapshot so that what they ask of the database travels together: as many
// round trips as the one that asks most often needs, instead of the sum. They take turns, one at a time: each runs until
// it asks, and goes on with its answer once all have asked. Returns the error of the first, in their order, that has one;
// without a snapshot they run one after another.
func (d *DB) Together(ctx context.Context, reads ...func(ctx context.Context) error) error {
	if s, ok := ctx.Value(snapshotKey{}).(*snapshot); ok {
		return s.together(ctx, reads)
	}
	for _, read := range reads {
		if err := read(ctx); err != nil {
			return err
		}
	}
	return nil
}

func (s *snapshot) together(ctx context.Context, reads []func(ctx context.Context) error) error {
	readers := make([]*reader, len(reads))
	for i, read := range reads {
		readers[i] = s.start(ctx, read)
		defer readers[i].stop() // for a panic: otherwise all have ended
	}
	var first, broken error
	for waiting := round(readers); len(waiting) > 0; {
		all := &pgx.Batch{}
		for _, r := range waiting {
			all.QueuedQueries = append(all.QueuedQueries, r.asked.QueuedQueries...)
		}
		results := s.tx.SendBatch(ctx, all)
		for _, r := range waiting {
			r.answer = &answer{results: results, left: r.asked.QueuedQueries}
		}
		waiting = round(waiting)
		broken = cmp.Or(broken, results.Close())
	}
	for _, r := range readers {
		s.after = append(s.after, r.own.after...)
		first = cmp.Or(first, r.err)
	}
	return cmp.Or(first, broken)
}

// round lets each run until it asks or ends, and returns those that have asked.
func round(readers []*reader) (waiting []*reader) {
	for _, r := range readers {
		asked, more := r.next()
		r.answer.finish()
		if r.asked = asked; more {
			waiting = append(waiting, r)
		}
	}
	return waiting
}

// reader is one of the functions that run together.
type reader struct {
	pgx.Tx // what it does besides asking would be done at once; nobody does

	next   func() (asked *pgx.Batch, more bool) // runs it until it asks
	stop   func()
	yield  func(*pgx.Batch) bool
	own    *snapshot // as it sees it
	asked  *pgx.Batch
	answer *answer // to what it asked last
	err    error
}

func (s *snapshot) start(ctx context.Context, read func(ctx context.Context) error) *reader {
	r := &reader{Tx: s.tx}
	r.own = &snapshot{workspace: s.workspace, tx: r}
	r.next, r.stop = iter.Pull(func(yield func(*pgx.Batch) bool) {
		r.yield = yield
		r.err = read(context.WithValue(ctx, snapshotKey{}, r.own))
	})
	return r
}

// SendBatch asks, and returns when the answer is there.
func (r *reader) SendBatch(ctx context.Context, b *pgx.Batch) pgx.BatchResults {
	if !r.yield(b) {
		return r.Tx.SendBatch(ctx, b) // stopped: whatever comes of it, nobody wants to know
	}
	return r.answer
}

// Query asks with a single statement.
func (r *reader) Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error) {
	return r.SendBatch(ctx, one(sql, args)).Query()
}

// QueryRow asks for a single row.
func (r *reader) QueryRow(ctx context.Context, sql string, args ...any) pgx.Row {
	return r.SendBatch(ctx, one(sql, args)).QueryRow()
}

// Exec asks with a statement that returns nothing.
func (r *reader) Exec(ctx context.Context, sql string, args ...any) (pgconn.CommandTag, error) {
	return r.SendBatch(ctx, one(sql, args)).Exec()
}

func one(sql string, args []any) *pgx.Batch {
	b := &pgx.Batch{}
	b.Queue(sql, args...)
	return b
}

// answer is a reader's part of the results of a round.
type answer struct {
	results pgx.BatchResults
	left    []*pgx.QueuedQuery // not read yet
	rows    pgx.Rows           // given out last
	err     error
}

// Query reads the next result.
func (a *answer) Query() (pgx.Rows, error) {
	a.left = a.left[1:]
	rows, err := a.results.Query()
	a.rows = rows
	return rows, err
}

// QueryRow reads the next result, of one row.
func (a *answer) QueryRow() pgx.Row {
	a.left = a.left[1:]
	return a.results.QueryRow()
}

// Exec passes over the next result.
func (a *answer) Exec() (pgconn.CommandTag, error) {
	a.left = a.left[1:]
	return a.results.Exec()
}

// Close hands what is left to the functions that wait for it.
func (a *answer) Close() error {
	for len(a.left) > 0 && a.err == nil {
		if fn := a.left[0].Fn; fn != nil {
			a.err = fn(a)
		} else {
			_, a.err = a.Exec()
		}
	}
	return a.err
}

// Tx is nil: the transaction had begun.
func (a *answer) Tx() pgx.Tx { return nil }

// finish passes over what the reader has left unread, so that the next one finds its own.
func (a *answer) finish() {
	if a == nil {
		return
	}
	if a.rows != nil {
		a.rows.Close()
	}
	for len(a.left) > 0 {
		_, _ = a.Exec() // an error is the next one's as well, and that of the whole
	}
}
