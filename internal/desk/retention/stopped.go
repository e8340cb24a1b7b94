package retention

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"

	"caseward/internal/desk/access"
	"caseward/internal/desk/audit"
	"caseward/internal/platform/errs"
)

// Stop is a purge that the circuit breaker has stopped.
type Stop struct {
	ID        int64
	StoppedAt time.Time
	Surge             // what waits for it now
	Usual     float64 // purges a day, when it was stopped
	CountedAt time.Time

	after time.Time
}

// Stopped returns the stop that holds the purge of the workspace; nil: it runs.
//
// Needs RestoreCases. Errors: Forbidden.
func (s *Service) Stopped(ctx context.Context, actor access.Actor) (stop *Stop, err error) {
	if err := actor.Require(access.RestoreCases); err != nil {
		return nil, err
	}
	err = s.db.ReadWorkspace(ctx, int64(actor.Workspace), func(tx pgx.Tx) error {
		stop, err = stoppedTx(ctx, tx, actor.Workspace, s.now(), "")
		return err
	})
	return stop, err
}

// stoppedTx reads the open stop, and counts what waits for it.
func stoppedTx(ctx context.Context, tx pgx.Tx, ws access.WorkspaceID, now time.Time, lock string) (*Stop, error) {
	stop := Stop{CountedAt: now}
	err := tx.QueryRow(ctx, `select id, stopped_at, usual::float8, after from purge_stops where workspace_id = $1 and released_at is null `+lock, ws).
		Scan(&stop.ID, &stop.StoppedAt, &stop.Usual, &stop.after)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, nil //nolint:nilnil // there is none
	}
	if err != nil {
		return nil, err
	}
	stop.Surge, err = causesTx(ctx, tx, ws, stop.after, now)
	return &stop, err
}

// Agreement is to a stop as somebody saw it.
type Agreement struct {
	Stop int64
	Due  int
	At   time.Time // when it was counted
}

// ReleasePurge lets go what the breaker has stopped: exactly the cases that were due when those were counted that somebody agrees
// to, in the next runs. What becomes due later, or is not on hold any more, counts anew.
//
// Needs ReleasePurge. Errors: Forbidden; Conflict when nothing is stopped any more, or more cases are due than were shown.
func (s *Service) ReleasePurge(ctx context.Context, actor access.Actor, in Agreement) error {
	if err := s.guard.Require(ctx, actor, access.ReleasePurge, purgeObject()); err != nil {
		return err
	}
	now := s.now()
	return s.db.InWorkspace(ctx, int64(actor.Workspace), func(tx pgx.Tx) error {
		stop, err := stoppedTx(ctx, tx, actor.Workspace, now, "for update")
		switch {
		case err != nil:
			return err
		case stop == nil || stop.ID != in.Stop:
			return errs.New(errs.Conflict, "Nothing is stopped any more: somebody else has let it go on, or the cases were restored.")
		case stop.Due > in.Due:
			return errs.Newf(errs.Conflict, "Meanwhile %s cases are due, and you were told of %d. Nothing was let go. Look again.", stop.DueText(), in.Due)
		case in.At.Before(stop.StoppedAt) || in.At.After(now):
			return errs.New(errs.Conflict, "This page does not say when the cases were counted. Nothing was let go. Look again.")
		}
		_, err = tx.Exec(ctx, `update purge_stops set released_at = $3, released_by = $4, released_until = $5 where workspace_id = $1 and id = $2`,
			actor.Workspace, stop.ID, now, actor.Member, in.At.Add(breakerAhead))
		if err != nil {
			return err
		}
		err = audit.RecordTx(ctx, tx, audit.Entry{Actor: actor, Action: "purge.released", Object: purgeObject(), At: now, Details: map[string]any{"cases": stop.Due}})
		if err != nil {
			return err
		}
		return s.jobs.PokeTx(ctx, tx, PurgeSweep)
	})
}
