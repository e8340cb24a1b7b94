// Package db opens PostgreSQL and is the only way to it. A request works inside one workspace as a role that
// row level security binds; the few tasks that cross workspaces say so with AsSystem.
package db

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"caseward/internal/platform/errs"
)

// requestRole is the role of requests: no table's owner, no bypass of row level security. See migration 1.
const requestRole = "caseward_app"

// Options size the two pools. The zero value is the default.
type Options struct {
	RequestConns     int32         // connections for requests; 16 when 0
	SystemConns      int32         // connections for sign-in, jobs and sweeps; 12 when 0
	StatementTimeout time.Duration // for requests; 15 s when 0
	AcquireTimeout   time.Duration // how long a request waits for a connection before it is Busy; 10 s when 0
}

// DB holds the pool of requests and the pool of the system.
type DB struct {
	requests *pgxpool.Pool
	system   *pgxpool.Pool
	patience time.Duration
}

// Open connects to the server at url. The system pool acts as the user of the url; run the migrations on it
// before the first InWorkspace, since they create the role of requests.
func Open(ctx context.Context, url string, opt Options) (*DB, error) {
	system, err := open(ctx, url, or(opt.SystemConns, 12), nil)
	if err != nil {
		return nil, err
	}
	timeout := or(opt.StatementTimeout, 15*time.Second)
	requests, err := open(ctx, url, or(opt.RequestConns, 16), []string{
		"set role " + requestRole,
		fmt.Sprintf("set statement_timeout = %d", timeout.Milliseconds()),
	})
	if err != nil {
		system.Close()
		return nil, err
	}
	return &DB{requests: requests, system: system, patience: or(opt.AcquireTimeout, 10*time.Second)}, nil
}

func open(ctx context.Context, url string, conns int32, onConnect []string) (*pgxpool.Pool, error) {
	cfg, err := pgxpool.ParseConfig(url)
	if err != nil {
		return nil, errors.New("DATABASE_URL is not a PostgreSQL address such as postgres://user:password@host:5432/caseward")
	}
	cfg.MaxConns = conns
	cfg.MaxConnIdleTime = 5 * time.Minute
	cfg.ConnConfig.RuntimeParams["timezone"] = "UTC"
	cfg.ConnConfig.RuntimeParams["application_name"] = "caseward"
	cfg.AfterConnect = func(ctx context.Context, conn *pgx.Conn) error {
		for _, statement := range onConnect {
			if _, err := conn.Exec(ctx, statement); err != nil {
				return err
			}
		}
		return nil
	}
	return pgxpool.NewWithConfig(ctx, cfg)
}

func or[T comparable](v, fallback T) T {
	var zero T
	if v == zero {
		return fallback
	}
	return v
}

// Close waits for running transactions and closes both pools.
func (d *DB) Close() {
	d.requests.Close()
	d.system.Close()
}

// Ping reports whether the server answers.
func (d *DB) Ping(ctx context.Context) error { return d.system.Ping(ctx) }

// SystemPool is for the libraries that bring their own queries: goose, River, the session store.
func (d *DB) SystemPool() *pgxpool.Pool { return d.system }

// RequestConns tells how many request connections are in use, and the limit; for metrics.
func (d *DB) RequestConns() (used, limit int32) {
	s := d.requests.Stat()
	return s.AcquiredConns(), s.MaxConns()
}

// InWorkspace runs fn in a transaction that sees one workspace. A deadlock or serialization failure is tried
// again, so fn must have no effect outside the transaction. Errors come back as *errs.Error.
func (d *DB) InWorkspace(ctx context.Context, workspace int64, fn func(tx pgx.Tx) error) error {
	// The setting lasts as long as the transaction. The number is typed, so it cannot carry SQL.
	begin := "begin; set local app.workspace_id = " + strconv.FormatInt(workspace, 10)
	return d.request(ctx, func(conn *pgxpool.Conn) error { return run(ctx, conn, pgx.TxOptions{BeginQuery: begin}, fn) })
}

