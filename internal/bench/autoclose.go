package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"caseward/internal/desk/audit"
	"caseward/internal/desk/cases"
	"caseward/internal/desk/inactivity"
	"caseward/internal/platform/clock"
	"caseward/internal/seed"
)

// autoclose compares Case Auto Close of everything that is not closed with a plain SQL update of the same rows in batches of
// the same size, each on a copy of the same database, and looks how long it takes to find that nothing is due.
func (b *bench) autoclose(ctx context.Context) error {
	const template = "bench_autoclose"
	s, err := b.open(ctx, template, seed.Input{Cases: b.options.bulk})
	if err != nil {
		return err
	}
	idle, err := b.autocloseIdle(ctx, s)
	s.Close(ctx) // a database in use cannot be copied
	if err != nil {
		return err
	}
	b.atMost(fmt.Sprintf("finding that nothing is due among %d cases, in µs", b.options.bulk), idle, 5000, "")
	closed := ""
	job, plain, err := b.onCopies(ctx, template,
		func(ctx context.Context, address string) (took time.Duration, err error) {
			took, closed, err = b.autocloseByJob(ctx, address)
			return took, err
		}, b.autocloseBySQL)
	if err != nil {
		return err
	}
	b.atLeast("auto close ("+closed+") / SQL update", plain/job, 0.30, fmt.Sprintf("%.1f s against %.1f s", job, plain))
	return nil
}

// switchOn has Auto Close on since before all cases, for every status that it can be asked of.
func (b *bench) switchOn(ctx context.Context, s *site, now clock.Clock) (*inactivity.Service, error) {
	service := inactivity.NewService(s.DB, audit.NewGuard(s.DB, now), s.Cases, s.Messages, s.Ratings, now)
	set, err := service.Get(ctx, s.owner)
	if err != nil {
		return nil, err
	}
	if !set.On() {
		err = service.SetAutoClose(ctx, s.owner, inactivity.AutoCloseInput{On: true, Hours: 1, Statuses: inactivity.Statuses(), Version: set.Version})
		if err != nil {
			return nil, err
		}
	}
	return service, s.DB.AsSystem(ctx, "bench", func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `update inactivity_settings set on_since = '2000-01-01'`)
		return err
	})
}

// autocloseIdle runs the job at a time at which no case is old enough, and returns the median in µs.
func (b *bench) autocloseIdle(ctx context.Context, s *site) (float64, error) {
	var oldest time.Time
	err := s.DB.AsSystem(ctx, "bench", func(tx pgx.Tx) error {
		return tx.QueryRow(ctx, `select min(last_activity_at) from cases`).Scan(&oldest)
	})
	if err != nil {
		return 0, err
	}
	service, err := b.switchOn(ctx, s, clock.Fixed(oldest))
	if err != nil {
		return 0, err
	}
	var took []float64
	for range 50 * b.rounds {
		began := time.Now()
		summary, err := service.AutoClose(ctx)
		took = append(took, float64(time.Since(began).Microseconds()))
		if err != nil || !strings.HasPrefix(summary, "closed 0 ") {
			return 0, fmt.Errorf("%q, %w", summary, err)
		}
	}
	return median(took), nil
}

// autocloseByJob closes them with feed and trail.
func (b *bench) autocloseByJob(ctx context.Context, address string) (took time.Duration, summary string, err error) {
	s, err := b.connect(ctx, address)
	if err != nil {
		return 0, "", err
	}
	defer s.Close(ctx)
	service, err := b.switchOn(ctx, s, clock.Fixed(clock.System().Add(30*24*time.Hour)))
	if err != nil {
		return 0, "", err
	}
	began := time.Now()
	summary, err = service.AutoClose(ctx)
	took = time.Since(began)
	if err == nil {
		var left int
		if left, err = s.countOpen(ctx); err == nil && left > 0 {
			err = fmt.Errorf("%q, and %d are not closed", summary, left)
		}
	}
	return took, summary, err
}

// countOpen counts what Auto Close should have closed.
func (s *site) countOpen(ctx context.Context) (n int, err error) {
	err = s.DB.AsSystem(ctx, "bench", func(tx pgx.Tx) error {
		return tx.QueryRow(ctx, `select count(*) from live_cases where status <> $1 and snoozed_until is null`, cases.Closed).Scan(&n)
	})
	return n, err
}

// autocloseBySQL updates the same rows and nothing else, each batch in a transaction of its own.
func (b *bench) autocloseBySQL(ctx context.Context, address string) (time.Duration, error) {
	conn, err := pgx.Connect(ctx, address)
	if err != nil {
		return 0, err
	}
	defer conn.Close(ctx)
	rows, err := conn.Query(ctx, `select id from live_cases where status <> 'closed' and snoozed_until is null order by status, last_activity_at, id`)
	if err != nil {
		return 0, err
	}
	ids, err := pgx.CollectRows(rows, pgx.RowTo[int64])
	if err != nil {
		return 0, err
	}
	began := time.Now()
	for len(ids) > 0 {
		n := min(bulkBatch, len(ids))
		_, err := conn.Exec(ctx, `update cases set status = 'closed', closed_at = $2
			where workspace_id = (select id from workspaces where slug = $3) and id = any ($1)`, ids[:n], began, slug)
		if err != nil {
			return 0, err
		}
		ids = ids[n:]
	}
	return time.Since(began), nil
}
