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
// by the same map of tables, and with a search for what is left. m knows all cases that any entry of the replay names.
func (s *Service) replayCasesTx(ctx context.Context, tx pgx.Tx, m *missing, entries []LedgerEntry, part *Replayed) error {
	for len(entries) > 0 {
		// What went for one reason at one moment goes together: insights count it as they did.
		n := 1
		for n < len(entries) && entries[n].Kind == entries[0].Kind && entries[n].At.Equal(entries[0].At) {
			n++
		}
		if entries[0].Kind != ContactErased {
			if err := s.replayGroupTx(ctx, tx, m, entries[:n], part); err != nil {
				return err
			}
		}
		entries = entries[n:]
	}
	return nil
}

func (s *Service) replayGroupTx(ctx context.Context, tx pgx.Tx, m *missing, group []LedgerEntry, part *Replayed) error {
	if _, err := tx.Exec(ctx, `set local app.retention = 'on'`); err != nil {
		return err
	}
	ws := group[0].WorkspaceID
	var list []doomed
	for _, e := range group {
		c, err := cases.LockByIDTx(ctx, tx, ws, e.CaseID)
		if errors.Is(err, pgx.ErrNoRows) {
			if !m.along[e.CaseID] {
				part.Absent++
			}
			continue
		}
		if err != nil {
			return err
		}
		if c.Number != e.CaseNumber {
			return fmt.Errorf("case %d of workspace %d has the number %d, and entry %d of the file says %d: this is not a backup of that installation",
				c.ID, ws, c.Number, e.Seq, e.CaseNumber)
		}
		if err := s.partTx(ctx, tx, c, m.cases, e); err != nil {
			return err
		}
		list = append(list, doomed{c.ID, c.Number})
	}
	if len(list) == 0 {
		return nil
	}
	gone, err := s.eraseAgainTx(ctx, tx, group[0], list, part)
	for _, d := range gone {
		m.along[d.ID] = true
	}
	return err
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

// eraseAgainTx erases locked cases as the entry's case was, and returns them with what had been merged into them.
func (s *Service) eraseAgainTx(ctx context.Context, tx pgx.Tx, e LedgerEntry, list []doomed, part *Replayed) ([]doomed, error) {
	ws := e.WorkspaceID
	// A hold in the backup was released before the case was erased: the ledger says that it was.
	held, err := hold.HeldTx(ctx, tx, ws, idsOf(list))
	if err != nil {
		return nil, err
	}
	t, err := takeHeldTx(ctx, tx, ws, list)
	if err == nil && len(t.busy)+len(held.Busy) > 0 {
		err = errs.New(errs.Conflict, "Something else works on this database. Stop it, then run the replay again.")
	}
	if err != nil {
		return nil, err
	}
	list = once(t.list)
	var traces []string
	if e.Kind == CaseErased { // on request: its words are searched for
		if traces, err = tracesTx(ctx, tx, ws, list); err != nil {
			return nil, err
		}
	}
	if err := becauseTx(ctx, tx, e, list); err != nil {
		return nil, err
	}
	if _, err := eraseTx(ctx, tx, ws, list); err != nil {
		return nil, err
	}
	// Without traces only the columns that name cases are looked at.
	v, err := s.verifyTx(ctx, tx, ws, list, traces)
	if err != nil {
		return nil, err
	}
	part.Cases += len(list)
	part.Held += len(held.Held)
	part.Residues += len(v.Residues)
	_, err = tx.Exec(ctx, `update erasure_requests set state = 'done', finished_at = $3 where workspace_id = $1 and case_id = any ($2)
		and state in ('open', 'approved')`, ws, idsOf(list), s.now())
	return list, err
}

// becauseTx has insights count the cases as they did when they went: of spam they count nothing.
func becauseTx(ctx context.Context, tx pgx.Tx, e LedgerEntry, list []doomed) error {
	cause := "erasure"
	switch e.Kind {
	case CasePurged:
		cause = "purge"
	case SpamErased:
		_, err := tx.Exec(ctx, `update cases set spam_at = coalesce(spam_at, $3), spam_cause = 'agent' where workspace_id = $1 and id = any ($2)`,
			e.WorkspaceID, idsOf(list), e.At)
		if err != nil {
			return err
		}
	}
	return goneTx(ctx, tx, cause, e.At)
}
