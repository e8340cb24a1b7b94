package embedded

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

const (
	superuser = "postgres" // whoever the operating system user is, so that data can move
	database  = "caseward"
	port      = "5432" // part of the socket's name only

	startingUp = "57P03" // SQLSTATE cannot_connect_now
)

// URL is the connection string, as superuser, of the database.
func (s *Server) URL() string { return s.url(database) }

// Environment is what PostgreSQL's own tools read to reach the database of a connection string that URL or Running returned.
func Environment(address string) []string {
	host := ""
	if u, err := url.Parse(address); err == nil {
		host = u.Query().Get("host")
	}
	return []string{"PGHOST=" + host, "PGPORT=" + port, "PGUSER=" + superuser, "PGDATABASE=" + database}
}

// Tools is the folder of PostgreSQL's own tools, such as pg_dump, that are of the version of the data in a folder of Options.Dir;
// binDir is that of Options.
func Tools(ctx context.Context, dir, binDir string) (string, error) {
	major := 0
	if text, err := os.ReadFile(filepath.Join(dir, "data", "PG_VERSION")); err == nil {
		major, _ = strconv.Atoi(strings.TrimSpace(string(text)))
	}
	found, err := findBinaries(ctx, binDir, major, account{})
	return found.dir, err
}

// url names everything that pgx would otherwise take from PGPORT, PGSSLMODE and the like.
func (s *Server) url(name string) string {
	q := url.Values{"host": {s.socket}, "port": {port}, "user": {superuser}, "sslmode": {"disable"}}
	u := url.URL{Scheme: "postgres", Path: "/" + name, RawQuery: q.Encode()}
	return u.String()
}

// arguments are the command line of postgres. Settings stand here and not in postgresql.conf so
// that a newer program brings its own.
func (s *Server) arguments() []string {
	settings := map[string]string{
		"listen_addresses":        "",
		"port":                    port,
		"unix_socket_directories": s.socket,
		"unix_socket_permissions": "0700",
		"cluster_name":            "caseward",
		"max_connections":         "100",
		"shared_buffers":          "128MB",
		"jit":                     "off", // compiling costs more than our short queries
		"timezone":                "UTC",
		"log_timezone":            "UTC",
		"log_line_prefix":         "%m [%p] ",
		// Statements and details hold people's data, which erasure could not reach in a log.
		"log_statement":           "none",
		"log_min_error_statement": "panic",
		"log_error_verbosity":     "terse",
	}
	maps.Copy(settings, s.opts.ExtraSettings)
	args := []string{"-D", s.seen("data")}
	for _, name := range slices.Sorted(maps.Keys(settings)) {
		args = append(args, "-c", name+"="+settings[name])
	}
	return args
}

// waitReady connects until the server answers. After a crash that can take as long as recovery
// does; the caller's context decides how long is too long.
func (s *Server) waitReady(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	go func() {
		select {
		case <-s.process.done:
			cancel()
		case <-ctx.Done():
		}
	}()
	began, said := time.Now(), false
	for {
		err := s.createDatabase(ctx)
		if err == nil {
			return nil
		}
		if !said && time.Since(began) > 5*time.Second {
			said = true
			s.log.Warn("still waiting for the private PostgreSQL; it may be recovering from a crash", "last", err)
		}
		if pgErr, ok := errors.AsType[*pgconn.PgError](err); ok && pgErr.Code != startingUp {
			return fmt.Errorf("PostgreSQL in %s runs but refuses to serve: %s", s.home.path, pgErr.Message)
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("PostgreSQL did not answer in time (%w); see postgres.log in %s", err, s.home.path)
		case <-time.After(10 * time.Millisecond):
		}
	}
}

// createDatabase connects, and creates the database when it is missing.
func (s *Server) createDatabase(ctx context.Context) error {
	conn, err := pgx.Connect(ctx, s.url("postgres"))
	if err != nil {
		return err
	}
	defer conn.Close(context.WithoutCancel(ctx))
	var there bool
	const find = `select exists (select from pg_database where datname = $1)`
	if err := conn.QueryRow(ctx, find, database).Scan(&there); err != nil || there {
		return err
	}
	_, err = conn.Exec(ctx, "create database "+pgx.Identifier{database}.Sanitize())
	return err
}
