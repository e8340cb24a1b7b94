package db_test

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/jackc/pgx/v5"

	"caseward/internal/platform/db"
	"caseward/internal/platform/errs"
	"caseward/internal/testkit/fixture"
	"caseward/internal/testkit/testdb"
)

// together is several readers in one snapshot, and the order in which they got on.
type together struct {
	t     *testing.T
	d     *db.DB
	ws    int64
	steps []string
}

func newTogether(t *testing.T) *together {
	t.Helper()
	d := testdb.New(t)
	return &together{t: t, d: d, ws: fixture.Workspace(t, d).ID()}
}

func (s *together) run(reads ...func(ctx context.Context) error) error {
	return s.d.Snapshot(s.t.Context(), s.ws, func(ctx context.Context) error { return s.d.Together(ctx, reads...) })
}

// asks returns a reader that asks the numbers one after another, each as what it is called.
func (s *together) asks(name string, numbers ...int) func(ctx context.Context) error {
	return func(ctx context.Context) error {
		return s.d.ReadWorkspace(ctx, s.ws, func(tx pgx.Tx) error {
			for _, n := range numbers {
				s.steps = append(s.steps, fmt.Sprintf("%s asks %d", name, n))
				var got int
				if err := tx.QueryRow(ctx, `select $1::int`, n).Scan(&got); err != nil {
					return err
				}
				s.steps = append(s.steps, fmt.Sprintf("%s got %d", name, got))
			}
			return nil
		})
	}
}

func TestTogetherAsksInRounds(t *testing.T) {
	t.Parallel()
	s := newTogether(t)
	if err := s.run(s.asks("a", 1, 2), s.asks("b", 3), s.asks("c", 4, 5)); err != nil {
		t.Fatal(err)
	}
	want := []string{"a asks 1", "b asks 3", "c asks 4", "a got 1", "a asks 2", "b got 3", "c got 4", "c asks 5", "a got 2", "c got 5"}
	if !slices.Equal(s.steps, want) {
		t.Errorf("it went\n%q, want\n%q", s.steps, want)
	}
}

// TestTogetherGivesEachItsOwn: whatever way a reader asks, and whether it reads all of its answer or not.
func TestTogetherGivesEachItsOwn(t *testing.T) {
	t.Parallel()
	s := newTogether(t)
	var list []int
	var first, second, after int
	err := s.run(
		func(ctx context.Context) error { // of a batch, one is read by hand and the rest left
			return s.d.ReadWorkspace(ctx, s.ws, func(tx pgx.Tx) error {
				b := &pgx.Batch{}
				b.Queue(`select 1`)
				b.Queue(`select 2`)
				return tx.SendBatch(ctx, b).QueryRow().Scan(&first)
			})
		},
		func(ctx context.Context) error { // rows that are not read to their end
			return s.d.ReadWorkspace(ctx, s.ws, func(tx pgx.Tx) error {
				rows, err := tx.Query(ctx, `select generate_series(10, 20)`)
				if err == nil && rows.Next() {
					err = rows.Scan(&second)
				}
				return err
			})
		},
		func(ctx context.Context) error { // a batch whose functions wait
			return s.d.ReadWorkspace(ctx, s.ws, func(tx pgx.Tx) error {
				b := &pgx.Batch{}
				b.Queue(`select generate_series(1, 3)`).Query(func(rows pgx.Rows) (err error) {
					list, err = pgx.CollectRows(rows, pgx.RowTo[int])
					return err
				})
				b.Queue(`select 7`)
				return tx.SendBatch(ctx, b).Close()
			})
		},
		func(ctx context.Context) error { // readers of its own
			return s.d.Together(ctx, s.asks("inner", 30), s.asks("inner", 31))
		},
		func(ctx context.Context) error {
			return s.d.ReadWorkspace(ctx, s.ws, func(tx pgx.Tx) error {
				if _, err := tx.Exec(ctx, `select 1`); err != nil {
					return err
				}
				return tx.QueryRow(ctx, `select 99`).Scan(&after)
			})
		},
	)
	if err != nil {
		t.Fatal(err)
	}
	if first != 1 || second != 10 || !slices.Equal(list, []int{1, 2, 3}) || after != 99 {
		t.Errorf("got %d, %d, %v and %d", first, second, list, after)
	}
	if want := []string{"inner asks 30", "inner asks 31", "inner got 30", "inner got 31"}; !slices.Equal(s.steps, want) {
		t.Errorf("the inner ones went %q", s.steps)
	}
}

func TestTogetherReturnsTheFirstError(t *testing.T) {
	t.Parallel()
	s := newTogether(t)
	bad := func(ctx context.Context) error {
		return s.d.ReadWorkspace(ctx, s.ws, func(tx pgx.Tx) error {
			_, err := tx.Exec(ctx, `select 1/0`)
			return err
		})
	}
	if err := s.run(s.asks("a", 1), bad, s.asks("b", 2)); !errs.Is(err, errs.Internal) {
		t.Errorf("a statement that fails: %v", err)
	}
	no, late := errors.New("no"), errors.New("late")
	fails := func(err error) func(context.Context) error { return func(context.Context) error { return err } }
	if err := s.run(s.asks("a", 1), fails(no), fails(late)); !errors.Is(err, no) {
		t.Errorf("a reader that fails: %v, want the first one's error", err)
	}
	if err := s.run(s.asks("a", 1), s.asks("b", 2)); err != nil {
		t.Errorf("the connection is spoilt: %v", err)
	}
	if err := s.d.Together(t.Context(), s.asks("a", 1), fails(no)); !errors.Is(err, no) {
		t.Errorf("without a snapshot: %v", err)
	}
}

// TestTogetherKeepsWhatIsWrittenAfterwards: a refusal is recorded though the page was refused.
func TestTogetherKeepsWhatIsWrittenAfterwards(t *testing.T) {
	t.Parallel()
	s := newTogether(t)
	no := errors.New("no")
	err := s.run(s.asks("a", 1), func(ctx context.Context) error {
		err := s.d.AfterSnapshot(ctx, s.ws, func(tx pgx.Tx) error { return touch(ctx, tx, "owner") })
		return cmp.Or(err, no)
	})
	if !errors.Is(err, no) {
		t.Fatal(err)
	}
	var n int
	scan := func(row pgx.Row) error { return row.Scan(&n) }
	if err := s.d.QueryRow(t.Context(), s.ws, scan, `select count(*) from members where default_view = 'table'`); err != nil || n != 1 {
		t.Errorf("%d rows were written (%v)", n, err)
	}
}

func TestTogetherLetsAPanicThrough(t *testing.T) {
	t.Parallel()
	s := newTogether(t)
	func() {
		defer func() {
			if recover() != "oh" {
				t.Error("the panic is lost")
			}
		}()
		_ = s.run(s.asks("a", 1, 2), func(context.Context) error { panic("oh") })
	}()
	if err := s.run(s.asks("a", 1), s.asks("b", 2)); err != nil {
		t.Errorf("the connection is spoilt: %v", err)
	}
}
