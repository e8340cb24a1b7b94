package bulk

import (
	"context"

	"github.com/jackc/pgx/v5"

	"caseward/internal/desk/access"
	"caseward/internal/desk/cases"
	"caseward/internal/platform/errs"
)

// collectBatch is how many cases are listed in one transaction; half of it after each failure, which may be for want of
// time.
const collectBatch = 5000

func (s *Service) collectTx(ctx context.Context, tx pgx.Tx, actor access.Actor, a *Action, l lane, lost string) error {
	size := collectBatch >> l.Failures
	var found []cases.Cursor
	if lost == "" {
		var after *cases.Cursor
		if l.CursorAt != nil {
			after = &cases.Cursor{At: *l.CursorAt, ID: cases.ID(l.CursorID)}
		}
		var err error
		if found, err = s.matchesTx(ctx, tx, actor, *a.Scope, after, size); err != nil {
			return err
		}
	}
	ids := make([]cases.ID, len(found))
	for i, c := range found {
		ids[i] = c.ID
	}
	added, err := tx.Exec(ctx, `insert into bulk_items (workspace_id, bulk_id, case_id) select $1, $2, unnest($3::bigint[])
		on conflict do nothing`, a.WorkspaceID, a.ID, ids)
	if err != nil {
		return err
	}
	a.Total += int(added.RowsAffected())
	if len(found) == size {
		last := found[len(found)-1]
		l.CursorAt, l.CursorID = &last.At, int64(last.ID)
		if err := saveLaneTx(ctx, tx, l); err != nil {
			return err
		}
		return saveTx(ctx, tx, *a)
	}
	if _, err := closeLanesTx(ctx, tx, a, l.Lane); err != nil {
		return err
	}
	// What was searched for may name somebody, and is of no use any more.
	a.State, a.Scope = Working, &Scope{}
	if err := saveTx(ctx, tx, *a); err != nil {
		return err
	}
	return s.openLanesTx(ctx, tx, *a, a.Total)
}

func (s *Service) matchesTx(ctx context.Context, tx pgx.Tx, actor access.Actor, scope Scope, after *cases.Cursor, size int) ([]cases.Cursor, error) {
	if scope.Query != "" {
		return s.search.IDsTx(ctx, tx, actor, scope.Query, after, size)
	}
	return cases.IDsTx(ctx, tx, actor, scope.Filter, after, size)
}

// workTx changes the next cases of a lane; through when there are none.
func (s *Service) workTx(ctx context.Context, tx pgx.Tx, actor access.Actor, a Action, l lane, size int, lost string) (through bool, err error) {
	list, err := itemsTx(ctx, tx, l, a.State, size)
	if err != nil || len(list) == 0 {
		return err == nil, err
	}
	var results []cases.ManyResult
	switch {
	case lost != "":
		results = refuse(list, cases.ManyRefused, lost)
	case a.Change.Do == cases.EraseMany:
		results, err = s.eraser.EraseSpamTx(ctx, tx, actor, cases.SpamErasure{IDs: ids(list), Bulk: int64(a.ID), Until: a.Change.Until})
	default:
		results, err = s.cases.ChangeManyTx(ctx, tx, actor, int64(a.ID), ids(list), a.Change)
		if errs.Is(err, errs.Invalid) { // the queue, assignee or tag is gone meanwhile
			results, err = refuse(list, cases.ManyRefused, errs.SafeText(err)), nil
		}
	}
	if err != nil {
		return false, err
	}
	return false, tellTx(ctx, tx, l, list, results)
}

// undoTx puts the next cases of a lane back; through when there are none.
func (s *Service) undoTx(ctx context.Context, tx pgx.Tx, actor access.Actor, a Action, l lane, size int, lost string) (through bool, err error) {
	list, err := itemsTx(ctx, tx, l, a.State, size)
	if err != nil || len(list) == 0 {
		return err == nil, err
	}
	var results []cases.ManyResult
	if lost != "" {
		results = refuse(list, cases.ManyKept, lost)
	} else {
		undo := make([]cases.ManyUndo, len(list))
		for i, it := range list {
			undo[i] = cases.ManyUndo{ID: it.ID, Before: *it.Before}
		}
		results, err = s.cases.UndoManyTx(ctx, tx, actor, int64(a.ID), undo, a.Change)
	}
	if err != nil {
		return false, err
	}
	return false, tellTx(ctx, tx, l, list, results)
}

func refuse(list []item, state cases.ManyState, why string) []cases.ManyResult {
	results := make([]cases.ManyResult, len(list))
	for i, it := range list {
		results[i] = cases.ManyResult{ID: it.ID, State: state, Reason: why}
	}
	return results
}

// close takes a lane away that is through, and ends the action with the last one.
func (s *Service) close(ctx context.Context, l lane) error {
	return s.db.InWorkspace(ctx, int64(l.WorkspaceID), func(tx pgx.Tx) error {
		a, err := actionTx(ctx, tx, l.WorkspaceID, l.BulkID, forUpdate)
		if err != nil || a == nil || a.Ended() {
			return err
		}
		left, err := closeLanesTx(ctx, tx, a, l.Lane)
		if err != nil {
			return err
		}
		if left > 0 {
			return saveTx(ctx, tx, *a)
		}
		who, end := a.MemberID, Done
		if a.State == Undoing {
			who, end = *a.UndoneBy, Undone
		}
		return s.finishTx(ctx, tx, access.Actor{Kind: access.Member, Workspace: a.WorkspaceID, Member: who}, a, end)
	})
}

// finishTx ends the action and takes out what words it still has.
func (s *Service) finishTx(ctx context.Context, tx pgx.Tx, actor access.Actor, a *Action, end State) error {
	now := s.now()
	if a.State == Collecting {
		a.Scope = &Scope{}
	}
	a.State, a.FinishedAt, a.Change.ReasonText = end, &now, ""
	if err := saveTx(ctx, tx, *a); err != nil {
		return err
	}
	return s.recordTx(ctx, tx, actor, a.ID, "bulk."+string(end), map[string]any{
		"do": a.Change.Do, "total": a.Total, "changed": a.Changed, "unchanged": a.Unchanged, "refused": a.Refused, "undone": a.Undone, "kept": a.Kept,
	})
}
