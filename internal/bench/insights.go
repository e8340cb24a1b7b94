package main

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"caseward/internal/desk/cases"
	"caseward/internal/desk/insights"
	"caseward/internal/platform/clock"
	"caseward/internal/seed"
)

// factsPerCase is how much happens to a case, and tagsOfAll how many tags, queues and agents there are.
const (
	factsPerCase = 10
	manyTags     = 40
	manyQueues   = 8
	manyAgents   = 20
)

// insights compares what the pages of insights ask with what a page of the inbox asks, in a workspace with a busy year behind it.
func (b *bench) insights(ctx context.Context) error {
	s, err := b.open(ctx, "bench_large", seed.Input{Cases: b.large, Messages: 1, Progress: b.out})
	if err != nil {
		return err
	}
	defer s.Close(ctx)
	if err := b.busyYear(ctx, s); err != nil {
		return err
	}
	today := clock.System()
	period := func(days int, change ...func(*insights.Query)) insights.Query {
		q := insights.Query{From: dateOf(today.AddDate(0, 0, 1-days)), To: dateOf(today)}
		for _, f := range change {
			f(&q)
		}
		return q
	}
	tagged := func(q *insights.Query) { q.Tag = 7 }
	report := func(q insights.Query) func() error {
		return func() error { _, err := s.Insights.Report(ctx, s.owner, q); return err }
	}
	groups := func(q insights.Query, by insights.Dimension) func() error {
		return func() error { _, err := s.Insights.Groups(ctx, s.owner, q, by); return err }
	}
	events := func(q insights.Query, of insights.EventKind) func() error {
		return func() error {
			list, _, err := s.Insights.Events(ctx, s.owner, q, of, nil)
			if err == nil && len(list) == 0 {
				err = fmt.Errorf("nothing %s in %v", of, q)
			}
			return err
		}
	}
	list := func() error {
		_, err := s.Cases.List(ctx, s.owner, cases.AllOpen, cases.PageInput{})
		return err
	}
	worst := map[string]float64{}
	for _, m := range []struct {
		what, name string
		ask        func() error
	}{
		{"report", "30 days", report(period(30))},
		{"report", "30 days of a tag", report(period(30, tagged))},
		{"report", "30 days by queue", groups(period(30), insights.ByQueue)},
		{"report", "30 days by agent", groups(period(30), insights.ByAgent)},
		{"report", "30 days by tag", groups(period(30), insights.ByTag)},
		{"report", "30 days of a tag by agent", groups(period(30, tagged), insights.ByAgent)},
		{"list behind a number", "what was closed in 30 days", events(period(30), insights.Closings)},
		{"list behind a number", "… of a tag", events(period(30, tagged), insights.Closings)},
	} {
		asked, inbox, err := compare(40*b.rounds, m.ask, list)
		if err != nil {
			return err
		}
		b.say("      %-26s %.0f µs against %.0f µs, %.2f", m.name, asked, inbox, asked/inbox)
		worst[m.what] = max(worst[m.what], asked/inbox)
	}
	b.atMost("slowest report of insights / list of the inbox", worst["report"], 3, "")
	b.atMost("slowest list behind a number / list of the inbox", worst["list behind a number"], 5, "")
	year, _, err := compare(10*b.rounds, report(period(365)), func() error { return nil })
	if err != nil {
		return err
	}
	b.say("      a year, day by day: %.0f µs", year)
	return b.factCost(ctx, s)
}

func dateOf(t time.Time) insights.Date {
	year, month, day := t.Date()
	return insights.Date{Year: year, Month: month, Day: day}
}

// busyYear writes the facts of a year in the order in which they would have come, and tags for two cases of five, and has the
// days counted; unless an earlier run has.
func (b *bench) busyYear(ctx context.Context, s *site) error {
	var there bool
	ws := s.owner.Workspace
	err := s.DB.SystemPool().QueryRow(ctx, `select exists (select from tags where workspace_id = $1)`, ws).Scan(&there)
	if err != nil || there {
		return err
	}
	began := time.Now()
	err = s.DB.AsSystem(ctx, "bench", func(tx pgx.Tx) error {
		batch := &pgx.Batch{}
		batch.Queue(`set local session_replication_role = replica`) // no triggers
		batch.Queue(`truncate facts, fact_marks, insight_days, insight_dirty, insight_zones`)
		batch.Queue(`insert into tags (workspace_id, name, created_at) select $1, 'tag ' || i, now() from generate_series(1, $2::int) i`, ws, manyTags)
		batch.Queue(`insert into case_tags (workspace_id, case_id, tag_id) select workspace_id, id, 1 + id % $2 from cases where workspace_id = $1 and id % 5 < 2`, ws, manyTags)
		batch.Queue(`insert into facts (workspace_id, at, kind, auto, case_id, queue_id, agent_id, seconds, case_created_at)
			select $1, now() - interval '365 days' * (1 - i::float8 / $2), (array[1, 2, 2, 2, 3, 4, 5, 5, 6, 7])[1 + (random() * 9)::int], random() < 0.1,
				c.first + (random() * (c.last - c.first))::bigint, 1 + (random() * ($3 - 1))::int, 1 + (random() * ($4 - 1))::int,
				random() * 90000, now() - interval '365 days' * (1 - i::float8 / $2) - interval '20 days' * random() ^ 3
			from (select min(id) as first, max(id) as last from cases where workspace_id = $1) c, generate_series(1, $2::bigint) i`,
			ws, factsPerCase*b.large, manyQueues, manyAgents)
		return tx.SendBatch(ctx, batch).Close()
	})
	if err != nil {
		return err
	}
	if _, err := s.DB.SystemPool().Exec(ctx, `vacuum analyze facts, case_tags`); err != nil {
		return err
	}
	b.say("      %d facts written in %v", factsPerCase*b.large, time.Since(began).Round(time.Second))
	began = time.Now()
	summary, err := s.Insights.Run(ctx)
	if err != nil {
		return err
	}
	took := time.Since(began)
	b.say("      %s in %v, %.0f facts a second", summary, took.Round(time.Second), float64(factsPerCase*b.large)/took.Seconds())
	_, err = s.DB.SystemPool().Exec(ctx, `vacuum analyze insight_days`)
	return err
}

// factCost says what facts cost whoever changes many cases at once.
func (b *bench) factCost(ctx context.Context, s *site) error {
	change := func(setting string) func() error {
		return func() error {
			tx, err := s.DB.SystemPool().Begin(ctx)
			if err != nil {
				return err
			}
			defer tx.Rollback(ctx)
			_, err = tx.Exec(ctx, `set local session_replication_role = `+setting)
			if err == nil {
				_, err = tx.Exec(ctx, `update cases set status = 'closed', closed_at = now(), last_activity_at = now() where workspace_id = $1 and id in (
					select id from live_cases where workspace_id = $1 and status = 'open' limit 1000)`, s.owner.Workspace)
			}
			return err
		}
	}
	with, without, err := compare(4*b.rounds, change("origin"), change("replica"))
	if err == nil {
		b.say("      closing 1000 cases: %.0f ms with facts, %.0f ms without: %.0f facts a second", with/1000, without/1000, 1000/max((with-without)/1e6, 1e-6))
	}
	return err
}
