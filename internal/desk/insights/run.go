package insights

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"caseward/internal/desk/access"
)

// Run counts what has changed since the last run: it is at most a minute behind, and the more there is to count the more
// transactions it takes, each of them bounded. Killed at any point it leaves whole days; any number may run at once. A workspace
// that fails does not keep the others.
func (s *Service) Run(ctx context.Context) (summary string, err error) {
	var done tally
	var failures []error
	failed := map[access.WorkspaceID]bool{}
	for more := true; more && ctx.Err() == nil; {
		more = false
		list, err := s.due(ctx)
		if err != nil {
			return done.String(), errors.Join(append(failures, err)...)
		}
		for _, ws := range list {
			if failed[ws] {
				continue
			}
			left, err := s.turn(ctx, ws, &done)
			if err != nil {
				failed[ws] = true
				failures = append(failures, fmt.Errorf("workspace %d: %w", ws, err))
			}
			more = more || left
		}
	}
	return done.String(), errors.Join(append(failures, ctx.Err())...)
}

// tally is what a run did.
type tally struct{ days, cases int }

// String is the line that `caseward run insights` prints.
func (t tally) String() string {
	if t.cases > 0 {
		return fmt.Sprintf("counted %d days, wrote the facts of %d older cases", t.days, t.cases)
	}
	return fmt.Sprintf("counted %d days", t.days)
}

// due are the workspaces in which there is something to do.
func (s *Service) due(ctx context.Context) (list []access.WorkspaceID, err error) {
	err = s.db.AsSystem(ctx, "insights", func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, `select w.id from workspaces w
			where exists (select from fact_marks m where m.workspace_id = w.id)
				or exists (select from insight_dirty d where d.workspace_id = w.id)
				or exists (select from fact_backfills b where b.workspace_id = w.id and b.done_at is null)
				or exists (select from insight_zones z where z.workspace_id = w.id and (z.dropped_at is not null or not z.ready))
				or not exists (select from insight_zones z where z.workspace_id = w.id and z.zone = w.time_zone and z.dropped_at is null) and knows_zone(w.time_zone)
			order by w.id`)
		if err != nil {
			return err
		}
		list, err = pgx.CollectRows(rows, pgx.RowTo[access.WorkspaceID])
		return err
	})
	return list, err
}

// turn does some of what a workspace needs and reports whether it stopped with more to do. What comes in meanwhile waits for the
// next run: otherwise a busy day would be counted all the time.
func (s *Service) turn(ctx context.Context, ws access.WorkspaceID, done *tally) (more bool, err error) {
	if more, err = s.backfill(ctx, ws, done); more || err != nil {
		return more, err
	}
	if err := s.prepareZones(ctx, ws); err != nil {
		return false, err
	}
	more = true
	for i := 0; more && i < s.size.markBatches; i++ {
		if more, err = s.takeMarks(ctx, ws); err != nil {
			return false, err
		}
	}
	counted := true
	for i := 0; counted && i < s.size.days; i++ {
		if counted, err = s.countNext(ctx, ws); err != nil {
			return false, err
		}
		if counted {
			done.days++
		}
	}
	if counted {
		return true, nil
	}
	left, err := s.finishZones(ctx, ws)
	return more || left, err
}

// takeMarksSQL turns marks into days to be counted, and takes them away. $2 bounds how many.
const takeMarksSQL = `with marks as (
		delete from fact_marks where workspace_id = $1 and id in (
			select id from fact_marks where workspace_id = $1 order by id limit $2 for update skip locked)
		returning at, case_id, made_at
	), moments as (
		select at, made_at from marks where at is not null
		-- The offset keeps a planner that knows the tables from when they were empty from joining each mark with all facts.
		union all select f.at, m.made_at from marks m, lateral (select at from facts where workspace_id = $1 and case_id = m.case_id offset 0) f
		where m.case_id is not null
	), days as (
		insert into insight_dirty (workspace_id, zone_id, day, made_at)
		select $1, z.id, (m.at at time zone z.zone)::date, min(m.made_at) from moments m
		join insight_zones z on z.workspace_id = $1 and z.dropped_at is null
		group by 2, 3 order by 2, 3
		on conflict do nothing
	)
	select count(*) from marks`

