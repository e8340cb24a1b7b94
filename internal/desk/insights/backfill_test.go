package insights_test

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"caseward/internal/desk/cases"
	"caseward/internal/desk/insights"
	"caseward/internal/desk/retention"
	"caseward/internal/seed"
	"caseward/internal/testkit/fixture"
)

// facts are those of the desk, as text.
func facts(d *fixture.Desk) []string {
	return fixture.Rows[string](d, `select concat_ws(' ', case_id, kind, at, auto, queue_id, coalesce(agent_id, 0), seconds, case_created_at) from facts
		where workspace_id = $1 group by workspace_id, case_id, kind, at, auto, queue_id, agent_id, seconds, case_created_at having sum(amount) > 0 order by 1`, d.ID())
}

// forget makes the desk one that was there before facts were.
func forget(d *fixture.Desk) {
	d.Exec(`delete from facts; delete from fact_marks; delete from insight_zones; delete from insight_days; delete from insight_dirty; delete from fact_backfills;
		insert into fact_backfills (workspace_id, last_id, before) select w.id, coalesce((select max(id) from cases c where c.workspace_id = w.id), 0), now()
			from workspaces w`)
}

// TestOldCases: what happened before facts were written is written from the feed, as it would have been then, in batches.
func TestOldCases(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	ctx := t.Context()
	other := fixture.One[int64](d, `insert into queues (workspace_id, name, created_at) values ($1, 'Abroad', now()) returning id`, d.ID())
	d.Exec(`insert into inactivity_settings (workspace_id, on_since, threshold_hours, statuses) values ($1, $2, 48, '{open}')`, d.ID(), d.Clock.Now())
	gone := closedCase(t, d)
	d.Delete(gone)
	for i := range 7 {
		d.Clock.Advance(time.Hour)
		n := d.Receive(fixture.Mail{Subject: fmt.Sprint("Case ", i)})
		d.Clock.Advance(time.Minute)
		reply(t, d, n)
		d.Clock.Advance(time.Minute)
		must2[cases.Case](t)(d.Cases.Update(ctx, d.Ana, n, cases.UpdateInput{Assignee: &d.Ben.Member}))
		d.Clock.Advance(time.Minute)
		setStatus(t, d, n, cases.Closed)
		d.Clock.Advance(time.Minute)
		must2[cases.Case](t)(d.Cases.Update(ctx, d.Ana, n, cases.UpdateInput{Assignee: &d.Ana.Member, Queue: &other}))
		d.Clock.Advance(time.Minute)
		setStatus(t, d, n, cases.Open)
		d.Clock.Advance(time.Minute)
	}
	d.Clock.Advance(50 * time.Hour)
	must2[string](t)(d.Inactivity.AutoClose(ctx))
	d.Exec(`insert into ratings (workspace_id, case_id, contact_id, assignee_id, closed_at, asked_at, score, rated_at, changed_at)
		select workspace_id, id, contact_id, assignee_id, closed_at, closed_at, 'good', closed_at, closed_at from cases where status = 'closed' and deleted_at is null`)
	n := d.Receive(fixture.Mail{Subject: "To be deleted"})
	d.Delete(n)
	want := facts(d)
	var before [3]insights.Totals
	for i := range before {
		before[i] = report(t, d, around(d)).Totals
	}
	d.Insights.SetSizes(1000, 1000, 2)
	forget(d)
	r := must2[insights.Report](t)(d.Insights.Report(ctx, d.Owner, around(d)))
	if !r.Counting {
		t.Error("it does not say that it is being counted")
	}
	same(t, "summary", "counted 2 days, wrote the facts of 9 older cases", must2[string](t)(d.Insights.Run(ctx)))
	same(t, "facts", want, facts(d))
	same(t, "totals", before[0], report(t, d, around(d)).Totals)
	same(t, "again", "counted 0 days", must2[string](t)(d.Insights.Run(ctx)))
	// What happened while the old facts were still to be written is written once.
	forget(d)
	d.Clock.Advance(time.Hour)
	setStatus(t, d, d.Receive(fixture.Mail{Subject: "Case 0 again"}), cases.Closed)
	report(t, d, around(d))
	if n := fixture.One[int](d, `select count(*) from (select from facts group by case_id, kind, at having count(*) > 1) twice`); n != 0 {
		t.Errorf("%d facts are there twice", n)
	}
	// Of what was gone already the ledger knows.
	d.Clock.Advance(8 * fixture.Day)
	must2[string](t)(d.Retention.Purge(ctx))
	id := must2[retention.RequestID](t)(d.Retention.Request(ctx, d.Admin, deleted(d)))
	must(t, d.Retention.Approve(ctx, d.Staff, d.Workspace.ID, id))
	must2[string](t)(d.Retention.Fulfil(ctx))
	forget(d)
	got := report(t, d, around(d)).Totals
	if got.Purged != 2 || got.Erased != 1 {
		t.Errorf("%d purged, %d erased", got.Purged, got.Erased)
	}
}

// TestOldCasesOfManyYears: the facts of a load of closed, deleted and open cases are the same, written then or later.
func TestOldCasesOfManyYears(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t, fixture.Slug("seeded"))
	must2[string](t)(seed.Run(t.Context(), d.DB, seed.Input{Workspace: "seeded", Cases: 300}))
	want := facts(d)
	forget(d)
	run(t, d)
	if len(want) < 600 {
		t.Errorf("only %d facts", len(want))
	}
	same(t, "facts", want, facts(d))
}

// deleted is a case that was just deleted.
func deleted(d *fixture.Desk) cases.Number {
	n := d.Case()
	d.Delete(n)
	return n
}

// TestSpamThatWasGoneBeforeItWasCounted is written from the ledger, once, and the backfill of a workspace takes what is counted as
// gone spam for nothing else.
func TestSpamThatWasGoneBeforeItWasCounted(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	deleted(d)
	deleted(d)
	d.Clock.Advance(8 * fixture.Day)
	must2[string](t)(d.Retention.Purge(t.Context()))
	spam := fixture.One[cases.ID](d, `select min(case_id) from erasure_ledger where kind = 'case purged'`)
	d.Exec(`delete from facts where case_id = $1`, spam)
	text := string(must2[[]byte](t)(os.ReadFile("../../../migrations/00080_spam_facts_before.sql")))
	up, _, _ := strings.Cut(text, "-- +goose Down")
	totals := func() string {
		got := report(t, d, around(d, func(q *insights.Query) { q.From = dateOf(d.Clock.Now().AddDate(0, 0, -20)) })).Totals
		return fmt.Sprintf("purged %d, spam gone %d", got.Purged, got.SpamGone)
	}
	same(t, "before", "purged 1, spam gone 0", totals())
	d.Exec(up)
	d.Exec(up)
	same(t, "after", "purged 1, spam gone 1", totals())
	forget(d)
	d.Exec(up) // leaves to the backfill what that is to write
	d.Exec(`insert into facts (workspace_id, at, kind, case_id, queue_id) values ($1, $2, 10, $3, -1)`, d.ID(), d.Clock.Now(), spam)
	same(t, "after the backfill", "purged 1, spam gone 1", totals())
}
