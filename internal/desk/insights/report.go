package insights

import (
	"context"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"caseward/internal/desk/access"
)

// sums add up rows of insight_days. What was closed within the period and created in it is what was closed on each day and
// created no more days before than there are since the period began. $5 are the classes, $6 is when each period began: the
// asked one first.
const sums = `coalesce(sum(created) filter (where counts), 0)::bigint as created,
	coalesce(sum(closed) filter (where counts), 0)::bigint as closed,
	coalesce(sum(auto_closed) filter (where counts), 0)::bigint as auto_closed,
	coalesce(sum(gap_closed[width_bucket(day - began, gaps)]) filter (where counts), 0)::bigint as same_period_closed,
	coalesce(sum(gap_auto[width_bucket(day - began, gaps)]) filter (where counts), 0)::bigint as auto_same_period_closed,
	coalesce(sum(reopened) filter (where counts), 0)::bigint as reopened,
	coalesce(sum(responses) filter (where counts), 0)::bigint as first_responses,
	coalesce(sum(response_secs) filter (where counts), 0)::bigint as first_response_seconds,
	coalesce(sum(handle_secs) filter (where counts), 0)::bigint as handle_seconds,
	coalesce(sum(auto_secs) filter (where counts), 0)::bigint as auto_handle_seconds,
	coalesce(sum(good) filter (where counts), 0)::bigint as rated_good,
	coalesce(sum(bad) filter (where counts), 0)::bigint as rated_bad,
	sum(deleted)::bigint as deleted, sum(purged)::bigint as purged, sum(erased)::bigint as erased, sum(spam_gone)::bigint as spam_gone
	from (select *, removed = any ($5::bool[]) as counts, case when day >= ($6::date[])[1] then ($6::date[])[1] else ($6::date[])[2] end as began
		from insight_days where workspace_id = $1 and zone_id = $2 and grain = $3 and day = any ($4::date[])`

type dayRow struct {
	Day time.Time
	Totals
}

// reportTx reads both periods in one go.
func (q Query) reportTx(ctx context.Context, tx pgx.Tx, ws access.WorkspaceID, z zone) (r Report, err error) {
	from := q.From.time()
	list := days(q.before(), q.To.time())
	where, more := q.columns("")
	args := append([]any{ws, z.ID, q.grain(), list, q.classes(), []time.Time{from, q.before()}}, more...)
	rows, err := tx.Query(ctx, `select day, `+sums+where+`) d group by day`, args...)
	if err != nil {
		return Report{}, err
	}
	found, err := pgx.CollectRows(rows, pgx.RowToStructByName[dayRow])
	if err != nil {
		return Report{}, err
	}
	r.Days = make([]Day, daysBetween(from, q.To.time()))
	for i := range r.Days {
		r.Days[i].Date = dateOf(from.AddDate(0, 0, i))
	}
	for _, row := range found {
		if row.Day.Before(from) {
			r.Before.add(row.Totals)
			continue
		}
		r.add(row.Totals)
		row.SamePeriodClosed, row.AutoSamePeriodClosed = 0, 0
		r.Days[daysBetween(from, row.Day)-1].Totals = row.Totals
	}
	return r, nil
}

func (t *Totals) add(o Totals) {
	t.Created += o.Created
	t.Closed += o.Closed
	t.AutoClosed += o.AutoClosed
	t.SamePeriodClosed += o.SamePeriodClosed
	t.AutoSamePeriodClosed += o.AutoSamePeriodClosed
	t.Reopened += o.Reopened
	t.FirstResponses += o.FirstResponses
	t.FirstResponseSeconds += o.FirstResponseSeconds
	t.HandleSeconds += o.HandleSeconds
	t.AutoHandleSeconds += o.AutoHandleSeconds
	t.RatedGood += o.RatedGood
	t.RatedBad += o.RatedBad
	t.Deleted += o.Deleted
	t.Purged += o.Purged
	t.Erased += o.Erased
	t.SpamGone += o.SpamGone
}

// named are the queries that give the groups of a dimension their names.
var named = map[Dimension]string{
	ByQueue: `left join queues n on n.workspace_id = $1 and n.id = g.id`,
	ByTag:   `left join tags n on n.workspace_id = $1 and n.id = g.id`,
	ByAgent: `left join members m on m.workspace_id = $1 and m.id = g.id left join users n on n.id = m.user_id`,
}

func (q Query) groupsTx(ctx context.Context, tx pgx.Tx, ws access.WorkspaceID, z zone, by Dimension) ([]Group, error) {
	where, more := q.columns(by)
	args := append([]any{ws, z.ID, q.grain() | by.grain(), days(q.From.time(), q.To.time()), q.classes(), []time.Time{q.From.time(), q.From.time()}}, more...)
	rows, err := tx.Query(ctx, `select g.*, coalesce(n.name, '') as name from (
			select `+string(by)+`_id as id, `+sums+where+`) d group by 1) g `+named[by]+`
		order by n.name is null, g.id <> -1, lower(n.name), g.id`, args...)
	if err != nil {
		return nil, err
	}
	list, err := pgx.CollectRows(rows, pgx.RowToStructByName[Group])
	if err != nil {
		return nil, err
	}
	some := list[:0]
	for _, g := range list {
		if g.Totals != (Totals{}) {
			some = append(some, g)
		}
	}
	return some, nil
}

// zoneName is the zone of which a query speaks, ” being that of the workspace.
const zoneName = `coalesce(nullif($2, ''), w.time_zone)`

// stateSQL reads how far a zone is counted. What is oldest of what waits to be counted says to which moment all is.
var stateSQL = strings.ReplaceAll(`select coalesce(z.id, 0) as id, ZONE as name, z.used_at, coalesce(z.days, 0) as days, coalesce(z.ready, false) as ready,
		case when z.days is null or z.ready then coalesce(z.days, 0)
			else greatest(0, z.days - (select count(*) from insight_dirty d where d.workspace_id = $1 and d.zone_id = z.id))::int end as counted,
		least((select made_at from fact_marks m where m.workspace_id = $1 order by m.id limit 1),
			(select min(made_at) from insight_dirty d where d.workspace_id = $1 and d.zone_id = z.id)) as oldest,
		(select count(*) from insight_zones o where o.workspace_id = $1 and o.dropped_at is null
			and (o.zone = w.time_zone or o.used_at > $3::timestamptz)) as busy, ZONE = w.time_zone as own
	from workspaces w left join insight_zones z on z.workspace_id = w.id and z.dropped_at is null and z.zone = ZONE
	where w.id = $1`, "ZONE", zoneName)
