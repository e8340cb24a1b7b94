package db_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"caseward/internal/platform/db"
	"caseward/internal/platform/errs"
	"caseward/internal/testkit/fixture"
	"caseward/internal/testkit/testdb"
)

func countQueues(t *testing.T, d *db.DB, workspace int64) (n int) {
	t.Helper()
	err := d.InWorkspace(t.Context(), workspace, func(tx pgx.Tx) error {
		return tx.QueryRow(t.Context(), `select count(*) from queues`).Scan(&n) // no where: the policy alone decides
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestAWorkspaceSeesItselfOnly(t *testing.T) {
	t.Parallel()
	d := testdb.New(t)
	one, two := fixture.Workspace(t, d), fixture.Workspace(t, d)
	for _, w := range []*fixture.World{one, two} {
		if n := countQueues(t, d, w.ID()); n != 1 {
			t.Errorf("workspace %d sees %d queues, want its one", w.ID(), n)
		}
	}
	for _, nobody := range []int64{0, -1, 1 << 60} {
		if n := countQueues(t, d, nobody); n != 0 {
			t.Errorf("workspace %d, which does not exist, sees %d queues", nobody, n)
		}
	}
	err := d.InWorkspace(t.Context(), one.ID(), func(tx pgx.Tx) error {
		return tx.QueryRow(t.Context(), `select id from workspaces where id = $1`, two.ID()).Scan(new(int64))
	})
	if !errs.Is(err, errs.NotFound) {
		t.Errorf("another workspace's row: %v, want not found", err)
	}
}

func TestWithoutAWorkspaceThereIsNothing(t *testing.T) {
	t.Parallel()
	d := testdb.New(t)
	w := fixture.Workspace(t, d)
	var n int
	err := d.InWorkspace(t.Context(), w.ID(), func(tx pgx.Tx) error {
		if _, err := tx.Exec(t.Context(), `set local app.workspace_id = ''`); err != nil {
			return err
		}
		return tx.QueryRow(t.Context(), `select (select count(*) from queues) + (select count(*) from users) +
			(select count(*) from members) + (select count(*) from workspaces)`).Scan(&n)
	})
	if err != nil || n != 0 {
		t.Errorf("without a workspace %d rows are visible (%v)", n, err)
	}
}

func TestWritesToAnotherWorkspaceAreRefused(t *testing.T) {
	t.Parallel()
	d := testdb.New(t)
	one, two := fixture.Workspace(t, d), fixture.Workspace(t, d)
	err := d.InWorkspace(t.Context(), one.ID(), func(tx pgx.Tx) error {
		_, err := tx.Exec(t.Context(), `insert into queues (workspace_id, name, created_at) values ($1, 'Intruder', now())`, two.ID())
		return err
	})
	if err == nil {
		t.Error("a row was written into another workspace")
	}
	err = d.InWorkspace(t.Context(), one.ID(), func(tx pgx.Tx) error {
		tag, err := tx.Exec(t.Context(), `update queues set name = 'Taken' where workspace_id = $1`, two.ID())
		if err == nil && tag.RowsAffected() != 0 {
			t.Errorf("%d rows of another workspace were changed", tag.RowsAffected())
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
	// A foreign key looks past row level security; the composite key is what stops it.
	err = d.InWorkspace(t.Context(), one.ID(), func(tx pgx.Tx) error {
		_, err := tx.Exec(t.Context(), `insert into inbound_addresses (workspace_id, address, queue_id, created_at)
			values ($1, 'x@y.test', $2, now())`, one.ID(), two.Queue)
		return err
	})
	if !errs.Is(err, errs.Conflict) {
		t.Errorf("a reference to another workspace's queue: %v, want conflict", err)
	}
}

func TestRequestsCannotReadWhatSignInReads(t *testing.T) {
	t.Parallel()
	d := testdb.New(t)
	w := fixture.Workspace(t, d)
	for _, query := range []string{`select password_hash from users`, `select data from sessions`, `select key from sign_in_throttles`} {
		err := d.InWorkspace(t.Context(), w.ID(), func(tx pgx.Tx) error {
			_, err := tx.Exec(t.Context(), query)
			return err
		})
		if err == nil {
			t.Errorf("a request may run %q", query)
		}
	}
}

func TestReadWorkspaceRefusesWrites(t *testing.T) {
	t.Parallel()
	d := testdb.New(t)
	w := fixture.Workspace(t, d)
	err := d.ReadWorkspace(t.Context(), w.ID(), func(tx pgx.Tx) error {
		_, err := tx.Exec(t.Context(), `update queues set name = 'x'`)
		return err
	})
	if pgErr, ok := errors.AsType[*pgconn.PgError](err); !ok || pgErr.Code != "25006" {
		t.Errorf("a write in a reading transaction: %v", err)
	}
}

func TestAFailedTransactionLeavesNothing(t *testing.T) {
	t.Parallel()
	d := testdb.New(t)
	w := fixture.Workspace(t, d)
	own := errs.New(errs.Conflict, "no")
	err := d.InWorkspace(t.Context(), w.ID(), func(tx pgx.Tx) error {
		if _, err := tx.Exec(t.Context(), `insert into queues (workspace_id, name, created_at) values ($1, 'Gone', now())`, w.ID()); err != nil {
			return err
		}
		return own
	})
	if !errors.Is(err, own) {
		t.Errorf("the error came back as %v", err)
	}
	if n := countQueues(t, d, w.ID()); n != 1 {
		t.Errorf("%d queues after the rollback", n)
	}
}

func TestADeadlockIsTriedAgain(t *testing.T) {
	t.Parallel()
	d := testdb.New(t)
	w := fixture.Workspace(t, d)
	var firstTries sync.WaitGroup
	firstTries.Add(2)
	// Each locks one row, waits until the other has locked its row, and then wants it.
	cross := func(first, second string) error {
		tries := 0
		return d.InWorkspace(t.Context(), w.ID(), func(tx pgx.Tx) error {
			tries++
			if err := touch(t.Context(), tx, first); err != nil {
				return err
			}
			if tries == 1 {
				firstTries.Done()
				firstTries.Wait()
			}
			return touch(t.Context(), tx, second)
		})
	}
	results := make(chan error, 2)
	go func() { results <- cross("owner", "admin") }()
	go func() { results <- cross("admin", "owner") }()
	for range 2 {
		if err := <-results; err != nil {
			t.Errorf("a deadlock came through: %v", err)
		}
	}
}

func touch(ctx context.Context, tx pgx.Tx, role string) error {
	_, err := tx.Exec(ctx, `update members set default_view = 'table' where role = $1`, role)
	return err
}

// TestWhatIsWrittenAfterASnapshotTakesNoSecondConnection: with one connection it would wait for itself.
func TestWhatIsWrittenAfterASnapshotTakesNoSecondConnection(t *testing.T) {
	t.Parallel()
	url := testdb.NewURL(t)
	d, err := db.Open(t.Context(), url, db.Options{RequestConns: 1, AcquireTimeout: 500 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(d.Close)
	w := fixture.Workspace(t, d)
	refused := errs.New(errs.NotFound, "no")
	err = d.Snapshot(t.Context(), w.ID(), func(ctx context.Context) error {
		write := func(tx pgx.Tx) error { return touch(ctx, tx, "owner") }
		if err := d.InWorkspace(ctx, w.ID(), write); !errs.Is(err, errs.Busy) {
			t.Errorf("without a connection left: %v, want busy", err)
		}
		if err := d.AfterSnapshot(ctx, w.ID(), write); err != nil {
			t.Error(err)
		}
		return refused
	})
	if !errors.Is(err, refused) {
		t.Errorf("the error came back as %v", err)
	}
	var n int
	scan := func(row pgx.Row) error { return row.Scan(&n) }
	if err := d.QueryRow(t.Context(), w.ID(), scan, `select count(*) from members where default_view = 'table'`); err != nil || n != 1 {
		t.Errorf("%d rows were written (%v)", n, err)
	}
}

func TestTheEndOfAContextIsNotAFault(t *testing.T) {
	t.Parallel()
	d := testdb.New(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	err := d.InWorkspace(ctx, 1, func(pgx.Tx) error { return nil })
	if !errors.Is(err, context.Canceled) {
		t.Errorf("%v, want the context's error", err)
	}
}

func TestTranslateNamesTheKind(t *testing.T) {
	t.Parallel()
	for code, kind := range map[string]errs.Kind{
		"23505": errs.Conflict, "23503": errs.Conflict, "23514": errs.Invalid, "57014": errs.Internal,
		"CW001": errs.Conflict, "CW002": errs.Forbidden, "XX000": errs.Internal,
	} {
		if got := errs.KindOf(db.Translate(&pgconn.PgError{Code: code})); got != kind {
			t.Errorf("SQLSTATE %s is %v, want %v", code, got, kind)
		}
	}
	if got := errs.KindOf(db.Translate(pgx.ErrNoRows)); got != errs.NotFound {
		t.Errorf("no rows is %v", got)
	}
	if db.Translate(nil) != nil {
		t.Error("no error became one")
	}
}

// TestQueryRowStaysInItsWorkspace: one statement sees and writes one workspace, and leaves no setting behind.
func TestQueryRowStaysInItsWorkspace(t *testing.T) {
	t.Parallel()
	d := testdb.New(t)
	one, other := fixture.Workspace(t, d), fixture.Workspace(t, d)
	var n int
	scan := func(row pgx.Row) error { return row.Scan(&n) }
	if err := d.QueryRow(t.Context(), one.ID(), scan, `select count(*) from members`); err != nil || n != 5 {
		t.Errorf("%d members, %v; want the 5 of one workspace", n, err)
	}
	insert := `insert into tags (workspace_id, name, created_at) values ($1, 'x', now()) returning 1`
	if err := d.QueryRow(t.Context(), one.ID(), scan, insert, other.ID()); err == nil {
		t.Error("a row was written into another workspace")
	}
	err := d.InWorkspace(t.Context(), other.ID(), func(tx pgx.Tx) error { return tx.QueryRow(t.Context(), `select count(*) from tags`).Scan(&n) })
	if err != nil || n != 0 {
		t.Errorf("%d tags in the other workspace, %v", n, err)
	}
}
