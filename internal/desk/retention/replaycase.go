package retention

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"caseward/internal/desk/cases"
	"caseward/internal/desk/hold"
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
		residue, err := s.partTx(ctx, tx, c, m.cases, e)
		if err != nil {
			return err
		}
		part.Residues += residue
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

// eraseAgainTx erases locked cases as the entry's case was, and returns them with what had been merged into them.
func (s *Service) eraseAgainTx(ctx context.Context, tx pgx.Tx, e LedgerEntry, list []doomed, part *Replayed) ([]doomed, error) {
	ws := e.WorkspaceID
	// A hold in the backup was released before the case was erased: the ledger says that it was.
	held, err := hold.HeldTx(ctx, tx, ws, idsOf(list))
	if err != nil {
		return nil, err
	}
	t, err := takeDespiteHoldsTx(ctx, tx, ws, list)
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
	// Who was merged into one of them before that one was merged is no redirect to it. Such a case has an entry that is still to come.
	_, err = tx.Exec(ctx, `delete from case_merges where workspace_id = $1 and into_id = any ($2) and case_id <> all ($2)`, ws, idsOf(list))
	if err != nil {
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

// becauseTx has insights count the cases as they did when they went: of spam they count nothing, but what went to Spam with its
// contact they count.
func becauseTx(ctx context.Context, tx pgx.Tx, e LedgerEntry, list []doomed) error {
	cause := "erasure"
	switch e.Kind {
	case CasePurged:
		cause = "purge"
	case SpamErased:
		_, err := tx.Exec(ctx, `update cases c set spam_at = coalesce(spam_at, $3), spam_cause = coalesce(spam_cause, case when exists (select from contacts k
				where k.workspace_id = $1 and k.id = c.contact_id and k.deleted_at is not null) then $4 else 'agent' end)
			where workspace_id = $1 and id = any ($2)`, e.WorkspaceID, idsOf(list), e.At, cases.ContactDeleted)
		if err != nil {
			return err
		}
	}
	return goneTx(ctx, tx, cause, e.At)
}
