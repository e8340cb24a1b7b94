package bulk

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"caseward/internal/desk/access"
	"caseward/internal/desk/cases"
	"caseward/internal/platform/errs"
)

// Run does what is due, a batch of each action in turn, so that a small one does not wait for a large one. Killed at any
// point it leaves whole batches done, and the next run goes on.
func (s *Service) Run(ctx context.Context) (summary string, err error) {
	touched, batches := map[ID]bool{}, 0
	for {
		a, err := s.next(ctx)
		if err != nil || a == nil {
			forgotten, forgetErr := s.forget(ctx)
			return fmt.Sprintf("worked on %d bulk updates in %d batches, forgot %d", len(touched), batches, forgotten), errors.Join(err, forgetErr)
		}
		if err := s.step(ctx, *a, s.batch); err != nil {
			if ctx.Err() != nil {
				return "", err
			}
			// One case that fails must not keep the others: the batch is done again case by case.
			if err := s.stepOne(ctx, *a); err != nil {
				return "", fmt.Errorf("bulk update %d of workspace %d: %w", a.ID, a.WorkspaceID, err)
			}
		}
		touched[a.ID] = true
		batches++
	}
}

// next returns the action that has waited longest.
func (s *Service) next(ctx context.Context) (a *Action, err error) {
	err = s.db.AsSystem(ctx, "bulk updates", func(tx pgx.Tx) error {
		a, err = firstTx(ctx, tx, `where b.state in ('collecting', 'working', 'undoing') order by b.worked_at, b.id limit 1`)
		return err
	})
	return a, err
}

// step does one batch. Whoever else works on the action at the same time waits for its row.
func (s *Service) step(ctx context.Context, a Action, size int) error {
	actor, lost, err := s.actor(ctx, a)
	if err != nil {
		return err
	}
	err = s.db.InWorkspace(ctx, int64(a.WorkspaceID), func(tx pgx.Tx) error {
		locked, err := firstTx(ctx, tx, `where b.workspace_id = $1 and b.id = $2 for update of b`, a.WorkspaceID, a.ID)
		if err != nil || locked == nil {
			return err
		}
		a = *locked
		switch a.State {
		case Collecting:
			return s.collectTx(ctx, tx, actor, &a, lost)
		case Working:
			return s.workTx(ctx, tx, actor, &a, size, lost)
		case Undoing:
			return s.undoTx(ctx, tx, actor, &a, size, lost)
		}
		return nil
	})
	if err == nil {
		s.cases.Changed(a.WorkspaceID, 0)
	}
	return err
}

// stepOne does the first case of the next batch alone, and marks it as refused if it cannot be done at all.
func (s *Service) stepOne(ctx context.Context, a Action) error {
	err := s.step(ctx, a, 1)
	if err == nil || ctx.Err() != nil || a.State == Collecting {
		return err
	}
	const reason = "It could not be changed. Try it by itself."
	return s.db.InWorkspace(ctx, int64(a.WorkspaceID), func(tx pgx.Tx) error {
		locked, err := firstTx(ctx, tx, `where b.workspace_id = $1 and b.id = $2 for update of b`, a.WorkspaceID, a.ID)
		if err != nil || locked == nil {
			return err
		}
		list, err := itemsTx(ctx, tx, *locked, 1)
		if err != nil || len(list) == 0 {
			return err
		}
		state := cases.ManyRefused
		if locked.State == Undoing {
			state = cases.ManyKept
		}
		return s.tellTx(ctx, tx, locked, list, []cases.ManyResult{{ID: list[0].ID, State: state, Reason: reason}})
	})
}

// actor is the member who started or undoes the action, with the rights of this moment. lost says why they may not go
// on.
func (s *Service) actor(ctx context.Context, a Action) (actor access.Actor, lost string, err error) {
	who, needed := a.MemberID, a.Change.Permission()
	if a.State == Undoing {
		who, needed = *a.UndoneBy, a.Change.PermissionToUndo()
	}
	actor, err = s.members.Actor(ctx, a.WorkspaceID, who)
	switch {
	case errs.Is(err, errs.NotFound):
		return access.Actor{Kind: access.Member, Workspace: a.WorkspaceID, Member: who}, "Whoever started this is no longer active.", nil
	case err != nil:
		return actor, "", err
	}
	if !actor.Can(needed) {
		return actor, "The right to do this was taken away meanwhile.", nil
	}
	return actor, "", nil
}

