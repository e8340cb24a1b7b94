package insights_test

import (
	"bufio"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"testing"
	"time"

	"caseward/internal/desk/audit"
	"caseward/internal/desk/insights"
	"caseward/internal/platform/clock"
	"caseward/internal/platform/db"
	"caseward/internal/platform/jobs"
	"caseward/internal/testkit/fixture"
	"caseward/internal/testkit/testdb"
)

const childURL = "CASEWARD_TEST_INSIGHTS_DATABASE"

// TestMain is also the program that a test kills in the middle of its work.
func TestMain(m *testing.M) {
	if url := os.Getenv(childURL); url != "" {
		if err := child(context.Background(), url); err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

// child counts in small steps until somebody kills it.
func child(ctx context.Context, url string) error {
	d, err := db.Open(ctx, url, db.Options{})
	if err != nil {
		return err
	}
	enqueuer, err := jobs.NewEnqueuer(d.SystemPool())
	if err != nil {
		return err
	}
	now := clock.Fixed(fixture.NewClock().Now())
	s := insights.NewService(d, audit.NewGuard(d, now), enqueuer, now)
	s.SetSizes(7, 3, 5)
	fmt.Println("ready")
	_, err = s.Run(ctx)
	return err
}

// countedDays is all that was counted, as text.
func countedDays(d *fixture.Desk) []string {
	return fixture.Rows[string](d, `select (to_jsonb(i) - 'zone_id')::text from insight_days i order by 1`)
}

// TestCountingKilled: the process is killed again and again at a random point. Of a day all is counted or nothing, and in the end the
// numbers are those of an undisturbed count.
func TestCountingKilled(t *testing.T) {
	t.Parallel()
	url := testdb.NewURL(t)
	opened, err := db.Open(t.Context(), url, db.Options{RequestConns: 4, SystemConns: 4})
	must(t, err)
	t.Cleanup(opened.Close)
	d := fixture.DeskOn(t, opened)
	person := d.Contact("Mara", "mara@customer.test")
	d.Exec(`insert into cases (workspace_id, number, subject, contact_id, queue_id, channel, status, created_at, last_activity_at, closed_at)
		select $1, next_case_number($1), 'Case', $2, $3, 'email', case i % 3 when 0 then 'open' else 'closed' end, $4::timestamptz - i * interval '7 hours',
			$4::timestamptz - i * interval '6 hours', case i % 3 when 0 then null else $4::timestamptz - i * interval '6 hours' end
		from generate_series(1, 300) i`, d.ID(), person, d.Queue, d.Clock.Now())
	left := func() int {
		return fixture.One[int](d, `select (select count(*) from fact_marks) + (select count(*) from insight_dirty)`)
	}
	within, partial := 150*time.Millisecond, 0
	for round := 0; partial < 5; round++ {
		if round == 100 {
			t.Fatalf("only %d rounds were hit in the middle", partial)
		}
		if left() == 0 { // through before anybody could kill it: once more
			d.Exec(`insert into fact_marks (workspace_id, at) select workspace_id, at from facts`)
		}
		before := left()
		killChild(t, url, rand.N(within))
		gone(t, d)
		torn := fixture.One[int](d, `select count(*) from (select from insight_days where grain in (0, 1, 2, 4)
			group by workspace_id, zone_id, day having count(distinct grain) < 4) x`)
		if torn > 0 {
			t.Fatalf("%d days are half counted", torn)
		}
		switch now := left(); {
		case now == before:
			within = min(within*3/2, 20*time.Second)
		case now > 0:
			partial++
		default:
			within = within * 4 / 5
		}
	}
	run(t, d)
	if n := left(); n != 0 {
		t.Errorf("%d marks are left", n)
	}
	got := countedDays(d)
	d.Exec(`delete from insight_days; delete from insight_zones`)
	run(t, d)
	if want := countedDays(d); len(want) < 300 {
		t.Errorf("only %d rows were counted", len(want))
	} else {
		same(t, "what was counted", want, got)
	}
}

func killChild(t *testing.T, url string, after time.Duration) {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), childURL+"="+url)
	out, err := cmd.StdoutPipe()
	must(t, err)
	must(t, cmd.Start())
	lines := bufio.NewScanner(out)
	if !lines.Scan() || lines.Text() != "ready" {
		t.Fatalf("the child says %q", lines.Text())
	}
	<-time.After(after)
	_ = cmd.Process.Kill() // SIGKILL
	_ = cmd.Wait()
}

// gone waits until the server has noticed that the child is: until then it holds locks.
func gone(t *testing.T, d *fixture.Desk) {
	t.Helper()
	for fixture.One[int](d, `select count(*) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()
		and backend_type = 'client backend' and state <> 'idle'`) > 0 {
		select {
		case <-t.Context().Done():
			t.Fatal("connections stay busy")
		case <-time.After(5 * time.Millisecond):
		}
	}
}
