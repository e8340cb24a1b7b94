package retention

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"caseward/internal/desk/access"
	"caseward/internal/desk/audit"
	"caseward/internal/desk/cases"
	"caseward/internal/desk/hold"
	"caseward/internal/desk/message"
	"caseward/internal/desk/notify"
)

// Fulfil erases the cases whose permanent deletion staff have approved. Erasure, verification and ledger entry are
// one transaction each case: killed at any point, a case is untouched or provably gone.
// A case that cannot be erased does not keep the others waiting.
func (s *Service) Fulfil(ctx context.Context) (summary string, err error) {
	total := 0
	failed := []RequestID{} // or left for the next run: a mail for the case is just coming in, or a hold stands on it
	var failures []error
	for {
		r, done, err := s.fulfilOne(ctx, failed)
		switch {
		case err == nil && r != nil && !done:
			failed = append(failed, r.ID)
		case err != nil && r != nil && ctx.Err() == nil:
			failed, failures = append(failed, r.ID), append(failures, err)
		case err != nil || r == nil:
			return fmt.Sprintf("erased %d cases", total), errors.Join(append(failures, err)...)
		default:
			total++
		}
	}
}

type approved struct {
	WorkspaceID access.WorkspaceID
	ID          RequestID
	CaseID      cases.ID
	RequestedBy access.MemberID
	DecidedBy   access.UserID
}

// fulfilOne erases the case of the oldest approved request that nobody else works on; nil when there is none. With an
// error it says which request failed.
func (s *Service) fulfilOne(ctx context.Context, except []RequestID) (r *approved, done bool, err error) {
	var c cases.Case
	err = s.db.AsSystem(ctx, "erasure", func(tx pgx.Tx) error {
		if r, err = nextApprovedTx(ctx, tx, except); err != nil || r == nil {
			return err
		}
		// First the case, then its request: the order of everybody who decides.
		if c, err = cases.LockByIDTx(ctx, tx, r.WorkspaceID, r.CaseID); err != nil {
			return err
		}
		t, err := takeTx(ctx, tx, r.WorkspaceID, []doomed{{c.ID, c.Number}})
		if done = t.free(c.ID); err != nil || !done {
			return err
		}
		return s.fulfilTx(ctx, tx, *r, c, t.list)
	})
	if err == nil && r != nil && done {
		s.cases.Changed(r.WorkspaceID, c.Number)
	}
	return r, done, err
}

// nextApprovedTx locks the case, not yet the request. An approved request stays approved until its case is gone: as long as a
// legal hold stands on that, too.
func nextApprovedTx(ctx context.Context, tx pgx.Tx, except []RequestID) (*approved, error) {
	rows, err := tx.Query(ctx, `select r.workspace_id, r.id, r.case_id, r.requested_by, r.decided_by from erasure_requests r
		join cases c on c.workspace_id = r.workspace_id and c.id = r.case_id
		where r.state = 'approved' and r.id <> all ($1::bigint[]) and not `+hold.OnCase("c")+`
		order by r.requested_at, r.workspace_id, r.id limit 1 for update of c skip locked`, except)
	if err != nil {
		return nil, err
	}
	found, err := pgx.CollectRows(rows, pgx.RowToStructByName[approved])
	if err != nil || len(found) == 0 {
		return nil, err
	}
	return &found[0], nil
}

func (s *Service) fulfilTx(ctx context.Context, tx pgx.Tx, r approved, c cases.Case, list []doomed) error {
	traces, err := tracesTx(ctx, tx, r.WorkspaceID, list)
	if err != nil {
		return err
	}
	if err := goneTx(ctx, tx, "erasure", s.now()); err != nil {
		return err
	}
	removed, err := eraseTx(ctx, tx, r.WorkspaceID, list)
	if err != nil {
		return err
	}
	verification, err := s.verifyTx(ctx, tx, r.WorkspaceID, list, traces)
	if err != nil {
		return err
	}
	found, err := json.Marshal(verification)
	if err != nil {
		return err
	}
	now := s.now()
	var entries []LedgerEntry
	for _, d := range list {
		rows, err := json.Marshal(removed[d.ID])
		if err != nil {
			return err
		}
		entries = append(entries, LedgerEntry{
			Kind: CaseErased, CaseID: d.ID, CaseNumber: d.Number, RequestID: &r.ID, RequestedBy: &r.RequestedBy, ApprovedBy: &r.DecidedBy,
			At: now, Counts: rows, Verification: found,
		})
	}
	_, err = tx.Exec(ctx, `update erasure_requests set state = 'done', finished_at = $3 where workspace_id = $1 and id = $2`, r.WorkspaceID, r.ID, now)
	if err != nil {
		return err
	}
	err = recordErasedTx(ctx, tx, r, c.Number, map[string]any{"request": r.ID, "residues": len(verification.Residues)}, now)
	if err != nil {
		return err
	}
	if err := s.jobs.PokeTx(ctx, tx, message.OutboxFilesSweep); err != nil {
		return err
	}
	return appendTx(ctx, tx, r.WorkspaceID, entries)
}

// recordErasedTx leaves the entry in the trail and tells who asked for the erasure.
func recordErasedTx(ctx context.Context, tx pgx.Tx, r approved, n cases.Number, details map[string]any, now time.Time) error {
	job := access.JobActor(r.WorkspaceID, ErasureSweep)
	err := audit.RecordTx(ctx, tx, audit.Entry{Actor: job, Action: "case.erased", Object: audit.Case(int64(n)), At: now, Details: details})
	if err != nil {
		return err
	}
	return notify.AddTx(ctx, tx, r.WorkspaceID, notify.Event{
		Kind: notify.ErasureDecided, Request: int64(r.ID), To: []access.MemberID{r.RequestedBy}, Actor: job, At: now,
	})
}
