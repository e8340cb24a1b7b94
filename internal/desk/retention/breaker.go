package retention

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"caseward/internal/desk/access"
	"caseward/internal/desk/audit"
	"caseward/internal/desk/hold"
	"caseward/internal/desk/notify"
)

// The circuit breaker of the purge (product section 2): a mistake that deleted thousands of cases can be restored only until
// they are purged, and then nobody may be looking. Both have to be exceeded, so that neither a busy workspace nor a small one is
// stopped by an ordinary day; one without history by the second alone.
const (
	breakerFactor = 10  // times the purges of an average day
	breakerLeast  = 500 // cases: as many can be looked through, and restored, by hand
	// breakerAhead is how far ahead cases count as due: what was deleted together in some minutes is stopped together, before the
	// first of it goes.
	breakerAhead = time.Hour
	averageOver  = 30 // days
)

// waitingSQL are the cases that count, as c: due until $1, not asked to be erased and not on hold.
var waitingSQL = `c.purge_at <= $1 and c.deleted_at is not null and c.erasure_requested_at is null and not ` + hold.Keeps("c")

// surgeSQL are those of a workspace in which all until a time was agreed to.
func surgeSQL(ws, after string) string {
	return `c.workspace_id = ` + ws + ` and ` + waitingSQL + ` and ` + unagreedSQL(after)
}

// unagreedSQL is the condition that nobody has agreed to the purge of a case, c, where all until a time was agreed to: it is due
// later, or was on hold when somebody agreed, breakerAhead before that time, and so was not among what they were shown.
func unagreedSQL(after string) string {
	return `(c.purge_at > ` + after + ` or ` + hold.KeptUntil("c", `(`+after+` - interval '1 hour')`) + `)`
}

// surge is a workspace in which more cases are due than breakerLeast, or whose purge is stopped.
type surge struct {
	WorkspaceID access.WorkspaceID
	After       time.Time // what is due until then was agreed to
	Open        bool      // it is stopped already
}

// breakTx looks for workspaces in which far more cases than usual are due and stops their purge, before anything is removed: the
// cases that dueTx finds are those until now. What was stopped and is no more, since cases were restored, goes on. No more cases
// are looked at than it takes to tell.
func (s *Service) breakTx(ctx context.Context, tx pgx.Tx, now time.Time) error {
	rows, err := tx.Query(ctx, `with stops as materialized (
			select workspace_id, max(coalesce(released_until, after)) as after, bool_or(released_at is null) as open from purge_stops group by workspace_id),
		known as (select w.id, coalesce(s.after, 'epoch'::timestamptz) as after, coalesce(s.open, false) as open
			from workspaces w left join stops s on s.workspace_id = w.id)
		select s.id as workspace_id, s.after, s.open from known s
		where s.open or (select count(*) from (select from cases c where `+surgeSQL("s.id", "s.after")+` limit $2 + 1) d) > $2
		order by s.id`, now.Add(breakerAhead), s.least)
	if err != nil {
		return err
	}
	list, err := pgx.CollectRows(rows, pgx.RowToStructByName[surge])
	if err != nil {
		return err
	}
	for _, g := range list {
		if err := s.judgeTx(ctx, tx, g, now); err != nil {
			return err
		}
	}
	return nil
}

func (s *Service) judgeTx(ctx context.Context, tx pgx.Tx, g surge, now time.Time) error {
	usual, err := usualTx(ctx, tx, g.WorkspaceID, now)
	if err != nil {
		return err
	}
	most, due := max(s.least, int(breakerFactor*usual)), 0
	err = tx.QueryRow(ctx, `select count(*) from (select from cases c where `+surgeSQL("$2", "$3::timestamptz")+` limit $4) d`,
		now.Add(breakerAhead), g.WorkspaceID, g.After, most+1).Scan(&due)
	switch {
	case err != nil:
		return err
	case due > most && !g.Open:
		return s.stopTx(ctx, tx, g, usual, now)
	case due <= most && g.Open:
		return s.resumeTx(ctx, tx, g, due, now)
	}
	return nil
}