func (s *Service) takeMarks(ctx context.Context, ws access.WorkspaceID) (more bool, err error) {
	var n int
	err = s.db.AsSystem(ctx, "insights: marks", func(tx pgx.Tx) error {
		// Marks come and go faster than they are analyzed: the first ones are read from the index, whatever the planner believes.
		if _, err := tx.Exec(ctx, `set local enable_bitmapscan = off; set local enable_seqscan = off`); err != nil {
			return err
		}
		return tx.QueryRow(ctx, takeMarksSQL, ws, s.size.marks).Scan(&n)
	})
	return n == s.size.marks, err
}

// prepareZones sees that the workspace's own zone is counted, and that all days with facts are counted in zones that are new.
func (s *Service) prepareZones(ctx context.Context, ws access.WorkspaceID) error {
	if err := s.ownZone(ctx, ws); err != nil {
		return err
	}
	return s.db.AsSystem(ctx, "insights: zones", func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, `select id from insight_zones where workspace_id = $1 and days is null and dropped_at is null for update skip locked`, ws)
		if err != nil {
			return err
		}
		fresh, err := pgx.CollectRows(rows, pgx.RowTo[int64])
		if err != nil || len(fresh) == 0 {
			return err
		}
		// Not in the statement that took the lock: whatever was committed before the zone was must be seen.
		_, err = tx.Exec(ctx, `with days as (
				select z.id as zone_id, d::date as day from insight_zones z,
					(select min(at) as first, max(at) as last from facts where workspace_id = $1) f,
					generate_series((f.first at time zone z.zone)::date::timestamp, (f.last at time zone z.zone)::date::timestamp, '1 day') d
				where z.workspace_id = $1 and z.id = any ($2) and exists (select from facts where workspace_id = $1
					and at >= d at time zone z.zone and at < (d + interval '1 day') at time zone z.zone)
			), added as (
				insert into insight_dirty (workspace_id, zone_id, day, made_at) select $1, zone_id, day, now() from days
				on conflict do nothing
			)
			update insight_zones z set days = (select count(*) from days d where d.zone_id = z.id)
			where z.workspace_id = $1 and z.id = any ($2)`, ws, fresh)
		return err
	})
}

// ownZone commits before the days are listed: whoever takes the mark of a day that the list does not have yet sees the zone. It
// also drops zones that the database does not know any more, with which nothing could be counted.
func (s *Service) ownZone(ctx context.Context, ws access.WorkspaceID) error {
	return s.db.AsSystem(ctx, "insights: own zone", func(tx pgx.Tx) error {
		batch := &pgx.Batch{}
		batch.Queue(`insert into insight_zones (workspace_id, zone, used_at) select id, time_zone, $2 from workspaces where id = $1 and knows_zone(time_zone)
			on conflict do nothing`, ws, s.now())
		batch.Queue(`update insight_zones set dropped_at = $2 where workspace_id = $1 and dropped_at is null and not knows_zone(zone)`, ws, s.now())
		return tx.SendBatch(ctx, batch).Close()
	})
}

// finishZones notes which zones are counted, and removes some of what was counted in those that were dropped.
func (s *Service) finishZones(ctx context.Context, ws access.WorkspaceID) (more bool, err error) {
	err = s.db.AsSystem(ctx, "insights: zones", func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `update insight_zones z set ready = true where workspace_id = $1 and not ready and days is not null
			and not exists (select from insight_dirty d where d.workspace_id = $1 and d.zone_id = z.id)`, ws)
		if err != nil {
			return err
		}
		var gone int
		err = tx.QueryRow(ctx, `with gone as (
				delete from insight_days where ctid = any (array(select d.ctid from insight_days d join insight_zones z
					on z.workspace_id = $1 and z.id = d.zone_id and z.dropped_at is not null
					where d.workspace_id = $1 limit $2))
				returning 1
			), days as (
				delete from insight_dirty d using insight_zones z
				where d.workspace_id = $1 and z.workspace_id = $1 and z.id = d.zone_id and z.dropped_at is not null
			), zones as (
				delete from insight_zones where workspace_id = $1 and dropped_at is not null and (select count(*) from gone) < $2
			)
			select count(*) from gone`, ws, s.size.rows).Scan(&gone)
		more = gone == s.size.rows
		return err
	})
	return more, err
}
