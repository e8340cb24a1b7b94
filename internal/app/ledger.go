package app

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"caseward/internal/desk/retention"
	"caseward/internal/platform/ledger"
)

// servingLock is shared by all who serve a database; a replay has it alone.
const servingLock = "serving"

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

// ReplayErasures erases again what a restored backup has brought back, by the exported ledger or by another copy of it, and says in
// a sentence what that was. With dry it only looks.
func (a *App) ReplayErasures(ctx context.Context, path string, dry bool) (done string, err error) {
	release, ok, err := a.DB.Hold(ctx, servingLock, false)
	if err != nil {
		return "", err
	}
	if !ok {
		return "", errors.New("this database is being served by Caseward, or replayed into already: stop that first")
	}
	defer release()
	from := a.Ledger
	if path != "" {
		from = retention.NewExport(a.DB, ledger.NewFile(path))
	}
	r, err := a.Retention.Replay(ctx, from, dry)
	if err != nil {
		return "", err
	}
	if dry {
		return "Nothing was changed. A replay would find this: " + replayed(r), nil
	}
	// Cases that only the backup gave to an erased contact have new entries.
	return replayed(r), a.requireLedger(ctx)
}

func replayed(r retention.Replayed) string {
	if r.Entries == 0 {
		return "The database lacks no erasure that the file knows."
	}
	said := fmt.Sprintf("The database lacked %s. %s and %s of theirs were in it; %s of what this backup does not have.",
		number(r.Entries, "entry", "entries"), number(r.Cases, "case", "cases"), number(r.Contacts, "contact", "contacts"),
		number(r.Absent, "entry is", "entries are"))
	if r.Held > 0 {
		said += fmt.Sprintf(" %s on legal hold when the backup was made; they were released, and erased, after that.", number(r.Held, "of these was", "of these were"))
	}
	if r.Lost > 0 {
		said += fmt.Sprintf(" %s not in this backup at all; no other gets that number.", number(r.Lost, "workspace is", "workspaces are"))
	}
	if r.Residues > 0 {
		said += fmt.Sprintf(" The search found traces in %s, as copies in other cases are: look for what was redacted there since.", number(r.Residues, "column", "columns"))
	}
	return said
}

func number(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}
