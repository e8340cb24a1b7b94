package retention_test

import (
	"bufio"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"caseward/internal/desk/audit"
	"caseward/internal/desk/cases"
	"caseward/internal/desk/retention"
	"caseward/internal/platform/clock"
	"caseward/internal/platform/db"
	"caseward/internal/platform/jobs"
	"caseward/internal/platform/ledger"
	"caseward/internal/platform/live"
	"caseward/internal/testkit/fixture"
	"caseward/internal/testkit/testdb"
)

const (
	childURL  = "CASEWARD_TEST_CHILD_DATABASE"
	childWork = "CASEWARD_TEST_CHILD_WORK"
	childFile = "CASEWARD_TEST_CHILD_FILE"
)

// child purges or erases in small steps until somebody kills it.
func child(url, work string) {
	ctx := context.Background()
	d, err := db.Open(ctx, url, db.Options{})
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	enqueuer, err := jobs.NewEnqueuer(d.SystemPool())
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	now := clock.Fixed(fixture.NewClock().Now().Add(30 * fixture.Day))
	guard := audit.NewGuard(d, now)
	s := retention.NewService(d, guard, cases.NewService(d, guard, live.NewHub(), now), enqueuer, now)
	s.SetBatch(2)
	fmt.Println("ready")
	run := s.Purge
	switch work {
	case "surge":
		s.SetBreaker(5)
	case "erase":
		run = s.Fulfil
	case "forget":
		run = s.RunForget
	case "replay":
		run = func(ctx context.Context) (string, error) {
			_, err := s.Replay(ctx, retention.NewExport(d, ledger.NewFile(os.Getenv(childFile))), false)
			return "", err
		}
	}
	if _, err := run(ctx); err != nil {
		fmt.Println(err)
	}
	fmt.Println("done")
}

// way is how work is killed.
type way int

const (
	byContext way = iota
	byConnection
	byProcess
)

// kill runs work and ends it at a random moment in one of three ways: its context ends, its connections to the database
// are cut, or its process is killed.
func kill(t *testing.T, url, name string, work func(context.Context) error, how way, within time.Duration) {
	t.Helper()
	after := rand.N(within)
	switch how {
	case byContext:
		ctx, cancel := context.WithTimeout(t.Context(), after)
		defer cancel()
		_ = work(ctx)
	case byConnection:
		conn, err := pgx.Connect(t.Context(), url)
		must(t, err)
		defer func() { _ = conn.Close(t.Context()) }()
		var wait sync.WaitGroup
		wait.Go(func() { _ = work(t.Context()) })
		<-time.After(after)
		_, err = conn.Exec(t.Context(), `select pg_terminate_backend(pid) from pg_stat_activity
			where datname = current_database() and pid <> pg_backend_pid() and backend_type = 'client backend'`)
		must(t, err)
		wait.Wait()
	case byProcess:
		cmd := spawn(t, url, name)
		<-time.After(after)
		_ = cmd.Process.Kill() // SIGKILL
		_ = cmd.Wait()
	}
}

// spawn starts work in a process of its own.
func spawn(t *testing.T, url, name string) *exec.Cmd {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	name, file, _ := strings.Cut(name, " ")
	cmd.Env = append(os.Environ(), childURL+"="+url, childWork+"="+name, childFile+"="+file)
	out, err := cmd.StdoutPipe()
	must(t, err)
	must(t, cmd.Start())
	lines := bufio.NewScanner(out)
	if !lines.Scan() || lines.Text() != "ready" {
		t.Fatalf("the child says %q", lines.Text())
	}
	return cmd
}

// pace is within what time work is killed. It follows how fast the machine is just now: too soon hits nothing, too late
// leaves nothing to hit.
type pace struct {
	within time.Duration
	most   int // cases that a round should do
}

// took adjusts the pace to what a round did.
func (p *pace) took(cases int) {
	switch {
	case cases == 0:
		p.within = min(p.within*3/2, 5*time.Second)
	case cases > p.most:
		p.within = p.within * 2 / 3
	}
}

