package insights_test

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"caseward/internal/desk/cases"
	"caseward/internal/desk/insights"
	"caseward/internal/platform/db"
	"caseward/internal/platform/errs"
	"caseward/internal/testkit/fixture"
	"caseward/internal/testkit/testdb"
)

func in(zone string) func(*insights.Query) { return func(q *insights.Query) { q.Zone = zone } }

// TestDaysBeginWhereOneLives: the same moments are on other days in other zones, also when the clocks change.
func TestDaysBeginWhereOneLives(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	start := time.Date(2026, 10, 24, 23, 30, 0, 0, time.UTC) // 00:30 in Lisbon, where the clocks go back in this night: the day has 25 hours
	d.Clock.Advance(start.Sub(d.Clock.Now()))
	for i := range 26 {
		d.Receive(fixture.Mail{Subject: fmt.Sprint("Case ", i)})
		d.Clock.Advance(time.Hour)
	}
	run(t, d)
	on := func(zone string) string {
		q := insights.Query{From: insights.Date{Year: 2026, Month: 10, Day: 24}, To: insights.Date{Year: 2026, Month: 10, Day: 26}, Zone: zone}
		r := must2[insights.Report](t)(d.Insights.Report(t.Context(), d.Owner, q))
		return fmt.Sprint(r.Counting, r.Days[0].Created, r.Days[1].Created, r.Days[2].Created)
	}
	same(t, "UTC, the workspace's", "false 1 24 1", on(""))
	for zone, want := range map[string]string{"Europe/Lisbon": "false 0 25 1", "America/New_York": "false 5 21 0", "Asia/Kathmandu": "false 0 19 7"} {
		if got := on(zone); got != "true 0 0 0" {
			t.Errorf("%s is counted before anybody asked: %s", zone, got)
		}
		run(t, d)
		same(t, zone, want, on(zone))
	}
	d.Exec(`update workspaces set time_zone = 'Europe/Lisbon' where id = $1`, d.ID())
	same(t, "the workspace moved", "false 0 25 1", on(""))
}

// TestFourZones of a workspace are counted: the one that nobody asked for the longest goes for a new one, but not while it is in use.
func TestFourZones(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	d.Insights.SetSizes(10, 10, 10)
	d.Receive(fixture.Mail{})
	run(t, d)
	ask := func(zone string) error {
		_, err := d.Insights.Report(t.Context(), d.Owner, around(d, in(zone)))
		run(t, d)
		return err
	}
	for _, zone := range []string{"Europe/Lisbon", "Europe/Paris", "Asia/Tokyo"} {
		must(t, ask(zone))
		d.Clock.Advance(time.Minute)
	}
	if err := ask("Asia/Kathmandu"); !errs.Is(err, errs.Invalid) {
		t.Errorf("a fifth zone at once: %v", err)
	}
	d.Clock.Advance(time.Hour)
	must(t, ask("Europe/Lisbon"))
	must(t, ask("Asia/Kathmandu"))
	same(t, "zones", []string{"Asia/Kathmandu", "Asia/Tokyo", "Europe/Lisbon", "UTC"}, fixture.Rows[string](d, `select zone from insight_zones order by 1`))
	if n := fixture.One[int](d, `select count(*) from insight_days where zone_id not in (select id from insight_zones)`); n != 0 {
		t.Errorf("%d rows of a zone that is gone", n)
	}
	must(t, ask("Europe/Paris"))
	d.Exec(`update workspaces set time_zone = 'Africa/Cairo' where id = $1`, d.ID())
	must(t, ask("")) // for its own there is always room
}

// TestCountingTellsHowFarItIs, goes on where it was stopped, and says to when everything is counted.
func TestCountingTellsHowFarItIs(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	for i := range 5 {
		d.Receive(fixture.Mail{Subject: fmt.Sprint("Case ", i)})
		d.Clock.Advance(fixture.Day)
	}
	run(t, d)
	tokyo := around(d, in("Asia/Tokyo"))
	must2[insights.Report](t)(d.Insights.Report(t.Context(), d.Owner, tokyo))
	must(t, d.Insights.PrepareZones(t.Context(), d.Workspace.ID))
	for done := range 5 {
		r := must2[insights.Report](t)(d.Insights.Report(t.Context(), d.Owner, tokyo))
		if !r.Counting || r.CountedDays != done || r.AllDays != 5 || r.Created != int64(done) {
			t.Errorf("after %d days: %v %d of %d, %d created", done, r.Counting, r.CountedDays, r.AllDays, r.Created)
		}
		if ok := must2[bool](t)(d.Insights.CountNext(t.Context(), d.Workspace.ID)); !ok {
			t.Error("nothing is left to count")
		}
	}
	run(t, d)
	same(t, "in the end", "created 5", short(report(t, d, tokyo).Totals))
	d.Receive(fixture.Mail{Subject: "Not counted yet"})
	r := must2[insights.Report](t)(d.Insights.Report(t.Context(), d.Owner, tokyo))
	made := fixture.One[time.Time](d, `select min(made_at) from fact_marks`)
	if want := min(made.Unix(), d.Clock.Now().Unix()); r.CountedTo.Unix() != want {
		t.Errorf("counted to %v although a mark is from %v", r.CountedTo, made)
	}
}

// TestManyProcesses count while others work: in the end all is counted, once.
func TestManyProcesses(t *testing.T) {
	t.Parallel()
	url := testdb.NewURL(t)
	open := func() *db.DB {
		d, err := db.Open(t.Context(), url, db.Options{RequestConns: 3, SystemConns: 3})
		must(t, err)
		t.Cleanup(d.Close)
		return d
	}
	d := fixture.DeskOn(t, open())
	list := d.Bulk(60)
	var wait sync.WaitGroup
	for range 3 {
		s := fixture.New(t, open(), d.Clock.Now)
		s.Insights.SetSizes(7, 3, 10)
		wait.Go(func() {
			for range 15 {
				if _, err := s.Insights.Run(t.Context()); err != nil {
					t.Error(err)
				}
			}
		})
	}
	for i, n := range list {
		switch i % 3 {
		case 0:
			setStatus(t, d, n, cases.Closed)
		case 1:
			d.Delete(n)
		}
		d.Clock.Advance(time.Hour)
	}
	wait.Wait()
	same(t, "left out", "created 40, closed 20, same 20, answered 40, deleted 20", short(report(t, d, around(d)).Totals))
	same(t, "counted", "created 60, closed 20, same 20, answered 60, deleted 20",
		short(report(t, d, around(d, func(q *insights.Query) { q.Deleted = insights.Include })).Totals))
}
