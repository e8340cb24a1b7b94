package retention

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"caseward/internal/desk/access"
	"caseward/internal/desk/audit"
	"caseward/internal/desk/cases"
)

// Fulfil erases the cases whose permanent deletion staff have approved. Erasure, verification and ledger entry are
// one transaction each case: killed at any point, a case is untouched or provably gone.
func (s *Service) Fulfil(ctx context.Context) (summary string, err error) {
	total := 0
	for {
		found, err := s.fulfilOne(ctx)
		if err != nil || !found {
			return fmt.Sprintf("erased %d cases", total), err
		}
		total++
	}
}

type approved struct {
	WorkspaceID access.WorkspaceID
	ID          RequestID
	CaseID      cases.ID
	RequestedBy access.MemberID
	DecidedBy   access.UserID
}

func (s *Service) fulfilOne(ctx context.Context) (found bool, err error) {
	var r approved
	var c cases.Case
	err = s.db.AsSystem(ctx, "erasure", func(tx pgx.Tx) error {
		found = false
		rows, err := tx.Query(ctx, `select workspace_id, id, case_id, requested_by, decided_by from erasure_requests
			where state = 'approved' order by requested_at limit 1 for update skip locked`)
		if err != nil {
			return err
		}
		r, err = pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[approved])
		if errors.Is(err, pgx.ErrNoRows) {
			return nil
		}
		if err != nil {
			return err
		}
		found = true
		// Nobody waits for this request's row while holding the case: an approved request is past all decisions.
		if c, err = cases.LockByIDTx(ctx, tx, r.WorkspaceID, r.CaseID); err != nil {
			return err
		}
		return s.fulfilTx(ctx, tx, r, c)
	})
	if err == nil && found {
		s.cases.Changed(r.WorkspaceID, c.Number)
	}
	return found, err
}

func (s *Service) fulfilTx(ctx context.Context, tx pgx.Tx, r approved, c cases.Case) error {
	list, err := withRedirectsTx(ctx, tx, r.WorkspaceID, []doomed{{c.ID, c.Number}})
	if err != nil {
		return err
	}
	traces, err := tracesTx(ctx, tx, r.WorkspaceID, list)
	if err != nil {
		return err
	}
	removed, err := eraseTx(ctx, tx, r.WorkspaceID, list)
	if err != nil {
		return err
	}
	verification, err := verifyTx(ctx, tx, r.WorkspaceID, list, traces)
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
	err = audit.RecordTx(ctx, tx, audit.Entry{
		Actor: access.JobActor(r.WorkspaceID, ErasureSweep), Action: "case.erased", Object: audit.Case(int64(c.Number)), At: now,
		Details: map[string]any{"request": r.ID, "residues": len(verification.Residues)},
	})
	if err != nil {
		return err
	}
	return appendTx(ctx, tx, r.WorkspaceID, entries)
}
