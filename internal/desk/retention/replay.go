package retention

import (
	"context"
	"fmt"
	"os"
	"slices"

	"github.com/jackc/pgx/v5"

	"caseward/internal/desk/access"
	"caseward/internal/desk/audit"
	"caseward/internal/platform/errs"
	"caseward/internal/platform/ledger"
)

// ReplayJob is who replays, as the audit trail names it.
const ReplayJob = "erasure replay"

// Replayed is what a replay did, or would do.
type Replayed struct {
	Entries  int // of the file that the database lacked
	Cases    int // that were there, and are gone
	Contacts int // likewise
	Absent   int // entries of what the backup does not have
	Held     int // of the cases: had a legal hold in the backup
	Residues int // columns in which a trace of something erased on request was found
	Lost     int `db:"-"` // workspaces with such entries that are not in the backup at all
}

// finished is the replay of a workspace, over all the runs that it took.
type finished struct {
	WorkspaceID access.WorkspaceID
	ID          int64
	Replayed
}

// add counts what one transaction did.
func (r *Replayed) add(more Replayed) {
	r.Entries += more.Entries
	r.Cases += more.Cases
	r.Contacts += more.Contacts
	r.Absent += more.Absent
	r.Held += more.Held
	r.Residues += more.Residues
}

// Replay makes again, in a database that was restored from a backup, every erasure that the file knows and the database lacks, and
// writes the entries back as they were. Killed at any point it leaves each erasure made, with its entry, or not; called again it
// goes on. Nothing else may work on the database. With dry it only counts.
//
// Errors: an *UnfitError where the file is not that of the database, or something worked on the database since, and others of one line.
func (s *Service) Replay(ctx context.Context, x *Export, dry bool) (done Replayed, err error) {
	if _, err := os.Stat(x.file.Path()); err != nil {
		return done, fmt.Errorf("the file of erasures cannot be read: %w", err)
	}
	file, err := x.file.Open(ctx)
	if err != nil {
		return done, err
	}
	p, err := x.plan(ctx, file)
	if err == nil && !dry {
		err = s.begin(ctx, p)
	}
	if err == nil {
		err = s.replayEntries(ctx, file, p, dry, &done)
	}
	file.Close()
	if err == nil && !dry {
		err = s.finishReplay(ctx, &done)
	}
	for ws := range p.lost {
		n := int(p.missing[ws].entries)
		done.add(Replayed{Entries: n, Absent: n})
		done.Lost++
	}
	return done, err
}

// replayBatch is how many entries one transaction writes back.
const replayBatch = 50

// replayEntries goes through the file and makes what is missing, in its order: that of each workspace's chain.
func (s *Service) replayEntries(ctx context.Context, file *ledger.OpenFile, p plan, dry bool, done *Replayed) error {
	var batch []LedgerEntry
	flush := func() error {
		if len(batch) == 0 {
			return nil
		}
		part, err := s.replayBatch(ctx, p, batch, dry)
		if err == nil {
			done.add(part)
		}
		batch = batch[:0]
		return err
	}
	err := file.Each(func(line ledger.FileLine) error {
		ws := access.WorkspaceID(line.Workspace)
		if !p.there[ws] || line.Seq <= p.state.heads[ws].Seq {
			return nil
		}
		e, err := entryOf(line.JSON)
		if err != nil {
			return err
		}
		if len(batch) > 0 && (batch[0].WorkspaceID != ws || len(batch) >= min(s.batch, replayBatch)) {
			if err := flush(); err != nil {
				return err
			}
		}
		batch = append(batch, e)
		return nil
	})
	if err != nil {
		return err
	}
	return flush()
}

// replayBatch makes erasures of one workspace and writes their entries back, in one transaction.
func (s *Service) replayBatch(ctx context.Context, p plan, entries []LedgerEntry, dry bool) (part Replayed, err error) {
	ws := entries[0].WorkspaceID
	err = s.db.AsSystem(ctx, ReplayJob, func(tx pgx.Tx) error {
		part = Replayed{Entries: len(entries)}
		if err := elderTx(ctx, tx, ws, entries); err != nil {
			return err
		}
		if dry {
			return countReplayTx(ctx, tx, ws, entries, &part)
		}
		head, err := ledger.LockHeadTx(ctx, tx, int64(ws), chain)
		if err != nil {
			return err
		}
		if err := s.replayCasesTx(ctx, tx, p.missing[ws], entries, &part); err != nil {
			return err
		}
		for _, e := range entries {
			if e.Kind == ContactErased {
				if err := s.replayContactTx(ctx, tx, e, &part); err != nil {
					return err
				}
			}
		}
		if err := restoreTx(ctx, tx, ws, head, entries); err != nil {
			return err
		}
		_, err = tx.Exec(ctx, `update erasure_replays set entries = entries + $2, cases = cases + $3, contacts = contacts + $4, absent = absent + $5,
				held = held + $6, residues = residues + $7 where workspace_id = $1 and finished_at is null`,
			ws, part.Entries, part.Cases, part.Contacts, part.Absent, part.Held, part.Residues)
		return err
	})
	return part, err
}

