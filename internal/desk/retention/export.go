package retention

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/jackc/pgx/v5"

	"caseward/internal/desk/access"
	"caseward/internal/platform/db"
	"caseward/internal/platform/ledger"
)

// Export keeps a copy of the erasure ledgers of all workspaces in a file outside of the database, so that a restored backup can be
// told what has been erased since it was made. It is not safe for use at the same time; every process has its own, on the same file
// or on one of its own.
type Export struct {
	db   *db.DB
	file *ledger.File
}

// NewExport returns an Export to a file, which is made with its first entry.
func NewExport(d *db.DB, file *ledger.File) *Export { return &Export{d, file} }

// UnfitError says why a database and a file do not belong together, or not yet. Nothing may work on the database then.
type UnfitError struct {
	Missing int64 // erasures that the database lacks, and a replay would make; 0: it is not that
	text    string
}

// Error is one line that says what to do.
func (e *UnfitError) Error() string { return e.text }

func behind(path string, missing int64) error {
	what := fmt.Sprintf("%d erasures of %s are", missing, path)
	if missing == 1 {
		what = fmt.Sprintf("1 erasure of %s is", path)
	}
	return &UnfitError{missing, what + " missing in this database, which was restored from a backup, it seems: run “caseward erasure replay”"}
}

func differ(path string, ws access.WorkspaceID, seq int64) error {
	return &UnfitError{0, fmt.Sprintf("CASEWARD_LEDGER_FILE: the erasure ledger of workspace %d is another one in %s than in this database, "+
		"at the latest from entry %d on: use the database or the file that belongs to the other", ws, path, seq)}
}

func foreignFile(path string) error {
	return &UnfitError{0, fmt.Sprintf("CASEWARD_LEDGER_FILE: %s is the erasure ledger of another installation than this database: "+
		"name another file, or use the database that it belongs to", path)}
}

// Exported is what an update did.
type Exported struct {
	Entries int  // that were added
	Rebuilt bool // the file was missing though there were entries
}

// Update adds what the file lacks; nothing is written where the two do not fit. Errors: an *UnfitError, and others of one line.
func (x *Export) Update(ctx context.Context) (done Exported, err error) {
	file, err := x.file.Open(ctx)
	if err != nil {
		return done, err
	}
	defer file.Close()
	// Only now, so that whatever another process has added to the file is in the database that is asked.
	state, err := x.stateOf(ctx)
	if err != nil {
		return done, err
	}
	if err := state.fits(file); err != nil {
		return done, err
	}
	done.Rebuilt = file.Installation() == ""
	for _, ws := range slices.Sorted(maps.Keys(state.heads)) {
		n, err := x.add(ctx, file, state, ws)
		done.Entries += n
		if err != nil {
			return done, err
		}
	}
	done.Rebuilt = done.Rebuilt && done.Entries > 0
	return done, nil
}

// ledgerState is what a database has.
type ledgerState struct {
	installation string
	heads        map[access.WorkspaceID]ledger.Link
	lost         map[access.WorkspaceID]ledger.Link // workspaces that a restored backup did not have
	unfinished   bool                               // a replay was interrupted
}

func (x *Export) stateOf(ctx context.Context) (state ledgerState, err error) {
	err = x.db.AsSystem(ctx, "ledger export", func(tx pgx.Tx) error {
		state, err = stateTx(ctx, tx)
		return err
	})
	return state, err
}

func stateTx(ctx context.Context, tx pgx.Tx) (ledgerState, error) {
	state := ledgerState{heads: map[access.WorkspaceID]ledger.Link{}, lost: map[access.WorkspaceID]ledger.Link{}}
	err := tx.QueryRow(ctx, `select id::text, exists (select from erasure_replays where finished_at is null) from installation`).
		Scan(&state.installation, &state.unfinished)
	if err != nil {
		return state, err
	}
	if err := linksTx(ctx, tx, state.heads, `select workspace_id, seq, hash from ledger_heads where chain = '`+chain+`'`); err != nil {
		return state, err
	}
	return state, linksTx(ctx, tx, state.lost, `select id, seq, hash from lost_workspaces`)
}

func linksTx(ctx context.Context, tx pgx.Tx, links map[access.WorkspaceID]ledger.Link, query string) error {
	rows, err := tx.Query(ctx, query)
	if err != nil {
		return err
	}
	var ws access.WorkspaceID
	var l ledger.Link
	_, err = pgx.ForEachRow(rows, []any{&ws, &l.Seq, &l.Hash}, func() error {
		links[ws] = ledger.Link{Seq: l.Seq, Hash: bytes.Clone(l.Hash)}
		return nil
	})
	return err
}

