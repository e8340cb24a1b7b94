// Package testdb gives each test a database of its own: a clone of a template that holds the migrated schema.
package testdb

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"caseward/internal/platform/db"
	"caseward/internal/testkit/testpg"
	"caseward/migrations"
)

// New returns a migrated, empty database that is dropped when the test ends. Tests may run in parallel, in any
// number of processes.
func New(t testing.TB) *db.DB {
	t.Helper()
	d, err := db.Open(t.Context(), NewURL(t), db.Options{RequestConns: 8, SystemConns: 8})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(d.Close)
	return d
}

// NewURL is New for code that connects by itself.
func NewURL(t testing.TB) string {
	t.Helper()
	s, err := shared()
	if err != nil {
		t.Fatal(err)
	}
	name := fmt.Sprintf("caseward_test_%d_%d", os.Getpid(), s.clones.Add(1))
	if err := s.clone(t.Context(), name); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.drop(t, name) })
	return withDatabase(s.url, name)
}

// Copy returns a database that is what the one at url is now, as a backup that is restored would be. It cuts the connections to
// that one, as a pool notices with its next statements.
func Copy(t testing.TB, url string) string {
	t.Helper()
	s, err := shared()
	if err != nil {
		t.Fatal(err)
	}
	from, err := pgx.ParseConfig(url)
	if err != nil {
		t.Fatal(err)
	}
	name := fmt.Sprintf("caseward_test_%d_%d", os.Getpid(), s.clones.Add(1))
	for range 50 {
		_, _ = s.admin.Exec(t.Context(), "select pg_terminate_backend(pid, 1000) from pg_stat_activity where datname = $1", from.Database)
		if _, err = s.admin.Exec(t.Context(), "create database "+name+" template "+pgx.Identifier{from.Database}.Sanitize()); err == nil {
			t.Cleanup(func() { s.drop(t, name) })
			return withDatabase(s.url, name)
		}
	}
	t.Fatal(err)
	return ""
}

// Empty returns the address of a database without anything, for what a backup is restored into.
func Empty(t testing.TB) string {
	t.Helper()
	s, err := shared()
	if err != nil {
		t.Fatal(err)
	}
	name := fmt.Sprintf("caseward_test_%d_%d", os.Getpid(), s.clones.Add(1))
	if _, err := s.admin.Exec(t.Context(), "create database "+name+" template template0"); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.drop(t, name) })
	return withDatabase(s.url, name)
}

// server is where the databases live, shared by all tests of the process.
type server struct {
	url      string
	admin    *pgxpool.Pool
	template string
	clones   atomic.Int64
}

// shared connects once per process, as late as the first test that wants a database: the one global, because
// tests of a package have no other place that they share.
var shared = sync.OnceValues(func() (*server, error) {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	s := &server{url: os.Getenv(testpg.EnvURL)}
	if s.url == "" {
		started, _, err := testpg.Start(ctx) // ends with the process
		if err != nil {
			return nil, err
		}
		s.url = started
	}
	return s, s.prepare(ctx)
})

func (s *server) prepare(ctx context.Context) error {
	fingerprint, err := migrations.Fingerprint()
	if err != nil {
		return err
	}
	s.template = "caseward_template_" + fingerprint
	cfg, err := pgxpool.ParseConfig(s.url)
	if err != nil {
		return fmt.Errorf("%s is not a PostgreSQL address: %w", testpg.EnvURL, err)
	}
	cfg.MaxConns = 4
	if s.admin, err = pgxpool.NewWithConfig(ctx, cfg); err != nil {
		return err
	}
	return s.admin.AcquireFunc(ctx, func(conn *pgxpool.Conn) error { return s.buildTemplate(ctx, conn) })
}

// templateLock keeps processes from building the template at the same time.
const templateLock = 7301544209

// buildTemplate migrates under another name and renames, so that a killed process leaves no half template.
func (s *server) buildTemplate(ctx context.Context, conn *pgxpool.Conn) error {
	if _, err := conn.Exec(ctx, "select pg_advisory_lock($1)", templateLock); err != nil {
		return err
	}
	defer func() { _, _ = conn.Exec(context.WithoutCancel(ctx), "select pg_advisory_unlock($1)", templateLock) }()
	var there bool
	err := conn.QueryRow(ctx, "select exists (select from pg_database where datname = $1)", s.template).Scan(&there)
	if err != nil || there {
		return err
	}
	building := s.template + "_building"
	if err := execAll(ctx, conn, "drop database if exists "+building+" with (force)", "create database "+building); err != nil {
		return err
	}
	if err := migrate(ctx, withDatabase(s.url, building)); err != nil {
		return err
	}
	return execAll(ctx, conn,
		"alter database "+building+" with allow_connections false", // PostgreSQL cannot clone what is in use
		"alter database "+building+" rename to "+s.template)
}

func execAll(ctx context.Context, conn *pgxpool.Conn, statements ...string) error {
	for _, statement := range statements {
		if _, err := conn.Exec(ctx, statement); err != nil {
			return fmt.Errorf("%s: %w", statement, err)
		}
	}
	return nil
}

func migrate(ctx context.Context, url string) error {
	pool, err := pgxpool.New(ctx, url)
	if err != nil {
		return err
	}
	defer pool.Close()
	return migrations.Up(ctx, pool)
}

func (s *server) clone(ctx context.Context, name string) error {
	statement := "create database " + name + " template " + s.template
	_, err := s.admin.Exec(ctx, statement)
	if pgErr, ok := errors.AsType[*pgconn.PgError](err); ok && pgErr.Code == "42P04" { // left by a dead process of this number
		_, _ = s.admin.Exec(ctx, "drop database "+name+" with (force)")
		_, err = s.admin.Exec(ctx, statement)
	}
	if err != nil {
		return fmt.Errorf("clone the template database: %w", err)
	}
	return nil
}

// drop runs after the test, whose context has ended by then.
func (s *server) drop(t testing.TB, name string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	if _, err := s.admin.Exec(ctx, "drop database "+pgx.Identifier{name}.Sanitize()+" with (force)"); err != nil {
		t.Errorf("drop the test database: %v", err)
	}
}

func withDatabase(address, name string) string {
	u, err := url.Parse(address)
	if err != nil {
		return address // pgx reports it
	}
	u.Path = "/" + name
	return u.String()
}
