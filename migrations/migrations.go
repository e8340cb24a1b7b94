// Package migrations holds the database schema as goose migrations and brings a database up to it.
// A migration that has landed is never edited; a change is a new file.
package migrations

import (
	"cmp"
	"context"
	"database/sql"
	"embed"
	"fmt"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"
)

//go:embed *.sql
var files embed.FS

// Up brings the database to the newest version. Any number of processes may call it at once: goose's
// session lock lets one work and the others wait.
func Up(ctx context.Context, pool *pgxpool.Pool) error {
	return with(pool, func(p *goose.Provider) error {
		_, err := p.Up(ctx)
		return err
	})
}

// Down takes the newest migration back.
func Down(ctx context.Context, pool *pgxpool.Pool) error {
	return with(pool, func(p *goose.Provider) error {
		_, err := p.Down(ctx)
		return err
	})
}

// Status is one migration and whether the database has it.
type Status struct {
	Version int64
	Name    string
	Applied bool
}

// List returns every migration in order.
func List(ctx context.Context, pool *pgxpool.Pool) ([]Status, error) {
	var list []Status
	err := with(pool, func(p *goose.Provider) error {
		rows, err := p.Status(ctx)
		for _, r := range rows {
			name := cmp.Or(r.Source.Path, riverName) // goose knows no name of a migration in Go, and there is one
			list = append(list, Status{r.Source.Version, name, r.State == goose.StateApplied})
		}
		return err
	})
	return list, err
}

func with(pool *pgxpool.Pool, fn func(*goose.Provider) error) error {
	sqlDB := stdlib.OpenDBFromPool(pool)
	defer func() { _ = sqlDB.Close() }()
	provider, err := newProvider(sqlDB)
	if err != nil {
		return err
	}
	return fn(provider)
}

func newProvider(sqlDB *sql.DB) (*goose.Provider, error) {
	locker, err := lock.NewPostgresSessionLocker()
	if err != nil {
		return nil, fmt.Errorf("migration lock: %w", err)
	}
	// Out of order, since several people add migrations at the same time, and none that adds something needs another that does.
	return goose.NewProvider(goose.DialectPostgres, sqlDB, files, goose.WithAllowOutofOrder(true),
		goose.WithSessionLocker(locker), goose.WithGoMigrations(river()), goose.WithDisableGlobalRegistry(true))
}
