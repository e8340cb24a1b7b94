// Package seed fills a workspace with synthetic cases by COPY, for load tests. What it writes is what the services
// would have written in years of work, except that there is no audit trail and no raw mail of it.
package seed

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"golang.org/x/sync/errgroup"

	"caseward/internal/platform/clock"
	"caseward/internal/platform/db"
	"caseward/internal/platform/errs"
)

// Input says what to make.
type Input struct {
	Workspace string    // its slug
	Cases     int       // added to those that are there
	Messages  int       // of each case; 4 when 0
	Deleted   float64   // the share of deleted cases; 0.03 when 0
	Progress  io.Writer // told every few seconds how far it is; nil: nobody is
}

const (
	batchSize    = 1000 // cases in one transaction: memory stays flat however many are asked for
	workers      = 2
	casesPerson  = 3 // cases of one contact, on average
	progressTime = 5 * time.Second
)

// Run adds the cases and returns what it did in one line. It is safe beside running servers: ids and numbers come
// from the sequences that everybody uses. Stopped half way, whole batches stay.
func Run(ctx context.Context, d *db.DB, in Input) (summary string, err error) {
	if in.Cases < 1 || in.Messages < 0 || in.Messages > 1000 || in.Deleted < 0 || in.Deleted > 1 {
		return "", errs.New(errs.Invalid, "Ask for at least one case and for up to 1000 messages each.")
	}
	if in.Messages == 0 {
		in.Messages = 4
	}
	if in.Deleted == 0 {
		in.Deleted = 0.03
	}
	began := time.Now()
	p, err := findPlace(ctx, d, in.Workspace)
	if err != nil {
		return "", err
	}
	done := &atomic.Int64{}
	stop := report(in, done, began)
	err = load(ctx, d, in, p, done)
	stop()
	if err != nil {
		return fmt.Sprintf("stopped after %d cases", done.Load()), db.Translate(err)
	}
	if err := analyze(ctx, d); err != nil {
		return "", db.Translate(err)
	}
	took := time.Since(began)
	return fmt.Sprintf("added %d cases with %d messages to %s in %v, %.0f cases a second",
		in.Cases, in.Cases*in.Messages, in.Workspace, took.Round(100*time.Millisecond), float64(in.Cases)/took.Seconds()), nil
}

// load has the workers take batch after batch.
func load(ctx context.Context, d *db.DB, in Input, p place, done *atomic.Int64) error {
	batches := make(chan int)
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error {
		defer close(batches)
		for first := 0; first < in.Cases; first += batchSize {
			select {
			case batches <- first:
			case <-ctx.Done():
				return ctx.Err()
			}
		}
		return nil
	})
	now, words := clock.System(), newVocabulary()
	for range workers {
		group.Go(func() error {
			for first := range batches {
				n := min(batchSize, in.Cases-first)
				source := rand.NewPCG(uint64(first), uint64(in.Cases))
				g := &generator{Input: in, place: p, now: now, first: first, words: words, rand: rand.New(source)}
				err := pgx.BeginFunc(ctx, d.SystemPool(), func(tx pgx.Tx) error { return g.loadTx(ctx, tx, n) })
				if err != nil {
					return err
				}
				done.Add(int64(n))
			}
			return nil
		})
	}
	return group.Wait()
}

// report writes progress until the returned function is called.
func report(in Input, done *atomic.Int64, began time.Time) (stop func()) {
	if in.Progress == nil {
		return func() {}
	}
	end, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		tick := time.NewTicker(progressTime)
		defer tick.Stop()
		for {
			select {
			case <-end:
				return
			case <-tick.C:
				n := done.Load()
				fmt.Fprintf(in.Progress, "%d of %d cases, %.0f a second\n", n, in.Cases, float64(n)/time.Since(began).Seconds())
			}
		}
	}()
	return func() {
		close(end)
		<-ended
	}
}

// analyze lets the planner know the new sizes at once.
func analyze(ctx context.Context, d *db.DB) error {
	_, err := d.SystemPool().Exec(ctx, `analyze contacts, contact_emails, cases, messages, activities, case_search, case_tags, mail_ids, outbound_mails`)
	return err
}

// place is the workspace with what cases in it refer to.
type place struct {
	workspace int64
	domain    string // of its own Message-IDs
	queues    []int64
	members   []int64 // who can be assigned cases
	deleters  []int64
	tags      []int64
	retention *int
}

func findPlace(ctx context.Context, d *db.DB, slug string) (p place, err error) {
	err = d.AsSystem(ctx, "seed", func(tx pgx.Tx) error {
		err := tx.QueryRow(ctx, `select w.id, w.retention_days, coalesce((select split_part(a.address, '@', 2) from inbound_addresses a
				where a.workspace_id = w.id and a.is_default), 'caseward.invalid'),
			array(select id from queues where workspace_id = w.id and archived_at is null order by is_default desc, id),
			array(select id from members where workspace_id = w.id and deactivated_at is null and role <> 'viewer' order by id),
			array(select id from members where workspace_id = w.id and deactivated_at is null and role in ('owner', 'admin') order by id),
			array(select id from tags where workspace_id = w.id and archived_at is null order by id limit 20)
			from workspaces w where w.slug = $1`, slug).
			Scan(&p.workspace, &p.retention, &p.domain, &p.queues, &p.members, &p.deleters, &p.tags)
		if errors.Is(err, pgx.ErrNoRows) {
			return errs.Newf(errs.NotFound, "There is no workspace %q.", slug)
		}
		return err
	})
	return p, err
}
