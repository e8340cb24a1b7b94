package main

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"caseward/internal/desk/cases"
	"caseward/internal/seed"
)

// size compares every built-in list, and the counts of all of them, at the large and at the small size.
func (b *bench) size(ctx context.Context) error {
	large, err := b.open(ctx, "bench_large", seed.Input{Cases: b.large, Messages: 1, Progress: b.out})
	if err != nil {
		return err
	}
	defer large.Close(ctx)
	small, err := b.open(ctx, "bench_small", seed.Input{Cases: b.small, Messages: 1})
	if err != nil {
		return err
	}
	defer small.Close(ctx)
	worst, detail := 0.0, ""
	for _, f := range append(cases.Filters(), cases.DeletedView) {
		get := func(s *site) func() error {
			return func() error {
				_, err := s.Cases.List(ctx, s.owner, f, cases.PageInput{})
				return err
			}
		}
		l, s, err := compare(100*b.rounds, get(large), get(small))
		if err != nil {
			return err
		}
		b.say("      list %-12s %.0f µs against %.0f µs, %.2f", f, l, s, l/s)
		if l/s > worst {
			worst, detail = l/s, fmt.Sprintf("the worst is %s: %.0f µs against %.0f µs", f, l, s)
		}
	}
	b.atMost(fmt.Sprintf("lists at %d / at %d cases", b.large, b.small), worst, 1.3, detail)
	counts := func(s *site) func() error { return func() error { return uncachedCounts(ctx, s) } }
	l, s, err := compare(20*b.rounds, counts(large), counts(small))
	if err != nil {
		return err
	}
	b.say("      counts, uncached    %.0f µs against %.0f µs, %.2f", l, s, l/s)
	return b.rowsRead(ctx, large.url)
}

// uncachedCounts asks as a new service would: its cache is empty.
func uncachedCounts(ctx context.Context, s *site) error {
	s.Cases.Changed(s.owner.Workspace, 0)
	_, err := s.Cases.Counts(ctx, s.owner)
	return err
}

// rowsRead tells how many index entries and rows of cases the database looks at for one page of each list: a plan
// that is more than a short range of an index shows here at once.
func (b *bench) rowsRead(ctx context.Context, address string) error {
	for _, f := range append(cases.Filters(), cases.DeletedView, "counts") {
		before, err := b.touched(ctx, address)
		if err != nil {
			return err
		}
		s, err := b.connect(ctx, address)
		if err != nil {
			return err
		}
		const times = 20
		for range times {
			if f == "counts" {
				err = uncachedCounts(ctx, s)
			} else {
				_, err = s.Cases.List(ctx, s.owner, f, cases.PageInput{})
			}
			if err != nil {
				return err
			}
		}
		s.Close(ctx) // a connection that ends hands in its statistics
		after, err := b.touched(ctx, address)
		if err != nil {
			return err
		}
		b.say("      %-12s reads %d index entries of cases, and %d rows by scans of the whole table", f, (after[0]-before[0])/times, (after[1]-before[1])/times)
	}
	return nil
}

// touched are the index entries, and the rows by sequential scans, read of the table of cases so far.
func (b *bench) touched(ctx context.Context, address string) (n [2]int64, err error) {
	time.Sleep(300 * time.Millisecond) // for the last connection to be gone
	conn, err := pgx.Connect(ctx, address)
	if err != nil {
		return n, err
	}
	defer conn.Close(ctx)
	err = conn.QueryRow(ctx, `select (select sum(idx_tup_read)::bigint from pg_stat_user_indexes where relname = 'cases'),
		(select seq_tup_read from pg_stat_user_tables where relname = 'cases')`).Scan(&n[0], &n[1])
	return n, err
}