// usualTx is how many cases are purged a day, without those that somebody had to agree to: otherwise a second surge would look usual
// beside the first.
func usualTx(ctx context.Context, tx pgx.Tx, ws access.WorkspaceID, now time.Time) (float64, error) {
	since := now.AddDate(0, 0, -averageOver)
	var purged int64
	// What was agreed to is purged in the day after.
	err := tx.QueryRow(ctx, `select greatest(0, (select count(*) from erasure_ledger where workspace_id = $1 and at > $2 and kind = $3)
			- coalesce((select sum(agreed) from purge_stops where workspace_id = $1 and released_at > $4), 0))::bigint`,
		ws, since, CasePurged, since.AddDate(0, 0, -1)).Scan(&purged)
	return float64(purged) / averageOver, err
}

func (s *Service) stopTx(ctx context.Context, tx pgx.Tx, g surge, usual float64, now time.Time) error {
	found, err := causesTx(ctx, tx, g.WorkspaceID, g.After, now)
	if err != nil {
		return err
	}
	var most Cause
	if len(found.Causes) > 0 {
		most = found.Causes[0]
	}
	// Of several processes at once the first one stops it; the others wait for it here, and find it stopped.
	done, err := tx.Exec(ctx, `insert into purge_stops (workspace_id, stopped_at, after, due, usual, most_by, most_bulk, most)
		values ($1, $2, $3, $4, $5, $6, $7, $8) on conflict (workspace_id) where released_at is null do nothing`,
		g.WorkspaceID, now, g.After, found.Due, usual, most.By, most.Bulk, most.Cases)
	if err != nil || done.RowsAffected() == 0 {
		return err
	}
	job := access.JobActor(g.WorkspaceID, PurgeSweep)
	err = audit.RecordTx(ctx, tx, audit.Entry{Actor: job, Action: "purge.stopped", Object: purgeObject(), At: now, Details: map[string]any{"cases": found.Due, "bulk": most.Bulk, "member": most.By}})
	if err != nil {
		return err
	}
	return notify.AddTx(ctx, tx, g.WorkspaceID, notify.Event{Kind: notify.PurgeStopped, Times: found.Due, Detail: stopText(found, usual),
		Roles: []access.Role{access.Owner, access.Admin}, Actor: job, At: now})
}

func purgeObject() audit.Object { return audit.Object{Kind: "deleted cases"} }

// stopText tells of a stop in a mail and by the bell.
func stopText(found Surge, usual float64) string {
	return strings.TrimSpace(fmt.Sprintf("%s deleted cases are due to be removed for good. Usually it is %s. %s", found.DueText(), UsualText(usual), found.CauseText())) +
		" None of them is removed until an owner or admin has looked and agreed. Until then they can be restored."
}

// UsualText says how many purges a day are usual.
func UsualText(usual float64) string {
	switch {
	case usual == 0:
		return "none"
	case usual < 1:
		return "less than one a day"
	}
	return fmt.Sprintf("about %.0f a day", usual)
}

// resumeTx ends a stop of which so much was restored that nothing unusual is left.
func (s *Service) resumeTx(ctx context.Context, tx pgx.Tx, g surge, due int, now time.Time) error {
	done, err := tx.Exec(ctx, `update purge_stops set released_at = $2, released_until = after where workspace_id = $1 and released_at is null`, g.WorkspaceID, now)
	if err != nil || done.RowsAffected() == 0 {
		return err
	}
	return audit.RecordTx(ctx, tx, audit.Entry{Actor: access.JobActor(g.WorkspaceID, PurgeSweep), Action: "purge.resumed", Object: purgeObject(), At: now,
		Details: map[string]any{"cases": due}})
}

// checkBreaker is what a run of the purge begins with. standing are the holds whose cases it did not count: where one of them is
// released meanwhile, they are left for the next run.
func (s *Service) checkBreaker(ctx context.Context, now time.Time) (standing []hold.ID, err error) {
	err = s.db.AsSystem(ctx, "purge", func(tx pgx.Tx) error {
		if standing, err = hold.StandingTx(ctx, tx); err != nil {
			return err
		}
		return s.breakTx(ctx, tx, now)
	})
	return standing, err
}
