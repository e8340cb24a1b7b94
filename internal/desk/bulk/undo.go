package bulk

import (
	"context"

	"github.com/jackc/pgx/v5"

	"caseward/internal/desk/access"
	"caseward/internal/desk/audit"
	"caseward/internal/platform/errs"
)

// Undo takes a finished bulk action back, as far as its cases have not moved on; the job does it. Undoing twice, or two
// people at once, has one effect.
//
// Needs the permission of the opposite change, and that the action is the actor's own or the actor manages the
// workspace. Errors: Forbidden, NotFound; Conflict while it is at work, and after KeptFor.
func (s *Service) Undo(ctx context.Context, actor access.Actor, id ID) error {
	// What it changes, and with that the right, stays the same. Asked before the lock: a refusal is recorded on a second
	// connection, and who holds one must not wait for another.
	found, err := s.Get(ctx, actor, id)
	if err != nil {
		return err
	}
	if err := s.guard.Require(ctx, actor, found.Change.PermissionToUndo(), audit.Object{Kind: "bulk update", ID: int64(id)}); err != nil {
		return err
	}
	return s.change(ctx, actor, id, func(tx pgx.Tx, a *Action) error {
		a.Deletion = found.Deletion
		switch {
		case a.State == Undoing || a.State == Undone:
			return nil
		case !a.Ended():
			return errs.New(errs.Conflict, "This bulk update is still at work. Stop it first, or wait until it is done.")
		case !a.CanUndo(actor, s.now()):
			return errs.New(errs.Conflict, "This bulk update can no longer be undone.")
		}
		a.State, a.UndoneBy, a.FinishedAt = Undoing, &actor.Member, nil
		if err := saveTx(ctx, tx, *a); err != nil {
			return err
		}
		if err := s.openLanesTx(ctx, tx, *a, a.Changed); err != nil {
			return err
		}
		if err := s.recordTx(ctx, tx, actor, id, "bulk.undo started", nil); err != nil {
			return err
		}
		return s.poker.PokeTx(ctx, tx, Sweep)
	})
}

// Stop ends a bulk action after the batches at hand. What is done stays done and can be undone.
//
// Needs that the action is the actor's own or the actor manages the workspace. Errors: NotFound; Conflict when an undo
// is at work, which cannot be stopped.
func (s *Service) Stop(ctx context.Context, actor access.Actor, id ID) error {
	return s.change(ctx, actor, id, func(tx pgx.Tx, a *Action) error {
		switch a.State {
		case Done, Undone:
			return nil
		case Undoing:
			return errs.New(errs.Conflict, "An undo cannot be stopped.")
		}
		if _, err := closeLanesTx(ctx, tx, a, allLanes); err != nil {
			return err
		}
		a.Stopped = true
		return s.finishTx(ctx, tx, actor, a, Done)
	})
}

// change locks an action that the actor may see.
func (s *Service) change(ctx context.Context, actor access.Actor, id ID, fn func(pgx.Tx, *Action) error) error {
	return s.db.InWorkspace(ctx, int64(actor.Workspace), func(tx pgx.Tx) error {
		a, err := actionTx(ctx, tx, actor.Workspace, id, forUpdate)
		if err != nil {
			return err
		}
		if a == nil || !a.visibleTo(actor) {
			return notHere(id)
		}
		return fn(tx, a)
	})
}
