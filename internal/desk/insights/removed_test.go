package insights_test

import (
	"testing"
	"time"

	"caseward/internal/desk/bulk"
	"caseward/internal/desk/cases"
	"caseward/internal/desk/contact"
	"caseward/internal/desk/insights"
	"caseward/internal/desk/rating"
	"caseward/internal/desk/removal"
	"caseward/internal/desk/retention"
	"caseward/internal/platform/errs"
	"caseward/internal/testkit/fixture"
)

// switched are the totals with deleted cases left out, counted too, and alone.
func switched(t testing.TB, d *fixture.Desk, change ...func(*insights.Query)) (list [3]string) {
	t.Helper()
	for i, position := range []insights.Deleted{insights.Exclude, insights.Include, insights.Only} {
		list[i] = short(report(t, d, around(d, append(change, func(q *insights.Query) { q.Deleted = position })...)).Totals)
	}
	return list
}

// closedCase is one that Ana has had and closed, with a tag.
func closedCase(t testing.TB, d *fixture.Desk) cases.Number {
	t.Helper()
	n := d.Receive(fixture.Mail{})
	must2[cases.Case](t)(d.Cases.Update(t.Context(), d.Ana, n, cases.UpdateInput{Assignee: &d.Ana.Member}))
	must2[cases.Case](t)(d.Cases.SetTags(t.Context(), d.Ana, n, []string{"amber"}))
	d.Clock.Advance(time.Minute)
	setStatus(t, d, n, cases.Closed)
	d.Clock.Advance(time.Minute)
	return n
}

func ambers(d *fixture.Desk) func(*insights.Query) {
	return func(q *insights.Query) {
		q.Tag = fixture.One[int64](d, `select id from tags where workspace_id = $1 and name = 'amber'`, d.ID())
	}
}

// TestNumbersOutliveTheirCases: a deleted case is left out unless one asks for it (seed 001), and what was counted of it stays after
// it is gone (seed 000); a restored one is counted as before.
func TestNumbersOutliveTheirCases(t *testing.T) {
	t.Parallel()
	for name, remove := range map[string]func(*fixture.Desk, cases.Number) string{
		"purged": func(d *fixture.Desk, _ cases.Number) string {
			d.Clock.Advance(7 * fixture.Day)
			must2[string](t)(d.Retention.Purge(t.Context()))
			return ", purged 1"
		},
		"erased": func(d *fixture.Desk, n cases.Number) string {
			id := must2[retention.RequestID](t)(d.Retention.Request(t.Context(), d.Admin, n))
			must(t, d.Retention.Approve(t.Context(), d.Staff, d.Workspace.ID, id))
			must2[string](t)(d.Retention.Fulfil(t.Context()))
			return ", erased 1"
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := fixture.NewDesk(t)
			n, stays := closedCase(t, d), d.Receive(fixture.Mail{Subject: "This one stays"})
			const one, both = "created 1, closed 1, same 1", "created 2, closed 1, same 1"
			same(t, "before", [3]string{both, both, ""}, switched(t, d))
			d.Delete(n)
			same(t, "deleted", [3]string{"created 1, deleted 1", both + ", deleted 1", one + ", deleted 1"}, switched(t, d))
			d.Clock.Advance(time.Hour)
			must2[cases.Restored](t)(d.Cases.Restore(t.Context(), d.Ana, cases.RestoreInput{Number: n}))
			same(t, "restored", [3]string{both, both, ""}, switched(t, d))
			d.Delete(n)
			gone := ", deleted 1" + remove(d, n)
			if left := fixture.One[int](d, `select count(*) from cases`); left != 1 {
				t.Fatalf("%d cases are left", left)
			}
			same(t, "gone", [3]string{"created 1" + gone, both + gone, one + gone}, switched(t, d))
			same(t, "gone, by its tag", [3]string{gone[2:], one + gone, one + gone}, switched(t, d, ambers(d)))
			same(t, "gone, by its agent", [3]string{gone[2:], "closed 1, same 1" + gone, "closed 1, same 1" + gone},
				switched(t, d, func(q *insights.Query) { q.Agent = d.Ana.Member }))
			d.Delete(stays)
		})
	}
}