// QueryRow runs one statement in a workspace, as InWorkspace would, in one round trip: a batch without a transaction
// around it is one of its own, for which the setting lasts.
func (d *DB) QueryRow(ctx context.Context, workspace int64, scan func(row pgx.Row) error, sql string, args ...any) error {
	batch := &pgx.Batch{}
	batch.Queue(`select set_config('app.workspace_id', $1, true)`, strconv.FormatInt(workspace, 10))
	batch.Queue(sql, args...).QueryRow(scan)
	return d.request(ctx, func(conn *pgxpool.Conn) error { return Translate(conn.SendBatch(ctx, batch).Close()) })
}

// ReadWorkspace is InWorkspace for reading only: all its queries see one snapshot, and the server refuses a write.
func (d *DB) ReadWorkspace(ctx context.Context, workspace int64, fn func(tx pgx.Tx) error) error {
	if s, ok := ctx.Value(snapshotKey{}).(*snapshot); ok && s.workspace == workspace {
		return Translate(fn(s.tx))
	}
	begin := "begin isolation level repeatable read read only; set local app.workspace_id = " + strconv.FormatInt(workspace, 10)
	return d.request(ctx, func(conn *pgxpool.Conn) error { return run(ctx, conn, pgx.TxOptions{BeginQuery: begin}, fn) })
}

// AsSystem runs fn in a transaction that sees every workspace. It is for sign-in, the look-up of inbound
// addresses, the staff console and the jobs of retention; reason says which, and shows in pg_stat_activity.
func (d *DB) AsSystem(ctx context.Context, reason string, fn func(tx pgx.Tx) error) error {
	return run(ctx, d.system, pgx.TxOptions{BeginQuery: "begin /* " + reason + " */"}, fn)
}

// Hold takes a lock of the database by name, on a connection of its own that ends with this process, until release is called. Any
// number may share it, or one may have it alone; ok is false where that is not so.
func (d *DB) Hold(ctx context.Context, name string, shared bool) (release func(), ok bool, err error) {
	pooled, err := d.system.Acquire(ctx)
	if err != nil {
		return nil, false, Translate(err)
	}
	conn := pooled.Hijack()
	release = func() { _ = conn.Close(context.WithoutCancel(ctx)) }
	take := "pg_try_advisory_lock"
	if shared {
		take = "pg_try_advisory_lock_shared"
	}
	err = conn.QueryRow(ctx, "select "+take+"(hashtextextended('caseward ' || $1, 0))", name).Scan(&ok)
	if err != nil || !ok {
		release()
	}
	return release, ok, Translate(err)
}

// Querier runs single statements.
type Querier interface {
	Exec(ctx context.Context, sql string, args ...any) (pgconn.CommandTag, error)
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
	QueryRow(ctx context.Context, sql string, args ...any) pgx.Row
}

// SystemStatement is AsSystem for a single statement, which needs no transaction around it: one round trip instead of
// three, where every request and every mail begins.
func (d *DB) SystemStatement(fn func(q Querier) error) error { return Translate(fn(d.system)) }

// request lends fn a connection for requests. Where all stay in use the caller hears so, while it can still be told.
func (d *DB) request(ctx context.Context, fn func(conn *pgxpool.Conn) error) error {
	waiting, cancel := context.WithTimeout(ctx, d.patience)
	conn, err := d.requests.Acquire(waiting)
	cancel()
	if errors.Is(err, context.DeadlineExceeded) && ctx.Err() == nil {
		return errs.Wrap(errs.Busy, "More is asked of Caseward than it can do at once. Wait a few seconds, then try again.", err)
	}
	if err != nil {
		return Translate(err)
	}
	defer conn.Release()
	return fn(conn)
}

const maxTries = 4

// beginner is a pool, or a connection of it.
type beginner interface {
	BeginTx(ctx context.Context, opt pgx.TxOptions) (pgx.Tx, error)
}

func run(ctx context.Context, on beginner, opt pgx.TxOptions, fn func(pgx.Tx) error) error {
	var err error
	for range maxTries {
		err = pgx.BeginTxFunc(ctx, on, opt, fn)
		if !retryable(err) || ctx.Err() != nil {
			break
		}
	}
	return Translate(err)
}

// retryable reports a failure that only says the transaction met another one: serialization failure, deadlock.
func retryable(err error) bool {
	pgErr, ok := errors.AsType[*pgconn.PgError](err)
	return ok && (pgErr.Code == "40001" || pgErr.Code == "40P01")
}
