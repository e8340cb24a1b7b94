package inactivity

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"caseward/internal/desk/access"
	"caseward/internal/desk/cases"
)

// Reason is why a case that has been inactive for long enough is not closed.
type Reason string

// The reasons.
const (
	Snoozed Reason = "snoozed"
	Before  Reason = "before"  // its last activity was before Auto Close was switched on
	Held    Reason = "held"    // a legal hold stands on it
	Resumed Reason = "resumed" // its snooze ended, or it was unmerged, or a change was undone: it waits anew since
)

const (
	mostCounted = 1000 // of each group of a preview
	mostListed  = 10
	mostLooked  = 20_000 // of what is due, to find those that are not for a reason that no index knows
)

// Preview is what Auto Close would do with some settings if they held now.
type Preview struct {
	Closes  Group
	Skipped []Group // those with any case, by reason
	Fresh   bool    // it is not switched on yet, so everything there is now is from before
}

// Group are the cases with the same fate.
type Group struct {
	Reason Reason // "" of those that are closed
	Count  int
	More   bool // there are more than were counted
	Cases  []Row
}

// Row is a case as the preview lists it.
type Row struct {
	Number         cases.Number
	Subject        string
	Status         cases.Status
	AssigneeName   string
	LastActivityAt time.Time
	ID             cases.ID
}

// Preview tells what the settings would do if they were saved now, by the rule that the job goes by. Deleted cases, spam and
// redirects are never looked at.
//
// Needs AutoClose. Errors: Invalid, Forbidden.
func (s *Service) Preview(ctx context.Context, actor access.Actor, in AutoCloseInput) (p Preview, err error) {
	if err := s.guard.Require(ctx, actor, access.AutoClose, object(actor)); err != nil {
		return Preview{}, err
	}
	if in, err = in.clean(); err != nil {
		return Preview{}, err
	}
	err = s.db.ReadWorkspace(ctx, int64(actor.Workspace), func(tx pgx.Tx) error {
		set, err := settingsTx(ctx, tx, actor.Workspace, "")
		if err != nil {
			return err
		}
		set.ThresholdHours, set.Statuses = in.Hours, in.Statuses
		p, err = previewTx(ctx, tx, set.rule(actor.Workspace, s.now()), set)
		return err
	})
	return p, err
}

func previewTx(ctx context.Context, tx pgx.Tx, r rule, set Settings) (Preview, error) {
	p := Preview{Fresh: !set.On()}
	var err error
	if p.Closes, err = r.groupTx(ctx, tx, set.Statuses, "", due); err != nil {
		return Preview{}, err
	}
	for _, why := range []struct {
		reason Reason
		where  string
	}{{Before, before}, {Snoozed, snoozed}, {Held, held}, {Resumed, resumed}} {
		g, err := r.groupTx(ctx, tx, set.Statuses, why.reason, why.where)
		if err != nil {
			return Preview{}, err
		}
		if g.Count > 0 {
			p.Skipped = append(p.Skipped, g)
		}
	}
	return p, nil
}

// groupTx reads a group over all statuses, those first that have been inactive for longest.
func (r rule) groupTx(ctx context.Context, tx pgx.Tx, statuses []cases.Status, reason Reason, where string) (Group, error) {
	g := Group{Reason: reason}
	for _, status := range statuses {
		count, err := r.countTx(ctx, tx, status, reason, where)
		if err != nil {
			return Group{}, err
		}
		g.Count += count
		if count == 0 {
			continue
		}
		rows, err := tx.Query(ctx, fmt.Sprintf(`select c.number, c.subject, c.status, coalesce(u.name, '') as assignee_name, c.last_activity_at, c.id
			from live_cases c
			left join members m on m.workspace_id = c.workspace_id and m.id = c.assignee_id
			left join users u on u.id = m.user_id
			where %s and %s order by c.last_activity_at, c.id limit %d`, rested, where, mostListed), r.args(status))
		if err != nil {
			return Group{}, err
		}
		list, err := pgx.CollectRows(rows, pgx.RowToStructByName[Row])
		if err != nil {
			return Group{}, err
		}
		g.Cases = append(g.Cases, list...)
	}
	slices.SortFunc(g.Cases, func(a, b Row) int { return cmp.Or(a.LastActivityAt.Compare(b.LastActivityAt), cmp.Compare(a.ID, b.ID)) })
	g.Cases = g.Cases[:min(len(g.Cases), mostListed)]
	if g.Count > mostCounted {
		g.Count, g.More = mostCounted, true
	}
	return g, nil
}

// countTx counts up to one more than is told.
func (r rule) countTx(ctx context.Context, tx pgx.Tx, status cases.Status, reason Reason, where string) (n int, err error) {
	from := `live_cases c`
	if reason == Resumed { // no index knows them, so the walk has a limit of its own
		from = fmt.Sprintf(`(select c.* from live_cases c where %s and c.snoozed_until is null and c.last_activity_at > @since
			order by c.last_activity_at limit %d) c`, rested, mostLooked)
	}
	err = tx.QueryRow(ctx, fmt.Sprintf(`select count(*) from (select from %s where %s and %s limit %d) x`, from, rested, where, mostCounted+1), r.args(status)).Scan(&n)
	return n, err
}
