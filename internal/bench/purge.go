package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"caseward/internal/desk/audit"
	"caseward/internal/desk/retention"
	"caseward/internal/platform/clock"
	"caseward/internal/platform/jobs"
	"caseward/internal/seed"
)

// purge compares the purge job with one plain SQL delete of the same rows, each on a copy of the same database.
func (b *bench) purge(ctx context.Context) error {
	const template = "bench_purge"
	s, err := b.open(ctx, template, seed.Input{Cases: b.options.purge, Deleted: 1})
	if err != nil {
		return err
	}
	s.Close(ctx) // a database in use cannot be copied
	job, plain, err := b.onCopies(ctx, template, b.purgeByJob, b.purgeBySQL)
	if err != nil {
		return err
	}
	b.atLeast(fmt.Sprintf("purge of %d cases / one plain delete", b.options.purge), plain/job, 0.25, fmt.Sprintf("%.1f s against %.1f s", job, plain))
	return nil
}

// timed does something to the database at an address and says how long it took.
type timed func(ctx context.Context, address string) (time.Duration, error)

// onCopies runs a job and the plain SQL it is compared with in turn, each on a fresh copy of the same database, and
// returns the median of each in seconds.
func (b *bench) onCopies(ctx context.Context, template string, byJob, bySQL timed) (job, plain float64, err error) {
	copied := template + "_copy"
	var ours, bound []float64
	for range max(1, b.rounds/2) {
		for _, side := range []struct {
			results *[]float64
			run     timed
		}{{&ours, byJob}, {&bound, bySQL}} {
			address, _, err := b.database(ctx, copied, template)
			if err != nil {
				return 0, 0, err
			}
			took, err := side.run(ctx, address)
			if err != nil {
				return 0, 0, err
			}
			*side.results = append(*side.results, took.Seconds())
			if err := b.drop(ctx, copied); err != nil {
				return 0, 0, err
			}
		}
	}
	return median(ours), median(bound), nil
}

// purgeByJob runs the job as it will run when all deadlines have passed.
func (b *bench) purgeByJob(ctx context.Context, address string) (time.Duration, error) {
	s, err := b.connect(ctx, address)
	if err != nil {
		return 0, err
	}
	defer s.Close(ctx)
	later := clock.Fixed(clock.System().Add(30 * 24 * time.Hour))
	enqueuer, err := jobs.NewEnqueuer(s.DB.SystemPool())
	if err != nil {
		return 0, err
	}
	// Somebody has agreed to it: so many at once stop the purge.
	_, err = s.DB.SystemPool().Exec(ctx, `insert into purge_stops (workspace_id, stopped_at, after, due, usual, most, released_at, released_until)
		select id, now(), 'epoch', 0, 0, 0, now(), now() + interval '100 days' from workspaces`)
	if err != nil {
		return 0, err
	}
	r := retention.NewService(s.DB, audit.NewGuard(s.DB, later), s.Cases, enqueuer, later)
	began := time.Now()
	summary, err := r.Purge(ctx)
	took := time.Since(began)
	if err == nil && !strings.Contains(summary, fmt.Sprint(b.options.purge)) {
		err = fmt.Errorf("the job says %q", summary)
	}
	return took, err
}

// purgeBySQL deletes the same rows in one transaction, children first, without batches, locks, counts and ledger.
func (b *bench) purgeBySQL(ctx context.Context, address string) (time.Duration, error) {
	conn, err := pgx.Connect(ctx, address)
	if err != nil {
		return 0, err
	}
	defer conn.Close(ctx)
	began := time.Now()
	err = pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `set local app.retention = 'on';
			create temp table doomed on commit drop as select workspace_id, id from cases where deleted_at is not null and purge_at is not null;
			analyze doomed;
			update mail_ids x set case_id = null from doomed d where x.workspace_id = d.workspace_id and x.case_id = d.id;
			delete from inbound_mails x using doomed d where x.workspace_id = d.workspace_id and x.case_id = d.id;
			delete from outbound_mails x using doomed d where x.workspace_id = d.workspace_id and x.case_id = d.id;
			delete from attachments x using doomed d where x.workspace_id = d.workspace_id and x.case_id = d.id;
			delete from case_search x using doomed d where x.workspace_id = d.workspace_id and x.case_id = d.id;
			delete from case_tags x using doomed d where x.workspace_id = d.workspace_id and x.case_id = d.id;
			delete from activities x using doomed d where x.workspace_id = d.workspace_id and x.case_id = d.id;
			delete from messages x using doomed d where x.workspace_id = d.workspace_id and x.case_id = d.id;
			delete from cases x using doomed d where x.workspace_id = d.workspace_id and x.id = d.id`)
		return err
	})
	return time.Since(began), err
}
