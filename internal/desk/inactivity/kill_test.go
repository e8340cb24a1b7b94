package inactivity_test

import (
	"context"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"caseward/internal/desk/inactivity"
	"caseward/internal/platform/db"
	"caseward/internal/testkit/fixture"
	"caseward/internal/testkit/plan"
	"caseward/internal/testkit/testdb"
)

// TestKilled: again and again the job is stopped at a random moment, by its context or by cutting its connections; each case
// is untouched or closed with one line in feed and trail, and the next run goes on.
func TestKilled(t *testing.T) {
	t.Parallel()
	url := testdb.NewURL(t)
	pool, err := db.Open(t.Context(), url, db.Options{RequestConns: 3, SystemConns: 3})
	must(t, err)
	t.Cleanup(pool.Close)
	d := fixture.DeskOn(t, pool)
	set(t, d, rules())
	d.Clock.Advance(time.Minute)
	list := d.Bulk(150)
	d.Clock.Advance(3 * day)
	d.Inactivity.SetBatch(3)
	// Each case takes its time, so that a run is hit in the middle on a fast machine too.
	d.Exec(`create function slow() returns trigger language plpgsql as $$ begin perform pg_sleep(0.01); return new; end $$`)
	d.Exec(`create trigger slow before update on cases for each row when (new.status = 'closed') execute function slow()`)
	within, last, partial := 60*time.Millisecond, 0, 0
	for round := range 30 {
		stop(t, d, url, rand.N(within), round%2 == 0)
		now := closedWhole(t, d)
		if now > last && now < len(list) {
			partial++
		}
		switch {
		case now == last:
			within = min(within*3/2, 400*time.Millisecond)
		case now-last > len(list)/10:
			within = within * 2 / 3
		}
		last = now
	}
	t.Logf("%d rounds ended in the middle; %d of %d closed before the last run", partial, last, len(list))
	if partial < 3 {
		t.Errorf("only %d rounds were hit in the middle", partial)
	}
	run(t, d)
	once(t, d, list)
}

// stop begins a run and ends it after a while.
func stop(t *testing.T, d *fixture.Desk, url string, after time.Duration, byContext bool) {
	t.Helper()
	if byContext {
		ctx, cancel := context.WithTimeout(t.Context(), after)
		defer cancel()
		_, _ = d.Inactivity.AutoClose(ctx)
		return
	}
	conn, err := pgx.Connect(t.Context(), url)
	must(t, err)
	defer func() { _ = conn.Close(t.Context()) }()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var wait sync.WaitGroup
	wait.Go(func() { _, _ = d.Inactivity.AutoClose(ctx) })
	<-time.After(after)
	_, err = conn.Exec(t.Context(), `select pg_terminate_backend(pid) from pg_stat_activity
		where datname = current_database() and pid <> pg_backend_pid() and backend_type = 'client backend'`)
	must(t, err)
	cancel() // otherwise the run would go on with other connections
	wait.Wait()
	for range 20 {
		if d.DB.Ping(t.Context()) == nil {
			return
		}
	}
	t.Fatal("the pool does not come back")
}

// closedWhole counts the closed cases and fails on one whose line in feed or trail is missing or there twice.
func closedWhole(t *testing.T, d *fixture.Desk) int {
	t.Helper()
	broken := fixture.One[int](d, `select count(*) from cases c
		where (c.status = 'closed')::int <> (select count(*) from activities a where a.case_id = c.id and a.kind = 'closed due to inactivity')
			or (c.status = 'closed')::int <> (select count(*) from audit_entries e where e.object_kind = 'case' and e.object_id = c.number
				and e.action = 'case.closed due to inactivity')`)
	if broken > 0 {
		t.Fatalf("%d cases are half closed", broken)
	}
	return fixture.One[int](d, `select count(*) from cases where status = 'closed'`)
}

// TestFindingNothingIsAShortLook at the end of the index of the lists of work, however many cases there are.
func TestFindingNothingIsAShortLook(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	set(t, d, rules())
	n, _ := mail(t, d)
	d.Exec(`insert into cases (workspace_id, number, subject, contact_id, status, queue_id, channel, created_at, last_activity_at)
		select workspace_id, next_case_number(workspace_id), 'x', contact_id, (array['open', 'pending', 'closed'])[1 + i % 3], queue_id, 'email', created_at,
			last_activity_at + i * interval '1 second' from cases, generate_series(1, 5000) i where number = $1`, n)
	must(t, d.DB.AsSystem(t.Context(), "plan", func(tx pgx.Tx) error {
		if _, err := tx.Exec(t.Context(), `analyze cases`); err != nil {
			return err
		}
		found := false
		for _, step := range plan.Of(t, tx, inactivity.SomethingSQL, pgx.NamedArgs{"plans": []string{"advanced"}, "now": d.Clock.Now()}).All() {
			found = found || step.Index == "cases_work_by_status"
			if step.Relation == "cases" && step.Index != "cases_work_by_status" {
				t.Errorf("it reads cases by %q %q", step.Type, step.Index)
			}
		}
		if !found {
			t.Error("it does not use the index")
		}
		return nil
	}))
}