// collectBatch is how many cases are listed in one transaction.
const collectBatch = 5000

func (s *Service) collectTx(ctx context.Context, tx pgx.Tx, actor access.Actor, a *Action, lost string) error {
	var found []cases.Cursor
	var err error
	if lost == "" {
		found, err = s.matchesTx(ctx, tx, actor, a, collectBatch)
	}
	if err != nil {
		return err
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
	if len(found) < collectBatch {
		// What was searched for may name somebody, and is of no use any more.
		a.State, a.Scope, a.CursorAt, a.CursorID = Working, &Scope{}, nil, 0
	} else {
		last := found[len(found)-1]
		a.CursorAt, a.CursorID = &last.At, int64(last.ID)
	}
	return s.saveTx(ctx, tx, *a)
}

func (s *Service) matchesTx(ctx context.Context, tx pgx.Tx, actor access.Actor, a *Action, size int) ([]cases.Cursor, error) {
	var after *cases.Cursor
	if a.CursorAt != nil {
		after = &cases.Cursor{At: *a.CursorAt, ID: cases.ID(a.CursorID)}
	}
	if a.Scope.Query != "" {
		return s.search.IDsTx(ctx, tx, actor, a.Scope.Query, after, size)
	}
	return cases.IDsTx(ctx, tx, actor, a.Scope.Filter, after, size)
}

func (s *Service) workTx(ctx context.Context, tx pgx.Tx, actor access.Actor, a *Action, size int, lost string) error {
	list, err := itemsTx(ctx, tx, *a, size)
	if err != nil {
		return err
	}
	var results []cases.ManyResult
	switch {
	case len(list) == 0:
		return s.finishTx(ctx, tx, actor, a, Done)
	case lost != "":
		results = refuse(list, cases.ManyRefused, lost)
	default:
		results, err = s.cases.ChangeManyTx(ctx, tx, actor, int64(a.ID), ids(list), a.Change)
		if errs.Is(err, errs.Invalid) { // the queue, assignee or tag is gone meanwhile
			results, err = refuse(list, cases.ManyRefused, errs.SafeText(err)), nil
		}
	}
	if err != nil {
		return err
	}
	return s.tellTx(ctx, tx, a, list, results)
}

func (s *Service) undoTx(ctx context.Context, tx pgx.Tx, actor access.Actor, a *Action, size int, lost string) error {
	list, err := itemsTx(ctx, tx, *a, size)
	if err != nil {
		return err
	}
	var results []cases.ManyResult
	switch {
	case len(list) == 0:
		return s.finishTx(ctx, tx, actor, a, Undone)
	case lost != "":
		results = refuse(list, cases.ManyKept, lost)
	default:
		undo := make([]cases.ManyUndo, len(list))
		for i, it := range list {
			undo[i] = cases.ManyUndo{ID: it.ID, Before: *it.Before}
		}
		results, err = s.cases.UndoManyTx(ctx, tx, actor, int64(a.ID), undo, a.Change)
	}
	if err != nil {
		return err
	}
	return s.tellTx(ctx, tx, a, list, results)
}

func refuse(list []item, state cases.ManyState, why string) []cases.ManyResult {
	results := make([]cases.ManyResult, len(list))
	for i, it := range list {
		results[i] = cases.ManyResult{ID: it.ID, State: state, Reason: why}
	}
	return results
}

// finishTx ends the action and takes out what words it still has.
func (s *Service) finishTx(ctx context.Context, tx pgx.Tx, actor access.Actor, a *Action, end State) error {
	now := s.now()
	a.State, a.FinishedAt, a.CursorID, a.Change.ReasonText = end, &now, 0, ""
	if err := s.saveTx(ctx, tx, *a); err != nil {
		return err
	}
	return s.recordTx(ctx, tx, actor, a.ID, "bulk."+string(end), map[string]any{
		"do": a.Change.Do, "total": a.Total, "changed": a.Changed, "unchanged": a.Unchanged, "refused": a.Refused, "undone": a.Undone, "kept": a.Kept,
	})
}
