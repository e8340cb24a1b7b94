package insights

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"

	"caseward/internal/desk/access"
)

// seenSQL are the facts of a day ($4) in a zone ($3) that are counted at all, with what their cases are now.
const seenSQL = `with seen as materialized (
		select f.kind, f.amount, f.auto, f.queue_id, coalesce(f.agent_id, -1) as agent_id, f.amount * f.seconds as seconds,
			greatest($4::date - (f.case_created_at at time zone $3)::date, 0) as gap,
			f.case_id, c.id is null as gone, c.id is null or c.deleted_at is not null or c.spam_at is not null as removed
		from facts f left join cases c on c.workspace_id = f.workspace_id and c.id = f.case_id
		where f.workspace_id = $1 and f.at >= $4::date::timestamp at time zone $3 and f.at < ($4::date + 1)::timestamp at time zone $3
			and (c.id is null or c.merged_into_id is null and (c.spam_at is null or c.spam_cause = 'contact deleted'))
	), tagged as materialized (
		select 0 as by_tag, 0::bigint as tag_id, seen.* from seen
		union all
		select 4, coalesce(t.tag_id, g.tag_id, -1), seen.* from seen
			left join case_tags t on not gone and t.workspace_id = $1 and t.case_id = seen.case_id
			left join fact_tags g on gone and g.workspace_id = $1 and g.case_id = seen.case_id
	)`

// perGrain is the part of a grouping that all grains share.
const perGrain = ` group by by_tag, tag_id, removed, grouping sets ((), (queue_id), (agent_id), (queue_id, agent_id))`

// grainOf are the columns of such a grouping by which a row of insight_days is found.
const grainOf = `by_tag + case grouping(queue_id) when 0 then 1 else 0 end + case grouping(agent_id) when 0 then 2 else 0 end as grain,
	tag_id, coalesce(queue_id, 0) as queue_id, coalesce(agent_id, 0) as agent_id, removed`

// countSQL counts a day in all grains. Of what was created longer ago than the longest period nothing was created in the same.
const countSQL = seenSQL + `, counted as (
		select ` + grainOf + `,
			coalesce(sum(amount) filter (where kind = 1), 0) as created,
			coalesce(sum(amount) filter (where kind = 2), 0) as closed,
			coalesce(sum(amount) filter (where kind = 2 and auto), 0) as auto_closed,
			coalesce(sum(amount) filter (where kind = 3), 0) as reopened,
			coalesce(sum(amount) filter (where kind = 4), 0) as responses,
			coalesce(sum(seconds) filter (where kind = 4), 0) as response_secs,
			coalesce(sum(seconds) filter (where kind = 2), 0) as handle_secs,
			coalesce(sum(seconds) filter (where kind = 2 and auto), 0) as auto_secs,
			coalesce(sum(amount) filter (where kind = 5), 0) as good,
			coalesce(sum(amount) filter (where kind = 6), 0) as bad,
			coalesce(sum(amount) filter (where kind = 7), 0) as deleted,
			coalesce(sum(amount) filter (where kind = 8), 0) as purged,
			coalesce(sum(amount) filter (where kind = 9), 0) as erased,
			coalesce(sum(amount) filter (where kind = 10), 0) as spam_gone
		from tagged` + perGrain + `
	), gaps as (
		select ` + grainOf + `, gap, sum(amount) as closed, coalesce(sum(amount) filter (where auto), 0) as auto
		from tagged where kind = 2 and gap < 366` + perGrain + `, gap
	), running as (
		select grain, tag_id, queue_id, agent_id, removed, gap, sum(closed) over w as closed, sum(auto) over w as auto from gaps
		window w as (partition by grain, tag_id, queue_id, agent_id, removed order by gap)
	), lists as (
		select grain, tag_id, queue_id, agent_id, removed, array_agg(gap order by gap) as gaps,
			array_agg(closed::bigint order by gap) as gap_closed, array_agg(auto::bigint order by gap) as gap_auto
		from running group by 1, 2, 3, 4, 5
	)
	insert into insight_days (workspace_id, zone_id, day, grain, tag_id, queue_id, agent_id, removed, created, closed, auto_closed, reopened,
		responses, response_secs, handle_secs, auto_secs, good, bad, deleted, purged, erased, spam_gone, gaps, gap_closed, gap_auto)
	select $1, $2, $4::date, c.*, l.gaps, l.gap_closed, l.gap_auto
	from counted c left join lists l using (grain, tag_id, queue_id, agent_id, removed)`

// countNext counts the newest day that is to be counted and that nobody else is counting; it reports whether there was one.
func (s *Service) countNext(ctx context.Context, ws access.WorkspaceID) (found bool, err error) {
	err = s.db.AsSystem(ctx, "insights: day", func(tx pgx.Tx) error {
		var zone int64
		var day time.Time
		// Whoever marks the day again from here on waits for this transaction, or is seen by the count, which has a snapshot of its own.
		err := tx.QueryRow(ctx, `delete from insight_dirty where ctid = (
				select ctid from insight_dirty where workspace_id = $1 order by day desc, zone_id limit 1 for update skip locked)
			returning zone_id, day`, ws).Scan(&zone, &day)
		if found = err == nil; errors.Is(err, pgx.ErrNoRows) {
			return nil
		}
		if err != nil {
			return err
		}
		var name string
		err = tx.QueryRow(ctx, `select zone from insight_zones where workspace_id = $1 and id = $2 and dropped_at is null`, ws, zone).Scan(&name)
		if errors.Is(err, pgx.ErrNoRows) {
			return nil // dropped meanwhile
		}
		if err != nil {
			return err
		}
		return countTx(ctx, tx, ws, zone, name, day)
	})
	return found, err
}

func countTx(ctx context.Context, tx pgx.Tx, ws access.WorkspaceID, zone int64, name string, day time.Time) error {
	batch := &pgx.Batch{}
	batch.Queue(`set local jit = off`) // compiling would take longer than counting
	batch.Queue(`delete from insight_days where workspace_id = $1 and zone_id = $2 and grain = any ('{0,1,2,3,4,5,6,7}') and day = $3`, ws, zone, day)
	batch.Queue(countSQL, ws, zone, name, day)
	return tx.SendBatch(ctx, batch).Close()
}
