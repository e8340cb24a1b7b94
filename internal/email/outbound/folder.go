package outbound

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"caseward/internal/desk/message"
	"caseward/internal/platform/clock"
	"caseward/internal/platform/db"
)

// Folder writes each mail to a file, for an installation without a relay: one sees what would have been sent.
type Folder struct {
	Dir string
	Now clock.Clock
}

// FilesSweep is the job that removes what Folder wrote, as in `caseward run NAME`.
const FilesSweep = message.OutboxFilesSweep

// keepFiles is how long one can look at a mail that was not sent.
const keepFiles = 24 * time.Hour

// Send writes the mail as .eml, complete or not at all.
func (f Folder) Send(_ context.Context, m Mail) error {
	if err := os.MkdirAll(f.Dir, 0o700); err != nil {
		return fmt.Errorf("outbox folder: %w", err)
	}
	name := fmt.Sprintf("case-%d-", m.Case) + f.Now().Format("20060102-150405.000000") + "-" + rand.Text()[:6] + ".eml"
	unfinished := filepath.Join(f.Dir, "."+name)
	if err := os.WriteFile(unfinished, m.Raw, 0o600); err != nil {
		return fmt.Errorf("outbox folder: %w", err)
	}
	return os.Rename(unfinished, filepath.Join(f.Dir, name))
}

// fileCase is the case that a file's name begins with; ok is false where it names none.
func fileCase(name string) (id int64, ok bool) {
	rest, found := strings.CutPrefix(name, "case-")
	number, _, _ := strings.Cut(rest, "-")
	id, err := strconv.ParseInt(number, 10, 64)
	return id, found && err == nil && id > 0
}

// Sweep returns the body of the job: it removes files that are old, those of cases that are gone, and those
// written before content of their case was erased.
func (f Folder) Sweep(d *db.DB) func(ctx context.Context) (string, error) {
	return func(ctx context.Context) (string, error) {
		entries, err := os.ReadDir(f.Dir)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return "", fmt.Errorf("outbox folder: %w", err)
		}
		there, err := casesOf(ctx, d, entries)
		if err != nil {
			return "", err
		}
		removed := 0
		for _, e := range entries {
			if !strings.HasSuffix(e.Name(), ".eml") || !f.outdated(e, there) {
				continue
			}
			if err := os.Remove(filepath.Join(f.Dir, e.Name())); err != nil && !errors.Is(err, fs.ErrNotExist) {
				return "", fmt.Errorf("outbox folder: %w", err)
			}
			removed++
		}
		return fmt.Sprintf("removed %d files", removed), nil
	}
}

func (f Folder) outdated(e fs.DirEntry, there map[int64]time.Time) bool {
	info, err := e.Info()
	if err != nil || f.Now().Sub(info.ModTime()) > keepFiles {
		return err == nil
	}
	id, ok := fileCase(e.Name())
	redacted, isThere := there[id]
	// What was being sent at that moment was written a little later.
	return ok && (!isThere || !redacted.IsZero() && info.ModTime().Before(redacted.Add(sendTimeout)))
}

// casesOf returns which of the cases that files belong to are still there, with when content of them was last erased.
func casesOf(ctx context.Context, d *db.DB, entries []fs.DirEntry) (map[int64]time.Time, error) {
	var ids []int64
	for _, e := range entries {
		if id, ok := fileCase(e.Name()); ok {
			ids = append(ids, id)
		}
	}
	there := map[int64]time.Time{}
	if len(ids) == 0 {
		return there, nil
	}
	err := d.AsSystem(ctx, "outbox files", func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, `select c.id, (select max(r.created_at) from redactions r where r.workspace_id = c.workspace_id and r.case_id = c.id)
			from cases c where c.id = any ($1)`, ids)
		if err != nil {
			return err
		}
		var id int64
		var redacted *time.Time
		_, err = pgx.ForEachRow(rows, []any{&id, &redacted}, func() error {
			there[id] = time.Time{}
			if redacted != nil {
				there[id] = *redacted
			}
			return nil
		})
		return err
	})
	return there, err
}
