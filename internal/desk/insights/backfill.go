package insights

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"

	"caseward/internal/desk/access"
)

// backfill writes the facts of cases that were there before facts were, as well as they can be known: once, some batches a turn.
// Days are counted when all of a workspace is written, so these facts need no marks.
func (s *Service) backfill(ctx context.Context, ws access.WorkspaceID, done *tally) (more bool, err error) {
	more = true
	for i := 0; more && i < s.size.caseBatches; i++ {
		var n int
		err := s.db.AsSystem(ctx, "insights: old cases", func(tx pgx.Tx) (err error) {
			n, more, err = s.backfillTx(ctx, tx, ws)
			return err
		})
		if err != nil {
			return false, err
		}
		done.cases += n
	}
	return more, nil
}

// backfillTx writes the next batch and reports whether there may be another.
func (s *Service) backfillTx(ctx context.Context, tx pgx.Tx, ws access.WorkspaceID) (n int, more bool, err error) {
	var from, last int64
	var before time.Time
	err = tx.QueryRow(ctx, `select cursor_id, last_id, before from fact_backfills where workspace_id = $1 and done_at is null for update`, ws).
		Scan(&from, &last, &before)
	if errors.Is(err, pgx.ErrNoRows) {
		return 0, false, nil
	}
	if err != nil {
		return 0, false, err
	}
	if from == 0 {
		if _, err := tx.Exec(ctx, goneFactsSQL, ws); err != nil {
			return 0, false, err
		}
	}
	var to *int64
	err = tx.QueryRow(ctx, `select count(*), max(id) from (select id from cases where workspace_id = $1 and id > $2 and id <= $3 order by id limit $4) c`,
		ws, from, last, s.size.cases).Scan(&n, &to)
	if err != nil {
		return 0, false, err
	}
	if to == nil {
		_, err := tx.Exec(ctx, `update fact_backfills set done_at = $2 where workspace_id = $1`, ws, s.now())
		return 0, false, err
	}
	if _, err := tx.Exec(ctx, oldFactsSQL, ws, from, *to, before); err != nil {
		return 0, false, err
	}
	_, err = tx.Exec(ctx, `update fact_backfills set cursor_id = $2 where workspace_id = $1`, ws, *to)
	return n, true, err
}

// goneFactsSQL: of cases that were gone already only the ledger knows, and not in which queue they were, nor which of what was in
// spam had been worked on: that is left out. A case without messages was a redirect.
const goneFactsSQL = `insert into facts (workspace_id, at, kind, case_id, queue_id)
	select workspace_id, at, case kind when 'case purged' then 8 else 9 end, case_id, -1 from erasure_ledger l
	where workspace_id = $1 and kind in ('case purged', 'case erased', 'case erased with contact') and coalesce((counts ->> 'messages')::bigint, 0) > 0
		and not exists (select from facts f where f.workspace_id = $1 and f.case_id = l.case_id and f.kind in (8, 9, 10))`

// oldFactsSQL writes the facts of the cases with ids in ($2, $3] until $4, when triggers began to write them. Where a case was and
// whose, at some moment, is what the next change in its feed changed, or what it still is.
const oldFactsSQL = `with chosen as materialized (
		select c.* from cases c where c.workspace_id = $1 and c.id > $2 and c.id <= $3
			and not exists (select from facts f where f.workspace_id = $1 and f.case_id = c.id and f.kind = 1)
	), feed as materialized (
		select a.case_id, a.kind, a.data, a.created_at as at from chosen c join activities a on a.workspace_id = $1 and a.case_id = c.id
			and a.kind in ('status changed', 'closed due to inactivity')
	), status as (
		select case_id, at, case when kind <> 'status changed' or data->>'to' = 'closed' then 2 else 3 end as kind, kind <> 'status changed' as auto from feed
		where kind = 'closed due to inactivity'
			or kind = 'status changed' and data->>'from' <> data->>'to' and 'closed' in (data->>'from', data->>'to')
		union
		select c.id, c.closed_at, 2, false from chosen c where c.status = 'closed' and c.closed_at is not null
			and not exists (select from feed f where f.case_id = c.id and f.at = c.closed_at and f.kind in ('status changed', 'closed due to inactivity')
				and coalesce(f.data->>'to', 'closed') = 'closed' and f.data <> '{}')
	), responses as (
		select distinct on (m.case_id) m.case_id, m.created_at as at, m.author_member_id as who from chosen c
		join messages m on m.workspace_id = $1 and m.case_id = c.id and m.kind = 'outbound' and m.author_member_id is not null and not m.is_auto
		where c.channel <> 'agent' order by m.case_id, m.created_at
	), events as (
		select id as case_id, created_at as at, 1 as kind, false as auto, null::bigint as who, null::timestamptz as since from chosen
		union all
		select s.case_id, s.at, s.kind, s.auto, null, case when s.kind = 2 then coalesce(max(s.at) filter (where s.kind = 3)
			over (partition by s.case_id order by s.at rows between unbounded preceding and 1 preceding), c.created_at) end
			from status s join chosen c on c.id = s.case_id
		union all
		select r.case_id, r.at, 4, false, r.who, c.created_at from responses r join chosen c on c.id = r.case_id
		union all
		select g.case_id, g.rated_at, case g.score when 'good' then 5 else 6 end, false, g.assignee_id, null from chosen c
			join ratings g on g.workspace_id = $1 and g.case_id = c.id and g.score is not null
		union all
		select id, deleted_at, 7, false, null, null from chosen where deleted_at is not null
	)
	insert into facts (workspace_id, at, kind, auto, case_id, queue_id, agent_id, seconds, case_created_at)
	select $1, e.at, e.kind, e.auto, e.case_id, coalesce(q.was, c.queue_id),
		case when e.kind in (4, 5, 6) then e.who when a.known then a.was else c.assignee_id end,
		coalesce(greatest(extract(epoch from e.at - e.since)::bigint, 0), 0), case when e.kind = 2 then c.created_at end
	from events e join chosen c on c.id = e.case_id
	left join lateral (select (f.data->>'from')::bigint as was from activities f
		where f.workspace_id = $1 and f.case_id = e.case_id and f.kind = 'queue changed' and (f.created_at > e.at or e.kind = 1) order by f.created_at, f.id limit 1) q on true
	left join lateral (select (f.data->>'from')::bigint as was, true as known from activities f
		where f.workspace_id = $1 and f.case_id = e.case_id and f.kind = 'assigned' and (f.created_at > e.at or e.kind = 1) order by f.created_at, f.id limit 1) a on true
	where (e.at < $4 or e.kind = 1)
		and not exists (select from facts f where f.workspace_id = $1 and f.case_id = e.case_id and f.kind = e.kind and (f.at = e.at or e.kind = 4))`
