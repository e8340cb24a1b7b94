package retention_test

import (
	"context"
	"testing"
	"time"

	"caseward/internal/testkit/fixture"
)

// stopTraces counts what a stop leaves behind: stops, notices and entries in the trail.
func stopTraces(d *fixture.Desk) [3]int {
	return [3]int{fixture.One[int](d, `select count(*) from purge_stops`), fixture.One[int](d, `select count(*) from notifications where kind = 'purge stopped'`),
		fixture.One[int](d, `select count(*) from audit_entries where action = 'purge.stopped'`)}
}

// TestBreakerKilled: killed between the stop and its notices there is neither; killed at random there is one stop with one notice each;
// and killed after somebody agreed each case goes once.
func TestBreakerKilled(t *testing.T) {
	t.Parallel()
	d, url := openURL(t)
	d.Retention.SetBreaker(5)
	d.Retention.SetBatch(2)
	doomed := d.Bulk(40)
	all := rowsBelow(d)
	d.Exec(`update cases set deleted_at = $1::timestamptz, deleted_cause = 'agent', purge_at = $1::timestamptz + interval '7 days'`, d.Clock.Now())
	d.Clock.Advance(31 * fixture.Day) // the child's clock is a day behind
	d.Exec(`create function hang() returns trigger language plpgsql as $$ begin perform pg_sleep(600); return new; end $$;
		create trigger hang before insert on notifications for each row execute function hang()`)
	cmd := spawn(t, url, "surge")
	const hanging = `select count(*) from pg_stat_activity where datname = current_database() and wait_event = 'PgSleep'`
	for fixture.One[int](d, hanging) == 0 {
		select {
		case <-t.Context().Done():
			t.Fatal("nobody is told")
		case <-time.After(5 * time.Millisecond):
		}
	}
	_ = cmd.Process.Kill() // SIGKILL
	_ = cmd.Wait()
	fixture.One[int](d, `select count(pg_terminate_backend(pid)) from pg_stat_activity where datname = current_database() and wait_event = 'PgSleep'`)
	settled(t, d)
	same(t, "killed before anybody was told", [3]int{}, stopTraces(d))
	d.Exec(`drop trigger hang on notifications`)

	work := func(ctx context.Context) error { _, err := d.Retention.Purge(ctx); return err }
	for round := range 9 { // with the connections left alone: agreeing takes one of another pool
		kill(t, url, "surge", work, []way{byContext, byProcess}[round%2], 60*time.Millisecond)
		reconnect(t, d)
		settled(t, d)
		if now := stopTraces(d); now != [3]int{} && now != [3]int{1, 2, 1} {
			t.Fatalf("round %d: %v stops, notices and entries", round, now)
		}
	}
	purge(t, d)
	same(t, "stops, notices, entries", [3]int{1, 2, 1}, stopTraces(d))
	if gone := wholeOrGone(t, d, all, doomed); gone != 0 {
		t.Fatalf("%d cases went although it is stopped", gone)
	}
	must(t, d.Retention.ReleasePurge(t.Context(), d.Owner, agreed(stopped(t, d), len(doomed))))
	partial, gone, soon := 0, 0, pace{80 * time.Millisecond, len(doomed) / 6}
	for round := range 15 {
		kill(t, url, "surge", work, way(round%3), soon.within)
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
	purge(t, d)
	if now := wholeOrGone(t, d, all, doomed); now != len(doomed) {
		t.Errorf("%d of %d are gone", now, len(doomed))
	}
	same(t, "stops, notices, entries at the end", [3]int{1, 2, 1}, stopTraces(d))
	if n := fixture.One[int](d, `select agreed from purge_stops`); n != len(doomed) {
		t.Errorf("%d are counted as agreed to", n)
	}
}
