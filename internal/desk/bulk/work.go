package bulk

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"

	"caseward/internal/desk/access"
	"caseward/internal/desk/cases"
	"caseward/internal/platform/errs"
)

// Run does what is due, a batch of each lane in turn, so that a small action does not wait for a large one and one that
// fails keeps no other back. Killed at any point it leaves whole batches done, and the next run goes on. What another
// process is working on is left to it.
func (s *Service) Run(ctx context.Context) (summary string, err error) {
	touched, batches := map[ID]bool{}, 0
	var problems []error
	for {
		lanes, err := s.claim(ctx)
		if err != nil {
			return "", errors.Join(append(problems, err)...)
		}
		if len(lanes) == 0 {
			forgotten, err := s.forget(ctx)
			return fmt.Sprintf("worked on %d bulk updates in %d batches, forgot %d", len(touched), batches, forgotten), errors.Join(append(problems, err)...)
		}
		problems = append(problems, s.together(ctx, lanes)...)
		if ctx.Err() != nil {
			return "", ctx.Err()
		}
		for _, l := range lanes {
			touched[l.BulkID] = true
			batches++
		}
	}
}

// together does a batch of each lane at the same time and returns what went wrong.
func (s *Service) together(ctx context.Context, lanes []lane) (problems []error) {
	var group sync.WaitGroup
	failed := make([]error, len(lanes))
	for i, l := range lanes {
		group.Go(func() { failed[i] = s.attempt(ctx, l) })
	}
	group.Wait()
	for i, err := range failed {
		if err != nil {
			problems = append(problems, fmt.Errorf("bulk update %d of workspace %d: %w", lanes[i].BulkID, lanes[i].WorkspaceID, err))
		}
	}
	return problems
}

// attempt does a batch; case by case where that fails, since one that cannot be changed must not keep the others; and puts
// the lane off where that fails too.
func (s *Service) attempt(ctx context.Context, l lane) error {
	err := s.step(ctx, l, s.batch)
	if err == nil || ctx.Err() != nil {
		return err
	}
	if l.Lanes > 0 {
		if err = s.stepOne(ctx, l); err == nil || ctx.Err() != nil {
			return err
		}
	}
	return errors.Join(err, s.putOff(ctx, l))
}

// step does one batch of a lane, unless somebody else is at it.
func (s *Service) step(ctx context.Context, l lane, size int) error {
	var through bool
	err := s.inLane(ctx, l, func(tx pgx.Tx, a *Action, l lane, actor access.Actor, lost string) (err error) {
		switch {
		case l.Lanes == 0:
			return s.collectTx(ctx, tx, actor, a, l, lost)
		case a.State == Undoing:
			through, err = s.undoTx(ctx, tx, actor, *a, l, size, lost)
		default:
			through, err = s.workTx(ctx, tx, actor, *a, l, size, lost)
		}
		return err
	})
	if err == nil && through {
		err = s.close(ctx, l)
	}
	if err == nil {
		s.cases.Changed(l.WorkspaceID, 0)
	}
	return err
}

// inLane locks a lane and its action, and says who is at work: the member who started or undoes the action, with the
// rights of this moment. lost is why they may not go on.
func (s *Service) inLane(ctx context.Context, claimed lane, fn func(tx pgx.Tx, a *Action, l lane, actor access.Actor, lost string) error) error {
	var who access.MemberID
	var needed access.Permission
	var erases bool
	err := s.db.InWorkspace(ctx, int64(claimed.WorkspaceID), func(tx pgx.Tx) error {
		a, err := actionTx(ctx, tx, claimed.WorkspaceID, claimed.BulkID, unlocked)
		if err != nil || a == nil {
			return err
		}
		who, needed, erases = a.MemberID, a.Change.Permission(), a.Change.Do == cases.EraseMany
		if a.State == Undoing {
			who, needed = *a.UndoneBy, a.Change.PermissionToUndo()
		}
		return nil
	})
	if err != nil || who == 0 {
		return err
	}
	actor, lost, err := s.actor(ctx, claimed.WorkspaceID, who, needed)
	if err != nil {
		return err
	}
	mode := forShare
	if claimed.Lanes == 0 {
		mode = forUpdate
	}
	within := func(fn func(pgx.Tx) error) error { return s.db.InWorkspace(ctx, int64(claimed.WorkspaceID), fn) }
	if erases && claimed.Lanes > 0 { // which requests may not
		within = func(fn func(pgx.Tx) error) error { return s.db.AsSystem(ctx, "spam erasure", fn) }
	}
	return within(func(tx pgx.Tx) error {
		a, err := actionTx(ctx, tx, claimed.WorkspaceID, claimed.BulkID, mode)
		if err != nil || a == nil {
			return err
		}
		l, err := lockLaneTx(ctx, tx, claimed)
		if err != nil || l == nil || l.Lanes != claimed.Lanes {
			return err
		}
		return fn(tx, a, *l, actor, lost)
	})
}

func (s *Service) actor(ctx context.Context, ws access.WorkspaceID, who access.MemberID, needed access.Permission) (actor access.Actor, lost string, err error) {
	actor, err = s.members.Actor(ctx, ws, who)
	switch {
	case errs.Is(err, errs.NotFound):
		return access.Actor{Kind: access.Member, Workspace: ws, Member: who}, "Whoever started this is no longer active.", nil
	case err != nil:
		return actor, "", err
	}
	if !actor.Can(needed) {
		return actor, "The right to do this was taken away meanwhile.", nil
	}
	return actor, "", nil
}

// stepOne does the first case of the next batch alone, and marks it as refused if it cannot be done at all.
func (s *Service) stepOne(ctx context.Context, l lane) error {
	err := s.step(ctx, l, 1)
	if err == nil || ctx.Err() != nil {
		return err
	}
	const reason = "It could not be changed. Try it by itself."
	return s.inLane(ctx, l, func(tx pgx.Tx, a *Action, l lane, _ access.Actor, _ string) error {
		list, err := itemsTx(ctx, tx, l, a.State, 1)
		if err != nil || len(list) == 0 {
			return err
		}
		state := cases.ManyRefused
		if a.State == Undoing {
			state = cases.ManyKept
		}
		return tellTx(ctx, tx, l, list, []cases.ManyResult{{ID: list[0].ID, State: state, Reason: reason}})
	})
}

// mostFailures is how often the cases of an action are tried to be listed.
const mostFailures = 5

// putOff has a lane that failed wait, longer each time. A list that cannot be walked ends its action.
func (s *Service) putOff(ctx context.Context, claimed lane) error {
	return s.db.InWorkspace(ctx, int64(claimed.WorkspaceID), func(tx pgx.Tx) error {
		a, err := actionTx(ctx, tx, claimed.WorkspaceID, claimed.BulkID, forUpdate)
		if err != nil || a == nil || a.Ended() {
			return err
		}
		if claimed.Failures+1 < mostFailures || claimed.Lanes > 0 {
			wait := time.Duration(min(claimed.Failures+1, 60)) * time.Minute
			_, err := tx.Exec(ctx, `update bulk_lanes set failures = failures + 1, due_at = $4 where workspace_id = $1 and bulk_id = $2 and lane = $3`,
				claimed.WorkspaceID, claimed.BulkID, claimed.Lane, s.now().Add(wait))
			return err
		}
		if _, err := closeLanesTx(ctx, tx, a, allLanes); err != nil {
			return err
		}
		a.Stopped, a.Problem = true, "The cases could not be found in time. Nothing was changed. Narrow the search and begin again."
		return s.finishTx(ctx, tx, access.JobActor(claimed.WorkspaceID, Sweep), a, Done)
	})
}
