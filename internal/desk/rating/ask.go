package rating

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"caseward/internal/desk/access"
	"caseward/internal/desk/cases"
)

// Sweep is the job that asks, as in `caseward run NAME`.
const Sweep = "ratings"

const (
	askBatch = 200
	// lateCommits is how long a change that was made at one moment may take until others see it: so far back the sweep
	// looks again.
	lateCommits = 10 * time.Minute
	// tooLate is after how long beyond its time nobody is asked any more, such as after a long stop of the program.
	tooLate = 3 * 24 * time.Hour
)

// Ask asks the customers of all cases that have been closed and quiet for as long as their workspace wants. What was
// deleted, opened again or merged meanwhile it does not see. Run twice at once, each is asked once.
func (s *Service) Ask(ctx context.Context) (summary string, err error) {
	var list []access.WorkspaceID
	err = s.db.AsSystem(ctx, "ratings", func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, `select workspace_id from rating_settings where delay_minutes is not null order by workspace_id`)
		if err != nil {
			return err
		}
		list, err = pgx.CollectRows(rows, pgx.RowTo[access.WorkspaceID])
		return err
	})
	if err != nil {
		return "", err
	}
	total := 0
	var failures []error
	for _, ws := range list {
		asked, err := s.askIn(ctx, ws)
		total += asked
		failures = append(failures, err)
		if ctx.Err() != nil {
			break
		}
	}
	return fmt.Sprintf("asked %d customers", total), errors.Join(failures...)
}

// candidate is a case whose time has come.
type candidate struct {
	ID             cases.ID
	LastActivityAt time.Time
}

// askIn goes over the cases of a workspace in the order of their last word, from where it stopped the last time. A case
// that cannot be asked about does not keep the others.
func (s *Service) askIn(ctx context.Context, ws access.WorkspaceID) (asked int, err error) {
	var set Settings
	err = s.db.ReadWorkspace(ctx, int64(ws), func(tx pgx.Tx) error {
		set, err = settingsTx(ctx, tx, ws)
		return err
	})
	if err != nil || !set.On {
		return 0, err
	}
	until := s.now().Add(-set.Delay())
	at := candidate{LastActivityAt: set.lookedUntil.Add(-lateCommits)}
	if oldest := until.Add(-tooLate); at.LastActivityAt.Before(oldest) {
		at.LastActivityAt = oldest
	}
	var failures []error
	for {
		list, err := s.due(ctx, ws, set, at, until)
		if err != nil {
			return asked, errors.Join(append(failures, err)...)
		}
		for _, at = range list {
			ok, err := s.AskOne(ctx, ws, at.ID)
			if err != nil {
				failures = append(failures, fmt.Errorf("case with id %d: %w", at.ID, err))
			}
			if ok {
				asked++
			}
			if ctx.Err() != nil {
				return asked, errors.Join(failures...)
			}
		}
		done := until
		if len(list) == askBatch {
			done = at.LastActivityAt
		}
		if err := s.lookedUntil(ctx, ws, done); err != nil || len(list) < askBatch {
			return asked, errors.Join(append(failures, err)...)
		}
	}
}

// due lists cases after a place that have been quiet until a time, from the index of their list.
func (s *Service) due(ctx context.Context, ws access.WorkspaceID, set Settings, after candidate, until time.Time) (list []candidate, err error) {
	err = s.db.ReadWorkspace(ctx, int64(ws), func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, dueSQL, ws, after.LastActivityAt, after.ID, until, set.since, s.now().Add(-restFor))
		if err != nil {
			return err
		}
		list, err = pgx.CollectRows(rows, pgx.RowToStructByName[candidate])
		return err
	})
	return list, err
}

var dueSQL = fmt.Sprintf(`select c.id, c.last_activity_at from live_cases c
	where c.workspace_id = $1 and c.status = 'closed' and (c.last_activity_at, c.id) > ($2, $3) and c.last_activity_at <= $4 and c.closed_at >= $5
		and (select true from ratings g where g.workspace_id = c.workspace_id and g.case_id = c.id and (g.closed_at = c.closed_at or g.asked_at > $6) limit 1) is null
	order by c.last_activity_at, c.id limit %d`, askBatch)

func (s *Service) lookedUntil(ctx context.Context, ws access.WorkspaceID, at time.Time) error {
	return s.db.InWorkspace(ctx, int64(ws), func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `update rating_settings set looked_until = $2 where workspace_id = $1 and looked_until < $2`, ws, at)
		return err
	})
}

// AskOne asks the customer of a case now, unless a rule says no, and reports whether it did. The rules are looked at once
// more under the lock of the case: of two at once, one asks.
func (s *Service) AskOne(ctx context.Context, ws access.WorkspaceID, id cases.ID) (asked bool, err error) {
	var c cases.Case
	err = s.db.InWorkspace(ctx, int64(ws), func(tx pgx.Tx) error {
		asked = false
		c, err = cases.LockByIDTx(ctx, tx, ws, id)
		if errors.Is(err, pgx.ErrNoRows) {
			return nil // gone meanwhile
		}
		if err != nil {
			return err
		}
		set, err := settingsTx(ctx, tx, ws)
		if err != nil {
			return err
		}
		f, err := factsTx(ctx, tx, c)
		if err != nil || refusal(c, f, set, s.now()) != "" {
			return err
		}
		asked = true
		return s.askTx(ctx, tx, c, f.Email, set.Text())
	})
	if asked = asked && err == nil; asked {
		s.cases.Changed(ws, c.Number)
	}
	return asked, err
}

func (s *Service) askTx(ctx context.Context, tx pgx.Tx, c cases.Case, to, question string) error {
	mail, err := s.messages.SendAutomaticTx(ctx, tx, c, to, question)
	if err != nil {
		return err
	}
	var id ID
	err = tx.QueryRow(ctx, `insert into ratings (workspace_id, case_id, contact_id, assignee_id, message_id, closed_at, asked_at)
		values ($1, $2, $3, $4, $5, $6, $7) returning id`, c.WorkspaceID, c.ID, c.ContactID, c.AssigneeID, mail, c.ClosedAt, s.now()).Scan(&id)
	if err != nil {
		return err
	}
	return cases.NoteTx(ctx, tx, access.JobActor(c.WorkspaceID, Sweep), c, cases.ActRatingAsked, map[string]any{"rating": id, "message": mail}, s.now())
}
