// Package jobs runs background work through River, in the same database. All work is a Sweep: it looks in the
// tables for what is due and does it, so a job row carries no case data, running one twice is harmless, and work
// that a dying process left is found again.
package jobs

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/rivertype"
)

// Sweep is one kind of background work.
type Sweep struct {
	Name    string        // as in `caseward run NAME`
	Every   time.Duration // how often the leader starts one; one runs at a time, however many processes serve
	Timeout time.Duration // 10 minutes when 0
	// Run does what is due and says in one line what it did. It must be safe to run twice and at the same time
	// as itself, and be found undone, not half done, when it is killed.
	Run func(ctx context.Context) (summary string, err error)
}

// sweepArgs is the only kind of job.
type sweepArgs struct {
	Name string `json:"name" river:"unique"`
}

// Kind is River's name of the job kind.
func (sweepArgs) Kind() string { return "sweep" }

// Enqueuer asks for a sweep from within a transaction. It needs no running worker.
type Enqueuer struct{ client *river.Client[pgx.Tx] }

// NewEnqueuer returns an Enqueuer.
func NewEnqueuer(pool *pgxpool.Pool) (*Enqueuer, error) {
	client, err := river.NewClient(riverpgxv5.New(pool), &river.Config{})
	if err != nil {
		return nil, fmt.Errorf("job queue: %w", err)
	}
	return &Enqueuer{client}, nil
}

// PokeTx has the sweep run as soon as the transaction has committed, not only at its next turn.
func (e *Enqueuer) PokeTx(ctx context.Context, tx pgx.Tx, sweep string) error {
	_, err := e.client.InsertTx(ctx, tx, sweepArgs{sweep}, &river.InsertOpts{MaxAttempts: 1})
	return err
}

// Runner works the jobs of one process.
type Runner struct {
	client *river.Client[pgx.Tx]
	sweeps []Sweep
}

// NewRunner returns a Runner for the sweeps; Start begins to work.
func NewRunner(pool *pgxpool.Pool, sweeps []Sweep, logger *slog.Logger) (*Runner, error) {
	r := &Runner{sweeps: sweeps}
	workers := river.NewWorkers()
	river.AddWorker(workers, &sweepWorker{runner: r, logger: logger})
	var periodic []*river.PeriodicJob
	for _, s := range sweeps {
		periodic = append(periodic, river.NewPeriodicJob(river.PeriodicInterval(s.Every),
			func() (river.JobArgs, *river.InsertOpts) { return sweepArgs{s.Name}, onePending() },
			&river.PeriodicJobOpts{RunOnStart: true}))
	}
	client, err := river.NewClient(riverpgxv5.New(pool), &river.Config{
		Logger:                      slog.New(slog.DiscardHandler), // a failed sweep is logged by the worker
		Queues:                      map[string]river.QueueConfig{river.QueueDefault: {MaxWorkers: 4}},
		Workers:                     workers,
		PeriodicJobs:                periodic,
		FetchCooldown:               5 * time.Millisecond,
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

// onePending lets a sweep wait or run at most once; a completed one is no obstacle to the next.
func onePending() *river.InsertOpts {
	return &river.InsertOpts{MaxAttempts: 1, UniqueOpts: river.UniqueOpts{ByArgs: true, ByState: []rivertype.JobState{
		rivertype.JobStateAvailable, rivertype.JobStatePending, rivertype.JobStateRunning,
		rivertype.JobStateRetryable, rivertype.JobStateScheduled,
	}}}
}

// Start begins to work until Stop.
func (r *Runner) Start(ctx context.Context) error { return r.client.Start(context.WithoutCancel(ctx)) }

// Stop lets running sweeps finish their batch until ctx ends, then cancels them.
func (r *Runner) Stop(ctx context.Context) error {
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

// Work runs the sweep that the job names.
func (w *sweepWorker) Work(ctx context.Context, job *river.Job[sweepArgs]) error {
	_, err := w.runner.RunNow(ctx, job.Args.Name)
	if err != nil && ctx.Err() == nil {
		w.logger.Error("job failed; it runs again at its next turn", "job", job.Args.Name, "err", err)
	}
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
