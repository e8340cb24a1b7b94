package jobs_test

import (
	"context"
	"fmt"
	"log/slog"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"caseward/internal/platform/db"
	"caseward/internal/platform/jobs"
	"caseward/internal/testkit/testdb"
)

const soon = 20 * time.Second // for what takes well under two

// process starts a Runner, as one process of several on the database.
func process(t *testing.T, url string, sweeps ...jobs.Sweep) *db.DB {
	t.Helper()
	d, err := db.Open(t.Context(), url, db.Options{RequestConns: 2, SystemConns: 6})
	must(t, err)
	r, err := jobs.NewRunner(d.SystemPool(), sweeps, slog.New(slog.DiscardHandler))
	must(t, err)
	must(t, r.Start(t.Context()))
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), 5*time.Second)
		defer cancel()
		must(t, r.Stop(ctx))
		d.Close()
	})
	return d
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func poke(t *testing.T, d *db.DB, name string, times int) {
	t.Helper()
	e, err := jobs.NewEnqueuer(d.SystemPool())
	must(t, err)
	for range times {
		must(t, d.AsSystem(t.Context(), "test", func(tx pgx.Tx) error { return e.PokeTx(t.Context(), tx, name) }))
	}
}

func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(soon); !ok(); <-time.After(10 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal(what)
		}
	}
}

func count(t *testing.T, d *db.DB, query string, args ...any) (n int) {
	t.Helper()
	must(t, d.SystemPool().QueryRow(t.Context(), query, args...).Scan(&n))
	return n
}

// gauge is a sweep that counts its runs and how many of them there were at once.
type gauge struct {
	runs, now, most atomic.Int64
	hold            chan struct{} // a run waits for one; nil: it does not
}

func (g *gauge) run(ctx context.Context) (string, error) {
	g.runs.Add(1)
	if n := g.now.Add(1); n > g.most.Load() {
		g.most.Store(n)
	}
	defer g.now.Add(-1)
	if g.hold == nil {
		return "", nil
	}
	select {
	case <-g.hold:
	case <-ctx.Done():
	}
	return "", ctx.Err()
}

// TestAKilledSweepBlocksNothing: its row says "running" for an hour, and yet the sweep runs at its next turn.
func TestAKilledSweepBlocksNothing(t *testing.T) {
	t.Parallel()
	url := testdb.NewURL(t)
	d, err := db.Open(t.Context(), url, db.Options{RequestConns: 1, SystemConns: 2})
	must(t, err)
	t.Cleanup(d.Close)
	e, err := jobs.NewEnqueuer(d.SystemPool())
	must(t, err)
	must(t, d.AsSystem(t.Context(), "test", func(tx pgx.Tx) error {
		if err := e.PokeTx(t.Context(), tx, "purge"); err != nil {
			return err
		}
		_, err := tx.Exec(t.Context(), `update river_job set state = 'running', attempt = 1, attempted_at = now(), attempted_by = '{dead}'`)
		return err
	}))
	g := &gauge{}
	for range 2 {
		process(t, url, jobs.Sweep{Name: "purge", Every: time.Second, Run: g.run})
	}
	eventually(t, "it does not run again and again", func() bool { return g.runs.Load() >= 3 })
	if n := count(t, d, `select count(*) from river_job where attempted_by = '{dead}' and state = 'running'`); n != 1 {
		t.Error("the row of the dead process is gone: this shows nothing")
	}
}

// TestOneRunsAtATime, and pokes during it lead to one more run, in whichever process, not to one each.
func TestOneRunsAtATime(t *testing.T) {
	t.Parallel()
	url := testdb.NewURL(t)
	g := &gauge{hold: make(chan struct{})}
	s := jobs.Sweep{Name: "outbox files", Every: time.Hour, Run: g.run}
	d := process(t, url, s)
	process(t, url, s)
	process(t, url, s)
	poke(t, d, s.Name, 1)
	eventually(t, "it does not begin", func() bool { return g.now.Load() == 1 })
	poke(t, d, s.Name, 50)
	waiting := `select count(*) from river_job where state in ('available', 'scheduled')`
	eventually(t, "what waits is not merged", func() bool { return count(t, d, waiting) <= 3 })
	<-time.After(3 * time.Second) // the others ask again
	if g.runs.Load() != 1 {
		t.Fatalf("%d runs while the first has not ended", g.runs.Load())
	}
	g.hold <- struct{}{}
	eventually(t, "the pokes are lost", func() bool { return g.runs.Load() == 2 })
	close(g.hold)
	eventually(t, "something waits for good", func() bool {
		return count(t, d, `select count(*) from river_job where state in ('available', 'scheduled', 'running')`) == 0
	})
	if runs, most := g.runs.Load(), g.most.Load(); most != 1 || runs > 5 {
		t.Errorf("%d runs, %d at once, of 51 pokes", runs, most)
	}
}

// TestALostConnectionFreesTheSweep: as when a process or its machine is gone.
func TestALostConnectionFreesTheSweep(t *testing.T) {
	t.Parallel()
	url := testdb.NewURL(t)
	dead := &gauge{hold: make(chan struct{})}
	d := process(t, url, jobs.Sweep{Name: "purge", Every: time.Hour, Run: dead.run})
	eventually(t, "it does not begin", func() bool { return dead.now.Load() == 1 })
	live := &gauge{}
	process(t, url, jobs.Sweep{Name: "purge", Every: time.Hour, Run: live.run})
	poke(t, d, "purge", 3)
	<-time.After(2 * time.Second)
	if live.runs.Load() != 0 {
		t.Fatal("two run at once")
	}
	locks := `select count(pg_terminate_backend(pid)) from pg_locks where locktype = 'advisory'
		and database = (select oid from pg_database where datname = current_database())`
	if n := count(t, d, locks); n != 1 {
		t.Fatalf("%d advisory locks", n)
	}
	eventually(t, "the lock outlives its connection", func() bool { return live.runs.Load() > 0 })
	close(dead.hold)
}

// TestAHangingSweepLeavesTheOthersAlone, however often it is asked for.
func TestAHangingSweepLeavesTheOthersAlone(t *testing.T) {
	t.Parallel()
	url := testdb.NewURL(t)
	hanging := &gauge{hold: make(chan struct{})}
	others := map[string]*gauge{}
	sweeps := []jobs.Sweep{{Name: "outbox", Every: time.Second, Run: hanging.run}}
	for i := range 5 {
		name := fmt.Sprintf("other %d", i)
		others[name] = &gauge{}
		sweeps = append(sweeps, jobs.Sweep{Name: name, Every: time.Second, Run: others[name].run})
	}
	d := process(t, url, sweeps...)
	poke(t, d, "outbox", 20)
	eventually(t, "it does not hang", func() bool { return hanging.now.Load() == 1 })
	for name, g := range others {
		before := g.runs.Load()
		eventually(t, name+" waits for the one that hangs", func() bool { return g.runs.Load() >= before+2 })
	}
	close(hanging.hold)
}