// TestSpamAndRedirectsCountNowhere: and what is taken out of spam, or split off again, counts as if nothing had been. Only that spam
// is gone for good is counted.
func TestSpamAndRedirectsCountNowhere(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	ctx := t.Context()
	n, target := closedCase(t, d), d.Receive(fixture.Mail{Subject: "Another"})
	const one, both = "created 1", "created 2, closed 1, same 1"
	same(t, "before", [3]string{both, both, ""}, switched(t, d))
	must2[cases.Case](t)(d.Cases.MarkSpam(ctx, d.Ana, n))
	same(t, "in spam", [3]string{one, one, ""}, switched(t, d))
	must2[cases.Unspammed](t)(d.Cases.TakeFromSpam(ctx, d.Ana, cases.NotSpamInput{Number: n}))
	same(t, "not spam", [3]string{both, both, ""}, switched(t, d))
	must2[cases.Case](t)(d.Messages.Merge(ctx, d.Ana, n, target))
	same(t, "merged", [3]string{one, one, ""}, switched(t, d))
	must2[cases.Case](t)(d.Messages.Unmerge(ctx, d.Ana, n))
	same(t, "split off again", [3]string{both, both, ""}, switched(t, d))
	c := must2[cases.Case](t)(d.Cases.MarkSpam(ctx, d.Ana, n))
	must(t, d.Retention.EraseSpam(ctx, d.Owner, n, *c.SpamAt))
	const gone = "spam gone 1"
	same(t, "spam, deleted forever", [3]string{one + ", " + gone, one + ", " + gone, gone}, switched(t, d))
	same(t, "by its tag", [3]string{gone, gone, gone}, switched(t, d, ambers(d)))
	if left := fixture.One[int](d, `select count(*) from facts where case_id = $1`, c.ID); left != 1 {
		t.Errorf("%d facts are left of what nothing is counted of but that it is gone", left)
	}
}

// TestACaseThatGoesWithItsContact is hidden like spam and yet none: it was worked on, so its numbers stay among the deleted.
func TestACaseThatGoesWithItsContact(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	closedCase(t, d)
	id := fixture.One[contact.ID](d, `select contact_id from cases`)
	const all = "created 1, closed 1, same 1"
	same(t, "before", [3]string{all, all, ""}, switched(t, d))
	must(t, d.Removal.Delete(t.Context(), d.Owner, id))
	must2[string](t)(d.Removal.Run(t.Context()))
	same(t, "contact deleted", [3]string{"", all, all}, switched(t, d))
	must(t, d.Removal.Restore(t.Context(), d.Owner, removal.RestoreInput{Contact: id}))
	must2[string](t)(d.Removal.Run(t.Context()))
	same(t, "contact restored", [3]string{all, all, ""}, switched(t, d))
	must(t, d.Removal.Delete(t.Context(), d.Owner, id))
	must2[string](t)(d.Removal.Run(t.Context()))
	plans := must2[[]retention.ForgetPlan](t)(d.Retention.PlanForget(t.Context(), d.Owner, []contact.ID{id}))
	must2[retention.ErasureID](t)(d.Retention.Forget(t.Context(), d.Owner, retention.ForgetInput{Contacts: []contact.ID{id},
		Seen: map[contact.ID]retention.PersonCounts{id: plans[0].Counts}, Word: retention.ForgetWord}))
	must2[string](t)(d.Retention.RunForget(t.Context()))
	same(t, "contact deleted forever", [3]string{"erased 1", all + ", erased 1", all + ", erased 1"}, switched(t, d))
}

// TestWhatIsUndoneHasNotHappened: a closing or reopening undone in bulk, and a rating that somebody changed.
func TestWhatIsUndoneHasNotHappened(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	ctx := t.Context()
	n := d.Receive(fixture.Mail{})
	for _, to := range []cases.Status{cases.Closed, cases.Open} {
		before := short(report(t, d, around(d)).Totals)
		d.Clock.Advance(time.Hour)
		id := must2[bulk.ID](t)(d.BulkUpdate.Start(ctx, d.Ana, bulk.StartInput{Numbers: []cases.Number{n}, Change: cases.Many{Do: cases.UpdateMany, Status: &to}}))
		must2[string](t)(d.BulkUpdate.Run(ctx))
		if after := short(report(t, d, around(d)).Totals); after == before {
			t.Errorf("%s in bulk counts nothing", to)
		}
		d.Clock.Advance(time.Hour)
		must(t, d.BulkUpdate.Undo(ctx, d.Ana, id))
		must2[string](t)(d.BulkUpdate.Run(ctx))
		same(t, string(to)+" undone", before, short(report(t, d, around(d)).Totals))
		setStatus(t, d, n, to)
		d.Clock.Advance(time.Hour)
	}
	setStatus(t, d, n, cases.Closed)
	d.Exec(`insert into ratings (workspace_id, case_id, contact_id, closed_at, asked_at) select workspace_id, id, contact_id, created_at, created_at from cases`)
	id := rating.ID(fixture.One[int64](d, `select id from ratings`))
	token := d.Links.Token(d.Workspace.ID, id, d.Clock.Now())
	must(t, d.Ratings.Rate(ctx, token, rating.Answer{Score: rating.Good}))
	same(t, "good", "created 1, closed 2, same 2, reopened 1, good 1", short(report(t, d, around(d)).Totals))
	d.Clock.Advance(fixture.Day)
	must(t, d.Ratings.Rate(ctx, token, rating.Answer{Score: rating.Bad}))
	r := report(t, d, around(d))
	same(t, "bad after all", "created 1, closed 2, same 2, reopened 1, bad 1", short(r.Totals))
	if r.Days[6].RatedBad != 1 { // the day before the clock's
		t.Error("the rating has another day now")
	}
}

