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
	Due       int     // cases that wait for it now
	Usual     float64 // purges a day, when it was stopped
	Most      int     // cases that were deleted by one member, or in one bulk update
	MostBy    string  // that member; "": nobody
	MostBulk  *int64  // that bulk update

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
	var stop Stop
	err := tx.QueryRow(ctx, `select s.id, s.stopped_at, s.usual::float8, s.most, coalesce(u.name, ''), s.most_bulk, s.after from purge_stops s
		left join members m on m.workspace_id = s.workspace_id and m.id = s.most_by left join users u on u.id = m.user_id
		where s.workspace_id = $1 and s.released_at is null `+lock, ws).
		Scan(&stop.ID, &stop.StoppedAt, &stop.Usual, &stop.Most, &stop.MostBy, &stop.MostBulk, &stop.after)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, nil //nolint:nilnil // there is none
	}
	if err != nil {
		return nil, err
	}
	err = tx.QueryRow(ctx, `select count(*) from cases c where `+surgeSQL("$2", "$3::timestamptz"), now.Add(breakerAhead), ws, stop.after).Scan(&stop.Due)
	return &stop, err
}

// ReleasePurge lets go what the breaker has stopped: exactly the cases that are due at this moment, in the next runs. What
// becomes due later counts anew. due is how many were shown to whoever agrees.
//
// Needs ReleasePurge. Errors: Forbidden; Conflict when nothing is stopped any more, or more cases are due than were shown.
func (s *Service) ReleasePurge(ctx context.Context, actor access.Actor, id int64, due int) error {
	if err := s.guard.Require(ctx, actor, access.ReleasePurge, purgeObject()); err != nil {
		return err
	}
	now := s.now()
	return s.db.InWorkspace(ctx, int64(actor.Workspace), func(tx pgx.Tx) error {
		stop, err := stoppedTx(ctx, tx, actor.Workspace, now, "for update of s")
		switch {
		case err != nil:
			return err
		case stop == nil || stop.ID != id:
			return errs.New(errs.Conflict, "Nothing is stopped any more: somebody else has let it go on, or the cases were restored.")
		case stop.Due > due:
			return errs.Newf(errs.Conflict, "Meanwhile %d cases are due, and you were told of %d. Nothing was let go. Look again.", stop.Due, due)
		}
		_, err = tx.Exec(ctx, `update purge_stops set released_at = $3, released_by = $4, released_until = $5 where workspace_id = $1 and id = $2`,
			actor.Workspace, id, now, actor.Member, now.Add(breakerAhead))
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
