package main

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"caseward/internal/desk/bulk"
	"caseward/internal/desk/cases"
	"caseward/internal/seed"
)

// bulkBatch is the size of the batches on both sides: what the job takes at once.
const bulkBatch = 500

// bulk compares a bulk change of the status with a plain SQL update of the same rows in batches of the same size, each
// on a copy of the same database.
func (b *bench) bulk(ctx context.Context) error {
	const template = "bench_bulk"
	s, err := b.open(ctx, template, seed.Input{Cases: b.options.bulk})
	if err != nil {
		return err
	}
	s.Close(ctx) // a database in use cannot be copied
	changed := 0
	job, plain, err := b.onCopies(ctx, template,
		func(ctx context.Context, address string) (took time.Duration, err error) {
			took, changed, err = b.bulkByJob(ctx, address)
			return took, err
		}, b.bulkBySQL)
	if err != nil {
		return err
	}
	b.atLeast(fmt.Sprintf("bulk status change of %d cases / SQL update", changed), plain/job, 0.5, fmt.Sprintf("%.1f s against %.1f s", job, plain))
	return nil
}

// bulkByJob finds the closed cases and opens them, with feed, trail and what an undo needs.
func (b *bench) bulkByJob(ctx context.Context, address string) (took time.Duration, changed int, err error) {
	s, err := b.connect(ctx, address)
	if err != nil {
		return 0, 0, err
	}
	defer s.Close(ctx)
	status := cases.OnHold
	began := time.Now()
	id, err := s.Bulk.Start(ctx, s.owner, bulk.StartInput{
		All: &bulk.Scope{Filter: cases.AllClosed}, Change: cases.Many{Do: cases.UpdateMany, Status: &status},
	})
	if err != nil {
		return 0, 0, err
	}
	if _, err := s.Bulk.Run(ctx); err != nil {
		return 0, 0, err
	}
	took = time.Since(began)
	a, err := s.Bulk.Get(ctx, s.owner, id)
	if err == nil && (a.State != bulk.Done || a.Changed != a.Total || a.Changed == 0) {
		err = fmt.Errorf("%d of %d changed, %s", a.Changed, a.Total, a.State)
	}
	return took, a.Changed, err
}

// bulkBySQL updates the same rows and nothing else, each batch in a transaction of its own.
func (b *bench) bulkBySQL(ctx context.Context, address string) (time.Duration, error) {
	conn, err := pgx.Connect(ctx, address)
	if err != nil {
		return 0, err
	}
	defer conn.Close(ctx)
	rows, err := conn.Query(ctx, `select id from cases where status = 'closed' and deleted_at is null and spam_at is null and merged_into_id is null order by id`)
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
		_, err := conn.Exec(ctx, `update cases set status = 'on_hold', closed_at = null, last_activity_at = $2
			where workspace_id = (select id from workspaces where slug = $3) and id = any ($1)`, ids[:n], began, slug)
		if err != nil {
			return 0, err
		}
		ids = ids[n:]
	}
	return time.Since(began), nil
}