// TestClosedByItself: what Auto Close closes is told apart, with the time to its own moment, and is its assignee's.
func TestClosedByItself(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	d.Exec(`insert into inactivity_settings (workspace_id, on_since, threshold_hours, statuses) values ($1, $2, 48, '{open}')`, d.ID(), d.Clock.Now())
	d.Clock.Advance(time.Minute)
	n := d.Receive(fixture.Mail{})
	must2[cases.Case](t)(d.Cases.Update(t.Context(), d.Ana, n, cases.UpdateInput{Assignee: &d.Ana.Member}))
	other := d.Receive(fixture.Mail{Subject: "Closed by hand"})
	d.Clock.Advance(49 * time.Hour)
	setStatus(t, d, other, cases.Closed)
	must2[string](t)(d.Inactivity.AutoClose(t.Context()))
	r := report(t, d, around(d))
	same(t, "all", "created 2, closed 2, auto 1, same 2, auto same 1", short(r.Totals))
	if r.HandleSeconds != 2*49*3600 || r.AutoHandleSeconds != 49*3600 {
		t.Errorf("handled in %d s, closed automatically after %d s", r.HandleSeconds, r.AutoHandleSeconds)
	}
	r = report(t, d, around(d, func(q *insights.Query) { q.Agent = d.Ana.Member }))
	same(t, "Ana's", "closed 1, auto 1, same 1, auto same 1", short(r.Totals))
}

// TestARatingGoesWithItsCase: it counts once, where it shows, whatever is merged and changed meanwhile; and who was answered on
// the one case is not answered for the first time on the other.
func TestARatingGoesWithItsCase(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	ctx := t.Context()
	n, target := d.Receive(fixture.Mail{}), d.Receive(fixture.Mail{Subject: "Another"})
	d.Clock.Advance(time.Minute)
	reply(t, d, n)
	d.Exec(`insert into ratings (workspace_id, case_id, contact_id, closed_at, asked_at) select workspace_id, id, contact_id, created_at, $2 from cases where number = $1`, n, d.Clock.Now())
	token := d.Links.Token(d.Workspace.ID, rating.ID(fixture.One[int64](d, `select id from ratings`)), d.Clock.Now())
	must(t, d.Ratings.Rate(ctx, token, rating.Answer{Score: rating.Good}))
	same(t, "good", "created 2, answered 1, good 1", short(report(t, d, around(d)).Totals))
	must2[cases.Case](t)(d.Messages.Merge(ctx, d.Ana, n, target))
	same(t, "merged", "created 1, good 1", short(report(t, d, around(d)).Totals))
	reply(t, d, target)
	must(t, d.Ratings.Rate(ctx, token, rating.Answer{Score: rating.Bad}))
	same(t, "bad after all, answered again", "created 1, bad 1", short(report(t, d, around(d)).Totals))
	must2[cases.Case](t)(d.Messages.Unmerge(ctx, d.Ana, n))
	same(t, "split off again", "created 2, answered 1, bad 1", short(report(t, d, around(d)).Totals))
}

// TestClocksDiffer: a closing and a reopening by a machine whose clock is behind count.
func TestClocksDiffer(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	n := d.Receive(fixture.Mail{})
	d.Clock.Advance(-200 * time.Millisecond)
	setStatus(t, d, n, cases.Closed)
	d.Clock.Advance(-200 * time.Millisecond)
	setStatus(t, d, n, cases.Open)
	r := report(t, d, around(d))
	if r.Closed != 1 || r.Reopened != 1 {
		t.Error(short(r.Totals))
	}
}

// TestAZoneThatTheDatabaseDoesNotKnow: nothing can be counted in it, and nothing fails for it.
func TestAZoneThatTheDatabaseDoesNotKnow(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	d.Receive(fixture.Mail{})
	run(t, d)
	d.Exec(`update workspaces set time_zone = 'Moon/Base' where id = $1`, d.ID())
	d.Exec(`update insight_zones set zone = 'Moon/Crater'`)
	d.Receive(fixture.Mail{Subject: "Another"})
	run(t, d)
	run(t, d)
	if n := fixture.One[int](d, `select count(*) from insight_zones`); n != 0 {
		t.Errorf("%d such zones are kept", n)
	}
	if _, err := d.Insights.Report(t.Context(), d.Owner, around(d)); !errs.Is(err, errs.Invalid) {
		t.Error(err)
	}
}