// fits says why a file cannot be continued with what the database has.
func (state ledgerState) fits(file *ledger.OpenFile) error {
	if its := file.Installation(); its != "" && its != state.installation {
		return foreignFile(file.Path())
	}
	if err := state.knowsTorn(file); err != nil {
		return err
	}
	var missing int64
	for workspace, tail := range file.Tails() {
		ws := access.WorkspaceID(workspace)
		head := state.heads[ws]
		switch {
		case tail.Seq > head.Seq && !same(state.lost[ws], tail):
			missing += tail.Seq - head.Seq
		case tail.Seq == head.Seq && !same(head, tail):
			return differ(file.Path(), ws, tail.Seq)
		}
	}
	switch {
	case missing == 0 && state.unfinished:
		return &UnfitError{0, "the replay of erasures into this database was interrupted: run “caseward erasure replay” again, which goes on with it"}
	case missing == 0:
		return nil
	}
	if err := state.begins(file); err != nil {
		return err
	}
	return behind(file.Path(), missing)
}

// knowsTorn refuses a last line that was cut short unless the database has its entry, which is then written anew: it is all that is
// left of an erasure which a restored backup may lack.
func (state ledgerState) knowsTorn(file *ledger.OpenFile) error {
	torn := file.Torn()
	if torn == nil || torn.Seq > 0 && state.heads[access.WorkspaceID(torn.Workspace)].Seq >= torn.Seq {
		return nil
	}
	for ws, head := range state.heads {
		if torn.Seq == 0 && head.Seq > file.Tails()[int64(ws)].Seq {
			return nil
		}
	}
	return &UnfitError{0, fmt.Sprintf("CASEWARD_LEDGER_FILE: the last line of %s was cut short, and this database does not have its erasure: "+
		"put a whole copy of the file in its place; where there is none, erase again what was erased last, and take that line off", file.Path())}
}

func same(a, b ledger.Link) bool { return a.Seq == b.Seq && bytes.Equal(a.Hash, b.Hash) }

// begins checks that what the database has is how the file begins.
func (state ledgerState) begins(file *ledger.OpenFile) error {
	return file.Each(func(line ledger.FileLine) error {
		ws := access.WorkspaceID(line.Workspace)
		if head := state.heads[ws]; head.Seq == line.Seq && !same(head, line.Link) {
			return differ(file.Path(), ws, line.Seq)
		}
		return nil
	})
}

// exportBatch is how many entries are in memory, and written, at once.
const exportBatch = 2000

// add adds the entries of a workspace that the file lacks.
func (x *Export) add(ctx context.Context, file *ledger.OpenFile, state ledgerState, ws access.WorkspaceID) (added int, err error) {
	for head := state.heads[ws]; ; {
		tail := file.Tails()[int64(ws)]
		if tail.Seq >= head.Seq {
			return added, nil
		}
		// From the one that the file ends with, to see that it is the same.
		var entries []LedgerEntry
		err := x.db.AsSystem(ctx, "ledger export", func(tx pgx.Tx) error {
			entries, err = entriesTx(ctx, tx, ws, max(tail.Seq-1, 0), exportBatch)
			return err
		})
		if err != nil {
			return added, err
		}
		if tail.Seq > 0 {
			if len(entries) == 0 || !same(ledger.Link{Seq: entries[0].Seq, Hash: entries[0].Hash}, tail) {
				return added, differ(file.Path(), ws, tail.Seq)
			}
			entries = entries[1:]
		}
		if len(entries) == 0 || entries[0].Seq != tail.Seq+1 {
			return added, fmt.Errorf("the erasure ledger of workspace %d lacks entry %d: run “caseward erasure verify”", ws, tail.Seq+1)
		}
		if err := appendLines(file, state.installation, entries); err != nil {
			return added, err
		}
		added += len(entries)
	}
}

func appendLines(file *ledger.OpenFile, installation string, entries []LedgerEntry) error {
	lines := make([][]byte, len(entries))
	for i, e := range entries {
		var err error
		if lines[i], err = e.line(); err != nil {
			return err
		}
	}
	return file.Append(installation, lines)
}

// Verify checks every entry of the file against the one before it, and the file against the database. It returns how many there
// are; the error is one line.
func (x *Export) Verify(ctx context.Context) (entries int, err error) {
	file, err := x.file.Open(ctx)
	if err != nil {
		return 0, err
	}
	defer file.Close()
	if entries, err = verifyLines(file); err != nil {
		return entries, err
	}
	state, err := x.stateOf(ctx)
	if err != nil {
		return entries, err
	}
	return entries, state.fits(file)
}

// verifyLines checks that every line is what its hash says.
func verifyLines(file *ledger.OpenFile) (entries int, err error) {
	tails := map[int64]ledger.Link{}
	err = file.Each(func(line ledger.FileLine) error {
		e, err := entryOf(line.JSON)
		if err != nil || int64(e.WorkspaceID) != line.Workspace {
			return &UnfitError{0, fmt.Sprintf("%s: entry %d of workspace %d cannot be read", file.Path(), line.Seq, line.Workspace)}
		}
		if !same(tails[line.Workspace].Next(e.fields()), line.Link) {
			return &UnfitError{0, fmt.Sprintf("%s: entry %d of workspace %d, or the one before it, was changed", file.Path(), line.Seq, line.Workspace)}
		}
		tails[line.Workspace] = line.Link
		entries++
		return nil
	})
	return entries, err
}