// restoreTx writes entries back as they were, behind the one that the workspace's chain ends with.
func restoreTx(ctx context.Context, tx pgx.Tx, ws access.WorkspaceID, head ledger.Link, entries []LedgerEntry) error {
	batch := &pgx.Batch{}
	for _, e := range entries {
		if head = head.Next(e.fields()); !same(head, ledger.Link{Seq: e.Seq, Hash: e.Hash}) {
			return fmt.Errorf("entry %d of workspace %d does not continue the ledger of this database: does something else work on it?", e.Seq, ws)
		}
		batch.Queue(`insert into erasure_ledger (workspace_id, seq, id, kind, case_id, case_number, request_id, requested_by, approved_by,
				at, counts, verification, hash, contact_id, contact_erasure_id) overriding system value
			values ($1, $2, $3, $4, nullif($5::bigint, 0), nullif($6::bigint, 0), $7, $8, $9, $10, $11, $12, $13, $14, $15)`,
			ws, e.Seq, e.ID, e.Kind, e.CaseID, e.CaseNumber, e.RequestID, e.RequestedBy, e.ApprovedBy, e.At, e.Counts, e.Verification, e.Hash,
			e.ContactID, e.ContactErasureID)
	}
	if err := tx.SendBatch(ctx, batch).Close(); err != nil {
		return err
	}
	return ledger.SaveHeadTx(ctx, tx, int64(ws), chain, head)
}

// countReplayTx counts what is there of what would go.
func countReplayTx(ctx context.Context, tx pgx.Tx, ws access.WorkspaceID, entries []LedgerEntry, part *Replayed) error {
	var ids, people []int64
	for _, e := range entries {
		if e.CaseID != 0 {
			ids = append(ids, int64(e.CaseID))
		} else {
			people = append(people, idOf(e.ContactID))
		}
	}
	err := tx.QueryRow(ctx, `select (select count(*) from cases where workspace_id = $1 and id = any ($2)),
		(select count(*) from contacts where workspace_id = $1 and id = any ($3))`, ws, ids, people).Scan(&part.Cases, &part.Contacts)
	part.Absent = len(entries) - part.Cases - part.Contacts
	return err
}

// finishReplay ends the erasures of contacts, which are many small transactions each, and then the replays.
func (s *Service) finishReplay(ctx context.Context, done *Replayed) error {
	if err := s.forgoNotices(ctx); err != nil {
		return err
	}
	if _, err := s.RunForget(ctx); err != nil {
		return fmt.Errorf("an erasure of a contact could not be finished: %w", err)
	}
	return s.db.AsSystem(ctx, ReplayJob, func(tx pgx.Tx) error {
		var left int
		err := tx.QueryRow(ctx, `select count(*) from contact_erasures where replayed and finished_at is null`).Scan(&left)
		if err == nil && left > 0 {
			err = errs.Newf(errs.Conflict, "%d contacts are not erased yet: run the replay again in a minute.", left)
		}
		if err != nil {
			return err
		}
		rows, err := tx.Query(ctx, `update erasure_replays set finished_at = $1 where finished_at is null
			returning workspace_id, id, entries, cases, contacts, absent, held, residues`, s.now())
		if err != nil {
			return err
		}
		list, err := pgx.CollectRows(rows, pgx.RowToStructByName[finished])
		if err != nil {
			return err
		}
		slices.SortFunc(list, func(a, b finished) int { return int(a.WorkspaceID - b.WorkspaceID) })
		var trail []audit.Entry
		*done = Replayed{} // of all runs, not of this one
		for _, r := range list {
			done.add(r.Replayed)
			trail = append(trail, audit.Entry{Actor: access.JobActor(r.WorkspaceID, ReplayJob), Action: "erasures.replayed",
				Object: audit.Object{Kind: "erasure replay", ID: r.ID}, At: s.now(), Details: map[string]any{"entries": r.Entries, "cases": r.Cases,
					"contacts": r.Contacts, "absent": r.Absent, "held": r.Held, "residues": r.Residues}})
		}
		return audit.RecordTx(ctx, tx, trail...)
	})
}
