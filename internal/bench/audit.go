package main

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"caseward/internal/desk/audit"
	"caseward/internal/desk/cases"
	"caseward/internal/platform/clock"
)

// trailLength is how many entries the trail has, one a minute in the order in which they would have come.
const trailLength = 1_000_000

// audit compares what the first page of the audit trail asks with what a page of the inbox asks.
func (b *bench) audit(ctx context.Context) error {
	s, err := b.mainSite(ctx)
	if err != nil {
		return err
	}
	defer s.Close(ctx)
	if err := s.longTrail(ctx); err != nil {
		return err
	}
	guard := audit.NewGuard(s.DB, clock.System)
	reader := audit.NewReader(s.DB, guard, clock.System)
	first := func(f audit.Filter) func() error {
		return func() error {
			return s.DB.Snapshot(ctx, int64(s.owner.Workspace), func(ctx context.Context) error {
				page, err := reader.List(ctx, s.owner, audit.PageInput{Filter: f})
				if err == nil && len(page.Lines) == 0 {
					err = fmt.Errorf("nothing for %+v", f)
				}
				if err != nil {
					return err
				}
				if _, err := s.Checker.State(ctx, s.owner); err != nil {
					return err
				}
				_, err = reader.Choices(ctx, s.owner)
				return err
			})
		}
	}
	list := func() error {
		_, err := s.Cases.List(ctx, s.owner, cases.AllOpen, cases.PageInput{})
		return err
	}
	ours, inbox, err := compare(40*b.rounds, first(audit.Filter{}), list)
	if err != nil {
		return err
	}
	b.atMost("first page of the audit trail / list of the inbox", ours/inbox, 1.5, fmt.Sprintf("%.0f µs against %.0f µs", ours, inbox))
	return nil
}

// longTrail writes the entries without sealing them one by one, unless an earlier run has.
func (s *site) longTrail(ctx context.Context) error {
	var there int
	err := s.DB.SystemPool().QueryRow(ctx, `select count(*) from (select from audit_entries where workspace_id = $1 limit $2) e`,
		s.owner.Workspace, trailLength).Scan(&there)
	if err != nil || there == trailLength {
		return err
	}
	err = s.DB.AsSystem(ctx, "bench", func(tx pgx.Tx) error {
		batch := &pgx.Batch{}
		batch.Queue(`set local session_replication_role = replica`) // no triggers
		batch.Queue(`insert into audit_entries (workspace_id, at, actor_kind, actor_id, actor_job, action, object_kind, object_id, seq, hash)
			select $1, now() - ($3::int - i) * interval '1 minute', case when i % 3 = 0 then 'job' else 'member' end, case when i % 3 > 0 then $2::bigint end,
				case when i % 3 = 0 then 'purge' else '' end, (array['case.deleted', 'case.restored', 'case.purged', 'case.spam', 'login.succeeded', 'case.exported'])[1 + i % 6],
				'case', 1 + i % 100000, $3::int + i, decode(md5(i::text), 'hex')
			from generate_series(1, $3::int) i`, s.owner.Workspace, s.owner.Member, trailLength)
		return tx.SendBatch(ctx, batch).Close()
	})
	if err != nil {
		return err
	}
	_, err = s.DB.SystemPool().Exec(ctx, `vacuum analyze audit_entries`)
	return err
}