// settled waits until the server has noticed that killed clients are gone: until then they hold locks.
func settled(t *testing.T, d *fixture.Desk) {
	t.Helper()
	for {
		busy := fixture.One[int](d, `select count(*) from pg_stat_activity where datname = current_database()
			and pid <> pg_backend_pid() and backend_type = 'client backend' and state <> 'idle'`)
		if busy == 0 {
			return
		}
		select {
		case <-t.Context().Done():
			t.Fatal("connections stay busy")
		case <-time.After(5 * time.Millisecond):
		}
	}
}

// reconnect makes the pools forget connections that were cut.
func reconnect(t *testing.T, d *fixture.Desk) {
	t.Helper()
	for range 20 {
		if d.DB.Ping(t.Context()) == nil {
			return
		}
	}
	t.Fatal("the pool does not come back")
}

func openURL(t *testing.T) (*fixture.Desk, string) {
	t.Helper()
	url := testdb.NewURL(t)
	d, err := db.Open(t.Context(), url, db.Options{RequestConns: 4, SystemConns: 4})
	must(t, err)
	t.Cleanup(d.Close)
	return fixture.DeskOn(t, d), url
}

// TestPurgeKilled: fifty times the purge is killed at a random point; each case is untouched or gone with one entry.
func TestPurgeKilled(t *testing.T) {
	t.Parallel()
	d, url := openURL(t)
	d.Retention.SetBatch(2)
	live := d.Bulk(5)
	doomed := d.Bulk(220)
	all := rowsBelow(d)
	d.Exec(`update cases set deleted_at = $1::timestamptz, deleted_cause = 'agent', purge_at = $1::timestamptz + interval '7 days'
		where number = any ($2)`, d.Clock.Now(), doomed)
	d.Clock.Advance(8 * fixture.Day)
	work := func(ctx context.Context) error { _, err := d.Retention.Purge(ctx); return err }
	partial, gone, soon := 0, 0, pace{80 * time.Millisecond, len(doomed) / 12}
	for round := range 50 {
		kill(t, url, "purge", work, way(round%3), soon.within)
		reconnect(t, d)
		settled(t, d)
		now := wholeOrGone(t, d, all, append(doomed, live...))
		if now > gone && now < len(doomed) {
			partial++
		}
		soon.took(now - gone)
		gone = now
	}
	t.Logf("%d rounds ended with some of the cases gone; %d of %d before the last, undisturbed run", partial, gone, len(doomed))
	if partial < 5 {
		t.Errorf("only %d of 50 rounds were hit in the middle", partial)
	}
	purge(t, d)
	if now := wholeOrGone(t, d, all, append(doomed, live...)); now != len(doomed) {
		t.Errorf("%d of %d are gone", now, len(doomed))
	}
}

// TestErasureKilled is the same for the erasure on request.
func TestErasureKilled(t *testing.T) {
	t.Parallel()
	d, url := openURL(t)
	doomed := d.Bulk(60)
	for _, n := range doomed {
		_, err := d.Cases.Delete(t.Context(), d.Ana, cases.DeleteInput{Number: n})
		must(t, err)
		approve(t, d, request(t, d, n))
	}
	all := rowsBelow(d)
	work := func(ctx context.Context) error { _, err := d.Retention.Fulfil(ctx); return err }
	partial, gone, soon := 0, 0, pace{100 * time.Millisecond, len(doomed) / 8}
	for round := range 24 {
		// Cut connections do not stop the erasure, which goes on with the next case: so they come last.
		how := []way{byContext, byProcess}[round%2]
		if round > 21 {
			how = byConnection
		}
		kill(t, url, "erase", work, how, soon.within)
		reconnect(t, d)
		settled(t, d)
		now := wholeOrGone(t, d, all, doomed)
		if now > gone && now < len(doomed) {
			partial++
		}
		soon.took(now - gone)
		gone = now
	}
	t.Logf("%d rounds ended in the middle; %d of %d gone before the last run", partial, gone, len(doomed))
	if partial < 3 {
		t.Errorf("only %d of 24 rounds were hit in the middle", partial)
	}
	_, err := d.Retention.Fulfil(t.Context())
	must(t, err)
	if now := wholeOrGone(t, d, all, doomed); now != len(doomed) {
		t.Errorf("%d of %d are gone", now, len(doomed))
	}
	if n := fixture.One[int](d, `select count(*) from erasure_requests where state <> 'done'`); n != 0 {
		t.Errorf("%d requests are not done", n)
	}
}
