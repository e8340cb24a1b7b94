package retention

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/jackc/pgx/v5"

	"caseward/internal/desk/access"
	"caseward/internal/desk/cases"
	"caseward/internal/desk/hold"
	"caseward/internal/desk/message"
	"caseward/internal/platform/errs"
)

// replayCasesTx erases the cases of entries that the backup has, in whatever state they are there, as they were erased at first:
// by the same map of tables, and with a search for what is left. all are the cases that any entry of the replay names.
func (s *Service) replayCasesTx(ctx context.Context, tx pgx.Tx, ws access.WorkspaceID, all map[cases.ID]bool, entries []LedgerEntry, part *Replayed) error {
	if _, err := tx.Exec(ctx, `set local app.retention = 'on'`); err != nil {
		return err
	}
	var list []doomed
	wordy := false // something was erased on request: its words are searched for
	for _, e := range entries {
		if e.CaseID == 0 {
			continue
		}
		c, err := cases.LockByIDTx(ctx, tx, ws, e.CaseID)
		if errors.Is(err, pgx.ErrNoRows) {
			part.Absent++
			continue
		}
		if err != nil {
			return err
		}
		if c.Number != e.CaseNumber {
			return fmt.Errorf("case %d of workspace %d has the number %d, and entry %d of the file says %d: this is not a backup of that installation",
				c.ID, ws, c.Number, e.Seq, e.CaseNumber)
		}
		if err := s.partTx(ctx, tx, c, all, e); err != nil {
			return err
		}
		list = append(list, doomed{c.ID, c.Number})
		wordy = wordy || e.Kind == CaseErased
	}
	if len(list) == 0 {
		return nil
	}
	return s.eraseAgainTx(ctx, tx, ws, list, wordy, part)
}

// partTx undoes merges that the backup has and that were undone before the erasure: what goes is what went then. The contents of a
// case that was merged stand in the other one, so they would go with it, or stay with it.
func (s *Service) partTx(ctx context.Context, tx pgx.Tx, c cases.Case, all map[cases.ID]bool, e LedgerEntry) error {
	job := access.JobActor(c.WorkspaceID, ReplayJob)
	if c.MergedIntoID != nil && !all[*c.MergedIntoID] && hadMessages(e) {
		into, err := cases.LockByIDTx(ctx, tx, c.WorkspaceID, *c.MergedIntoID)
		if err != nil {
			return err
		}
		if err := message.UnmergeTx(ctx, tx, job, c, &into, s.now()); err != nil {
			return fmt.Errorf("case %d was merged into case %d when the backup was made, and on its own when it was erased; "+
				"the merge cannot be undone: %w", c.Number, into.Number, err)
		}
	}
	rows, err := tx.Query(ctx, `select c.id from cases c left join case_merges m on m.workspace_id = $1 and m.case_id = c.id
		where c.workspace_id = $1 and c.merged_into_id = $2 and c.id <> all ($3) order by m.id desc nulls last`,
		c.WorkspaceID, c.ID, slices.Collect(maps.Keys(all)))
	if err != nil {
		return err
	}
	ids, err := pgx.CollectRows(rows, pgx.RowTo[cases.ID])
	if err != nil {
		return err
	}
	for _, id := range ids {
		from, err := cases.LockByIDTx(ctx, tx, c.WorkspaceID, id)
		if err != nil {
			return err
		}
		err = message.UnmergeTx(ctx, tx, job, from, &c, s.now())
		if errs.Is(err, errs.Conflict) { // it stays, without what cannot be told from the other one's
			_, err = tx.Exec(ctx, `update cases set merged_into_id = null where workspace_id = $1 and id = $2`, c.WorkspaceID, id)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// hadMessages reports whether the case had something of its own when it was erased: a redirect has not.
func hadMessages(e LedgerEntry) bool {
	var removed map[string]int
	return json.Unmarshal(e.Counts, &removed) == nil && removed["messages"] > 0
}

func (s *Service) eraseAgainTx(ctx context.Context, tx pgx.Tx, ws access.WorkspaceID, list []doomed, wordy bool, part *Replayed) error {
	// A hold in the backup was released before the case was erased: the ledger says that it was.
	t, err := pickTx(ctx, tx, ws, list, hold.Check{})
	if err == nil && len(t.busy) > 0 {
		err = errs.New(errs.Conflict, "Something else works on this database. Stop it, then run the replay again.")
	}
	if err != nil {
		return err
	}
	list = once(t.list)
	var traces []string
	if wordy {
		if traces, err = tracesTx(ctx, tx, ws, list); err != nil {
			return err
		}
	}
	if _, err := eraseTx(ctx, tx, ws, list); err != nil {
		return err
	}
	// Without traces only the columns that name cases are looked at.
	v, err := s.verifyTx(ctx, tx, ws, list, traces)
	if err != nil {
		return err
	}
	part.Cases += len(list)
	part.Residues += len(v.Residues)
	_, err = tx.Exec(ctx, `update erasure_requests set state = 'done', finished_at = $3 where workspace_id = $1 and case_id = any ($2)
		and state in ('open', 'approved')`, ws, idsOf(list), s.now())
	return err
}
