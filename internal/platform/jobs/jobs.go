// Package jobs runs background work through River, in the same database. All work is a Sweep: it looks in the
// tables for what is due and does it, so a job row carries no case data, running one twice is harmless, and work
// that a dying process left is found again.
package jobs

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
)

// Sweep is one kind of background work.
type Sweep struct {
	Name    string        // as in `caseward run NAME`
	Every   time.Duration // how often one is due; one runs at a time, however many processes serve, and no other sweep waits for it
	Timeout time.Duration // 10 minutes when 0
	// Run does what is due and says in one line what it did. It must be safe to run twice and at the same time
	// as itself, and be found undone, not half done, when it is killed.
	Run func(ctx context.Context) (summary string, err error)
}

// fetchCooldown is how long River waits between two looks at a queue; its default delays every poke.
const fetchCooldown = 5 * time.Millisecond

// sweepArgs is the only kind of job.
type sweepArgs struct {
	Name string `json:"name"`
}

// Kind is River's name of the job kind.
func (sweepArgs) Kind() string { return "sweep" }

// queueOf is a River queue of the sweep's own, so that one that hangs, or is asked for often, leaves the others alone.
func queueOf(sweep string) string { return strings.ReplaceAll(sweep, " ", "-") }

// once is how a sweep is asked for. It is not unique in River's sense: that would have to count a running one, and the
// row of one whose process was killed says "running" for an hour. The worker merges what waits instead.
func once(sweep string) *river.InsertOpts {
	return &river.InsertOpts{Queue: queueOf(sweep), MaxAttempts: 1}
}

// Enqueuer asks for a sweep from within a transaction. It needs no running worker.
type Enqueuer struct{ client *river.Client[pgx.Tx] }

// NewEnqueuer returns an Enqueuer.
func NewEnqueuer(pool *pgxpool.Pool) (*Enqueuer, error) {
	client, err := river.NewClient(riverpgxv5.New(pool), &river.Config{FetchCooldown: fetchCooldown})
	if err != nil {
		return nil, fmt.Errorf("job queue: %w", err)
	}
	return &Enqueuer{client}, nil
}

// PokeTx has the sweep run as soon as the transaction has committed, not only at its next turn. If it runs already, it
// runs once more after that.
func (e *Enqueuer) PokeTx(ctx context.Context, tx pgx.Tx, sweep string) error {
	_, err := e.client.InsertTx(ctx, tx, sweepArgs{sweep}, once(sweep))
	return err
}

// Runner works the jobs of one process.
type Runner struct {
	client *river.Client[pgx.Tx]
	pool   *pgxpool.Pool
	locks  *locks
	sweeps []Sweep
}

// NewRunner returns a Runner for the sweeps; Start begins to work.
func NewRunner(pool *pgxpool.Pool, sweeps []Sweep, logger *slog.Logger) (*Runner, error) {
	r := &Runner{pool: pool, locks: newLocks(pool.Config().ConnConfig), sweeps: sweeps}
	workers := river.NewWorkers()
	river.AddWorker(workers, &sweepWorker{runner: r, logger: logger})
	var periodic []*river.PeriodicJob
	queues := map[string]river.QueueConfig{}
	for _, s := range sweeps {
		queues[queueOf(s.Name)] = river.QueueConfig{MaxWorkers: 1}
		periodic = append(periodic, river.NewPeriodicJob(river.PeriodicInterval(s.Every),
			func() (river.JobArgs, *river.InsertOpts) { return sweepArgs{s.Name}, once(s.Name) },
			&river.PeriodicJobOpts{RunOnStart: true}))
	}
	client, err := river.NewClient(riverpgxv5.New(pool), &river.Config{
		Logger:                      slog.New(slog.DiscardHandler), // a failed sweep is logged by the worker
		Queues:                      queues,
		Workers:                     workers,
		PeriodicJobs:                periodic,
		FetchCooldown:               fetchCooldown,
		JobTimeout:                  -1, // each sweep brings its own
		CompletedJobRetentionPeriod: time.Minute,
		DiscardedJobRetentionPeriod: time.Hour,
	})
	if err != nil {
		return nil, fmt.Errorf("job queue: %w", err)
	}
	r.client = client
	return r, nil
}

// Start begins to work until Stop.
func (r *Runner) Start(ctx context.Context) error { return r.client.Start(context.WithoutCancel(ctx)) }

// Stop lets running sweeps finish their batch until ctx ends, then cancels them.
func (r *Runner) Stop(ctx context.Context) error {
	defer r.locks.close(context.WithoutCancel(ctx))
	if err := r.client.Stop(ctx); err != nil {
		return r.client.StopAndCancel(context.WithoutCancel(ctx))
	}
	return nil
}

// Names lists the sweeps in order.
func (r *Runner) Names() []string {
	var names []string
	for _, s := range r.sweeps {
		names = append(names, s.Name)
	}
	return names
}

// RunNow runs one sweep in the calling goroutine and returns its line.
func (r *Runner) RunNow(ctx context.Context, name string) (string, error) {
	i := slices.IndexFunc(r.sweeps, func(s Sweep) bool { return s.Name == name })
	if i < 0 {
		return "", fmt.Errorf("there is no job %q; the jobs are %v", name, r.Names())
	}
	return r.sweeps[i].Run(ctx)
}

type sweepWorker struct {
	river.WorkerDefaults[sweepArgs]
	runner *Runner
	logger *slog.Logger
}

// busyWait is after how long one asks again for a sweep that another process runs.
const busyWait = time.Second

// Work runs the sweep that the job names.
func (w *sweepWorker) Work(ctx context.Context, job *river.Job[sweepArgs]) error {
	err := w.merge(ctx, job)
	if err == nil {
		err = w.work(ctx, job.Args.Name)
	}
	if _, waits := errors.AsType[*river.JobSnoozeError](err); err != nil && !waits && ctx.Err() == nil {
		w.logger.Error("job failed; it runs again at its next turn", "job", job.Args.Name, "err", err)
	}
	return err
}

// work runs the sweep unless another process does: then this job waits its turn.
func (w *sweepWorker) work(ctx context.Context, name string) error {
	free, err := w.runner.locks.try(ctx, name)
	if err != nil {
		return err
	}
	if !free {
		return river.JobSnooze(busyWait)
	}
	defer w.runner.locks.release(ctx, name)
	_, err = w.runner.RunNow(ctx, name)
	return err
}

// merge drops the other jobs that ask for the same sweep: what they were to find is committed, so this run finds it.
func (w *sweepWorker) merge(ctx context.Context, job *river.Job[sweepArgs]) error {
	_, err := w.runner.pool.Exec(ctx, `delete from river_job where id in (select id from river_job
		where state in ('available', 'scheduled') and queue = $1 and kind = $2 and id <> $3 for update skip locked)`,
		job.Queue, job.Kind, job.ID)
	return err
}

// Timeout gives each sweep its own limit.
func (w *sweepWorker) Timeout(job *river.Job[sweepArgs]) time.Duration {
	i := slices.IndexFunc(w.runner.sweeps, func(s Sweep) bool { return s.Name == job.Args.Name })
	if i < 0 || w.runner.sweeps[i].Timeout == 0 {
		return 10 * time.Minute
	}
	return w.runner.sweeps[i].Timeout
}
