package app

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"time"

	"caseward/internal/desk/retention"
)

// exportEvery is how often a serving process looks for new entries of the erasure ledger: what is looked at is one row a workspace.
const exportEvery = time.Second

// requireLedger makes the exported ledger complete, and refuses a database that is older than it.
func (a *App) requireLedger(ctx context.Context) error {
	if a.Config.LedgerFile == "" { // a folder that an operator names has to be there: storage that is not mounted would go unnoticed
		if err := os.MkdirAll(filepath.Dir(a.Config.LedgerPath()), 0o700); err != nil {
			return err
		}
	}
	done, err := a.Ledger.Update(ctx)
	if done.Rebuilt {
		a.log.Warn("the exported erasure ledger was missing and has been made from the database: keep it when a backup is restored",
			"file", a.Config.LedgerPath(), "entries", done.Entries)
	}
	return err
}

// ExportLedger adds to the exported ledger what it lacks.
func (a *App) ExportLedger(ctx context.Context) error {
	_, err := a.Ledger.Update(ctx)
	return err
}

// watchLedger keeps the exported ledger complete until ctx ends. Its error, when the two do not belong together any more, ends the
// program: a backup was restored beneath it. Other failures are logged and tried again.
func (a *App) watchLedger(ctx context.Context) error {
	tick := time.NewTicker(exportEvery)
	defer tick.Stop()
	said := ""
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		_, err := a.Ledger.Update(ctx)
		if _, unfit := errors.AsType[*retention.UnfitError](err); unfit {
			return err
		}
		switch {
		case err == nil:
			said = ""
		case ctx.Err() == nil && err.Error() != said:
			said = err.Error() // once, not every second
			a.log.Error("the erasure ledger could not be exported; it is tried again every second", "err", err)
		}
	}
}
