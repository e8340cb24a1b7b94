// Command caseward is the helpdesk: server, migrations, jobs and tools in one binary.
package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"syscall"
	"time"
	_ "time/tzdata" // workspaces have zones, also on a machine that knows none

	"github.com/alecthomas/kong"

	"caseward/internal/app"
	"caseward/internal/config"
)

// commands is the command line; each command is a file of this folder.
type commands struct {
	Serve     serveCmd     `cmd:"" help:"Serve the web pages, take mail in and work the background jobs."`
	Migrate   migrateCmd   `cmd:"" help:"Change or show the state of the database schema."`
	Database  databaseCmd  `cmd:"" help:"Run the private PostgreSQL alone, for its own tools such as pg_restore; where Caseward runs already, say how they reach it."`
	Demo      demoCmd      `cmd:"" help:"Load the demo workspace. Loading it twice changes nothing."`
	Workspace workspaceCmd `cmd:"" help:"Create a workspace."`
	Staff     staffCmd     `cmd:"" help:"Add or remove support staff, who decide on erasure requests."`
	Run       runCmd       `cmd:"" help:"Run one background job now and print what it did."`
	Import    importCmd    `cmd:"" help:"Take in mail from files, through the same path as SMTP."`
	Erasure   erasureCmd   `cmd:"" help:"Check the erasure ledger, or replay it into a restored backup."`
	Audit     auditCmd     `cmd:"" help:"Check the audit trail."`
	Seed      seedCmd      `cmd:"" help:"Fill a workspace with synthetic cases, for load tests."`
}

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "caseward:", err)
		os.Exit(1)
	}
}

func run() error {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	var cli commands
	k := kong.Parse(&cli, kong.Name("caseward"), kong.UsageOnError(),
		kong.Description("A helpdesk in which nothing disappears by accident, and what must be forgotten is provably forgotten."))
	k.BindTo(ctx, (*context.Context)(nil))
	err := k.Run()
	if errors.Is(err, context.Canceled) {
		return nil // told to stop, and did
	}
	return err
}

// load reads the configuration and makes the logger.
func load() (config.Config, *slog.Logger, error) {
	cfg, err := config.Load(os.Environ())
	if err != nil {
		return cfg, nil, err
	}
	return cfg, slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: cfg.LogLevel})), nil
}

// with builds the program for one command, also beside a running server, and closes it after.
func with(ctx context.Context, fn func(*app.App) error) error {
	cfg, log, err := load()
	if err != nil {
		return err
	}
	return build(ctx, app.Beside(cfg), log, fn)
}

// examining is with for a command that only looks, also at a database that nothing else may work on.
func examining(ctx context.Context, fn func(*app.App) error) error {
	cfg, log, err := load()
	if err != nil {
		return err
	}
	a, err := app.Prepare(ctx, app.Beside(cfg), log)
	if err != nil {
		return err
	}
	defer closeApp(ctx, a)
	return fn(a)
}

func build(ctx context.Context, cfg config.Config, log *slog.Logger, fn func(*app.App) error) error {
	a, err := app.New(ctx, cfg, log)
	if err != nil {
		return err
	}
	defer closeApp(ctx, a)
	err = fn(a)
	if exported := exportLedger(ctx, a); err == nil {
		return exported
	}
	return err
}

// exportLedger copies what a command has erased to the file before it ends.
func exportLedger(ctx context.Context, a *app.App) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer cancel()
	return a.ExportLedger(ctx)
}

// closeApp ends the program's parts even when ctx has ended: that is mostly why it is called.
func closeApp(ctx context.Context, a *app.App) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	a.Close(ctx)
}
