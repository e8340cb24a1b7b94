package cases

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"caseward/internal/desk/access"
	"caseward/internal/desk/notify"
	"caseward/internal/platform/errs"
)

// WakeSweep is the job that brings snoozed cases back, as in `caseward run NAME`.
const WakeSweep = "wake"

// maxSnooze is how far ahead a case can be snoozed.
const maxSnooze = 366 * 24 * time.Hour

// Snooze takes a case out of the lists of work until a time, or until its customer answers; closing it ends that too.
// It is still found, counted as open, and not changed otherwise.
//
// Needs WorkCases. Errors: Invalid (field until), Forbidden, NotFound, Gone; Conflict when the case is deleted or closed.
func (s *Service) Snooze(ctx context.Context, actor access.Actor, n Number, until time.Time) (Case, error) {
	return s.edit(ctx, actor, n, func(tx pgx.Tx, c *Case) error {
		until = until.Truncate(time.Microsecond)
		switch now := s.now(); {
		case !until.After(now):
			return errs.Field("until", "Choose a time in the future.")
		case until.Sub(now) > maxSnooze:
			return errs.Field("until", "Choose a time within a year.")
		case c.Status == Closed:
			return errs.Newf(errs.Conflict, "Case %d is closed. Open it to snooze it.", c.Number)
		case c.SnoozedUntil != nil && c.SnoozedUntil.Equal(until):
			return nil
		}
		c.SnoozedUntil = &until
		if err := saveTx(ctx, tx, *c); err != nil {
			return err
		}
		return s.noteTx(ctx, tx, actor, *c, ActSnoozed, map[string]any{"until": until})
	})
}

// Wake ends a snooze before its time.
//
// Needs WorkCases. Errors: Forbidden, NotFound, Gone; Conflict when the case is deleted.
func (s *Service) Wake(ctx context.Context, actor access.Actor, n Number) (Case, error) {
	return s.edit(ctx, actor, n, func(tx pgx.Tx, c *Case) error {
		if c.SnoozedUntil == nil {
			return nil
		}
		c.wake(s.now())
		if err := saveTx(ctx, tx, *c); err != nil {
			return err
		}
		return s.noteTx(ctx, tx, actor, *c, ActWoken, nil)
	})
}

// wake ends the snooze. A case that comes back to be worked on is not closed for inactivity the next minute.
func (c *Case) wake(now time.Time) { c.SnoozedUntil, c.ClockFrom = nil, &now }

const wakeBatch = 200

// WakeDue brings back the cases whose time has come and tells their assignees. What is deleted or merged into another case
// waits until it is back: until then it is read-only.
func (s *Service) WakeDue(ctx context.Context) (summary string, err error) {
	total := 0
	for {
		var woken []Case
		err := s.db.AsSystem(ctx, "wake snoozed cases", func(tx pgx.Tx) (err error) {
			woken, err = s.wakeTx(ctx, tx)
			return err
		})
		if err != nil || len(woken) == 0 {
			return fmt.Sprintf("brought back %d cases", total), err
		}
		total += len(woken)
		for _, c := range woken {
			s.Changed(c.WorkspaceID, c.Number)
		}
	}
}

func (s *Service) wakeTx(ctx context.Context, tx pgx.Tx) ([]Case, error) {
	rows, err := tx.Query(ctx, fmt.Sprintf(`select %s from cases where snoozed_until <= $1 and deleted_at is null and merged_into_id is null
		order by snoozed_until limit %d for update skip locked`, columns, wakeBatch), s.now())
	if err != nil {
		return nil, err
	}
	due, err := pgx.CollectRows(rows, pgx.RowToStructByName[Case])
	if err != nil {
		return nil, err
	}
	for _, c := range due {
		job := access.JobActor(c.WorkspaceID, WakeSweep)
		c.wake(s.now())
		if err := saveTx(ctx, tx, c); err != nil {
			return nil, err
		}
		if err := s.noteTx(ctx, tx, job, c, ActWoken, nil); err != nil {
			return nil, err
		}
		if c.Visibility() == Live {
			if err := TellTx(ctx, tx, job, c, notify.Woken, s.now(), c.AssigneeID); err != nil {
				return nil, err
			}
		}
	}
	return due, nil
}
