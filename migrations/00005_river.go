package migrations

import (
	"context"
	"database/sql"
	"fmt"
	"strings"

	"github.com/pressly/goose/v3"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/rivermigrate"
)

// riverName is the name of this migration, as the others have it from their files.
const riverName = "00005_river.go"

// riverVersion pins River's own schema version, so that a library update never changes the schema by itself.
const riverVersion = 8

// river creates the job tables and lets requests enqueue: args hold ids only, so the tables need no tenant policy.
func river() *goose.Migration {
	return goose.NewGoMigration(5, &goose.GoFunc{RunDB: riverUp}, &goose.GoFunc{RunDB: riverDown})
}

// riverUp runs River's migrations one transaction each: version 4 adds an enum value that version 6 uses,
// which PostgreSQL refuses within one transaction. Those that an interrupted run finished are passed over.
func riverUp(ctx context.Context, db *sql.DB) error {
	migrator, err := rivermigrate.New(riverpgxv5.New(nil), nil)
	if err != nil {
		return err
	}
	done, err := riverDone(ctx, db)
	if err != nil {
		return err
	}
	for version := done + 1; version <= riverVersion; version++ {
		m, err := migrator.GetVersion(version)
		if err != nil {
			return err
		}
		// River marks where a schema's name would go; within a string literal the mark is no comment.
		up := strings.ReplaceAll(m.SQLUp, "/* TEMPLATE: schema */", "")
		if err := inTx(ctx, db, up, riverMark(version)); err != nil {
			return fmt.Errorf("river migration %d: %w", version, err)
		}
	}
	return inTx(ctx, db, `grant select, insert, update on river_job to caseward_app;
		grant usage on sequence river_job_id_seq to caseward_app;
		grant select, insert on river_notification to caseward_app;
		grant usage on sequence river_notification_id_seq to caseward_app`)
}

func riverDown(ctx context.Context, db *sql.DB) error {
	return inTx(ctx, db, `drop table river_job, river_leader, river_queue, river_notification, river_migration cascade;
		drop function river_job_state_in_bitmask; drop type river_job_state`)
}

// riverMark records the version where River's own tools look for it; before version 5 the table had no line.
func riverMark(version int) string {
	switch {
	case version < 5:
		return fmt.Sprintf(`insert into river_migration (version) values (%d)`, version)
	default:
		return fmt.Sprintf(`insert into river_migration (line, version) values ('main', %d)`, version)
	}
}

func riverDone(ctx context.Context, db *sql.DB) (version int, err error) {
	var exists bool
	if err = db.QueryRowContext(ctx, `select to_regclass('river_migration') is not null`).Scan(&exists); err != nil || !exists {
		return 0, err
	}
	err = db.QueryRowContext(ctx, `select coalesce(max(version), 0) from river_migration`).Scan(&version)
	return version, err
}

func inTx(ctx context.Context, db *sql.DB, statements ...string) error {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }()
	for _, s := range statements {
		if _, err := tx.ExecContext(ctx, s); err != nil {
			return err
		}
	}
	return tx.Commit()
}
