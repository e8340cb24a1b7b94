package routing_test

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"caseward/internal/desk/access"
	"caseward/internal/desk/cases"
	"caseward/internal/desk/routing"
	"caseward/internal/desk/workspace"
	"caseward/internal/platform/db"
	"caseward/internal/platform/errs"
	"caseward/internal/testkit/fixture"
	"caseward/internal/testkit/testdb"
)

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func must2[T any](t testing.TB) func(v T, err error) T {
	t.Helper()
	return func(v T, err error) T {
		t.Helper()
		must(t, err)
		return v
	}
}

func wants(t testing.TB, err error, kind errs.Kind, what string) {
	t.Helper()
	if !errs.Is(err, kind) {
		t.Errorf("%s: %v, want %s", what, err, kind)
	}
}

// desk is a workspace whose default queue deals out to Ana and Ben.
func desk(t *testing.T) *fixture.Desk {
	t.Helper()
	d := fixture.NewDesk(t)
	must(t, d.Routing.SetTeam(t.Context(), d.Admin, d.Queue, routing.Team{}, routing.Team{Members: []access.MemberID{d.Ana.Member, d.Ben.Member}, DealsOut: true}))
	return d
}

func here(t testing.TB, d *fixture.Desk, who ...access.Actor) {
	t.Helper()
	for _, a := range who {
		must(t, d.Routing.Here(t.Context(), a))
	}
}

func run(t testing.TB, d *fixture.Desk) {
	t.Helper()
	must2[string](t)(d.Routing.Run(t.Context()))
}

// has is how many cases that are not closed a member has.
func has(d *fixture.Desk, who access.Actor) int {
	return fixture.One[int](d, `select count(*) from live_cases where assignee_id = $1 and status <> 'closed'`, who.Member)
}

func holder(d *fixture.Desk, n cases.Number) access.MemberID {
	return fixture.One[access.MemberID](d, `select coalesce(assignee_id, 0) from cases where workspace_id = $1 and number = $2`, d.ID(), n)
}

func capacity(n int) *int { return &n }

func TestAQueueDealsOutByTurns(t *testing.T) {
	t.Parallel()
	d := desk(t)
	must(t, d.Routing.SetCapacity(t.Context(), d.Admin, d.Ben.Member, capacity(2)))
	for range 7 {
		d.Receive(fixture.Mail{})
	}
	run(t, d)
	if has(d, d.Ana)+has(d, d.Ben) != 0 {
		t.Error("cases were dealt out to people who are not there")
	}
	here(t, d, d.Ana, d.Ben, d.Owner)
	run(t, d)
	if has(d, d.Ana) != 5 || has(d, d.Ben) != 2 || has(d, d.Owner) != 0 {
		t.Errorf("Ana has %d, Ben %d, the owner %d; want 5, 2 and none", has(d, d.Ana), has(d, d.Ben), has(d, d.Owner))
	}
	if n := fixture.One[int](d, `select count(*) from notifications where kind = 'assigned' and member_id in ($1, $2)`, d.Ana.Member, d.Ben.Member); n != 7 {
		t.Errorf("they were told of %d cases, want 7", n)
	}
	run(t, d)
	if n := fixture.One[int](d, `select count(*) from activities where workspace_id = $1 and kind = 'assigned' and actor_kind = 'job'`, d.ID()); n != 7 {
		t.Errorf("%d lines in the feeds, want 7", n)
	}
}

// TestWhoIsThere: a sign of life lasts two minutes; who is away, at their limit or gone gets nothing, and keeps what they have.
func TestWhoIsThere(t *testing.T) {
	t.Parallel()
	d := desk(t)
	state := func(who access.Actor) routing.State {
		t.Helper()
		return must2[map[access.MemberID]routing.Attendance](t)(d.Routing.Attendance(t.Context(), d.Admin))[who.Member].State
	}
	if got := state(d.Ana); got != routing.Offline {
		t.Errorf("before a sign of life: %s", got)
	}
	here(t, d, d.Ana)
	must(t, d.Routing.SetAway(t.Context(), d.Ben, true))
	here(t, d, d.Ben)
	if a, b := state(d.Ana), state(d.Ben); a != routing.Online || b != routing.Away {
		t.Errorf("Ana is %s, Ben %s", a, b)
	}
	d.Clock.Advance(cases.OnlineFor - time.Second)
	here(t, d, d.Ben)
	d.Clock.Advance(2 * time.Second)
	if a, b := state(d.Ana), state(d.Ben); a != routing.Offline || b != routing.Away {
		t.Errorf("two minutes later: Ana is %s, Ben %s", a, b)
	}
	n := d.Receive(fixture.Mail{})
	run(t, d)
	if holder(d, n) != 0 {
		t.Error("a case was dealt to somebody who is away or offline")
	}
	must(t, d.Routing.SetAway(t.Context(), d.Ben, false))
	run(t, d)
	if holder(d, n) != d.Ben.Member {
		t.Error("who is back is given nothing")
	}
	d.Clock.Advance(time.Hour)
	run(t, d)
	if holder(d, n) != d.Ben.Member {
		t.Error("who went offline lost their case")
	}
}

// TestOnlyWhatWaitsIsDealt: not what is closed, hidden, snoozed or somebody's, nor of a queue that does not deal out.
func TestOnlyWhatWaitsIsDealt(t *testing.T) {
	t.Parallel()
	d := desk(t)
	ctx := t.Context()
	quiet := must2[workspace.QueueID](t)(d.Workspaces.CreateQueue(ctx, d.Admin, "Quiet"))
	hidden, spam, snoozed, pending, elsewhere, taken := d.Receive(fixture.Mail{}), d.Receive(fixture.Mail{}), d.Receive(fixture.Mail{}), d.Receive(fixture.Mail{}),
		d.Receive(fixture.Mail{}), d.Receive(fixture.Mail{})
	must2[cases.Case](t)(d.Cases.Delete(ctx, d.Ana, cases.DeleteInput{Number: hidden}))
	must2[cases.Case](t)(d.Cases.MarkSpam(ctx, d.Ana, spam))
	must2[cases.Case](t)(d.Cases.Snooze(ctx, d.Ana, snoozed, d.Clock.Now().Add(time.Hour)))
	waits, q := cases.Pending, int64(quiet)
	must2[cases.Case](t)(d.Cases.Update(ctx, d.Ana, pending, cases.UpdateInput{Status: &waits}))
	must2[cases.Case](t)(d.Cases.Update(ctx, d.Ana, elsewhere, cases.UpdateInput{Queue: &q}))
	must2[cases.Case](t)(d.Cases.Update(ctx, d.Ana, taken, cases.UpdateInput{Assignee: &d.Owner.Member}))
	here(t, d, d.Ana, d.Ben)
	run(t, d)
	for _, n := range []cases.Number{hidden, spam, snoozed, pending, elsewhere} {
		if holder(d, n) != 0 {
			t.Errorf("case %d was dealt out", n)
		}
	}
	if holder(d, taken) != d.Owner.Member {
		t.Error("a case was taken from who had it")
	}
}

func TestTakeNext(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	ctx := t.Context()
	other := must2[workspace.QueueID](t)(d.Workspaces.CreateQueue(ctx, d.Admin, "Billing"))
	must(t, d.Routing.SetTeam(ctx, d.Admin, other, routing.Team{}, routing.Team{Members: []access.MemberID{d.Ben.Member}}))
	first, second, urgent, billing := d.Receive(fixture.Mail{}), d.Receive(fixture.Mail{}), d.Receive(fixture.Mail{}), d.Receive(fixture.Mail{})
	high, q := cases.Urgent, int64(other)
	must2[cases.Case](t)(d.Cases.Update(ctx, d.Ana, urgent, cases.UpdateInput{Priority: &high}))
	must2[cases.Case](t)(d.Cases.Update(ctx, d.Ana, billing, cases.UpdateInput{Queue: &q, Priority: &high}))
	for i, want := range []cases.Number{urgent, first, second} {
		if got := must2[cases.Number](t)(d.Routing.TakeNext(ctx, d.Ana)); got != want || holder(d, got) != d.Ana.Member {
			t.Errorf("the %d. is case %d, want %d", i+1, got, want)
		}
	}
	_, err := d.Routing.TakeNext(ctx, d.Ana)
	wants(t, err, errs.NotFound, "what waits in a queue of others")
	if got := must2[cases.Number](t)(d.Routing.TakeNext(ctx, d.Ben)); got != billing {
		t.Errorf("Ben got %d, want %d", got, billing)
	}
}

func TestSeveralTakeNextAtOnce(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	for range 20 {
		d.Receive(fixture.Mail{})
	}
	var group sync.WaitGroup
	for _, who := range []access.Actor{d.Ana, d.Ben, d.Admin, d.Owner} {
		group.Go(func() {
			for range 5 {
				if _, err := d.Routing.TakeNext(t.Context(), who); err != nil {
					t.Error(err)
				}
			}
		})
	}
	group.Wait()
	for _, who := range []access.Actor{d.Ana, d.Ben, d.Admin, d.Owner} {
		if has(d, who) != 5 {
			t.Errorf("member %d has %d cases, want 5", who.Member, has(d, who))
		}
	}
	if n := fixture.One[int](d, `select count(*) from activities where workspace_id = $1 and kind = 'assigned'`, d.ID()); n != 20 {
		t.Errorf("%d lines in the feeds, want one a case", n)
	}
}

// TestCasesOfWhoWorksNoMore go back to their queues; what is closed stays to their credit.
func TestCasesOfWhoWorksNoMore(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	ctx := t.Context()
	open, pending, closed := d.Receive(fixture.Mail{}), d.Receive(fixture.Mail{}), d.Receive(fixture.Mail{})
	for n, status := range map[cases.Number]cases.Status{open: cases.Open, pending: cases.Pending, closed: cases.Closed} {
		must2[cases.Case](t)(d.Cases.Update(ctx, d.Ana, n, cases.UpdateInput{Assignee: &d.Ben.Member, Status: &status}))
	}
	run(t, d)
	if has(d, d.Ben) != 2 {
		t.Errorf("an active member has %d cases, want 2", has(d, d.Ben))
	}
	must(t, d.Members.Deactivate(ctx, d.Admin, d.Ben.Member))
	run(t, d)
	run(t, d)
	if holder(d, open) != 0 || holder(d, pending) != 0 || holder(d, closed) != d.Ben.Member {
		t.Errorf("they have it: %d, %d and %d", holder(d, open), holder(d, pending), holder(d, closed))
	}
}

// TestACaseThatIsOpenedAgain goes to who had it if they are there and have room (seed 003).
func TestACaseThatIsOpenedAgain(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		prepare func(d *fixture.Desk) error
		keeps   bool
	}{
		"online":  {func(d *fixture.Desk) error { return d.Routing.Here(t.Context(), d.Ben) }, true},
		"offline": {func(*fixture.Desk) error { return nil }, false},
		"away": {func(d *fixture.Desk) error {
			return errors.Join(d.Routing.Here(t.Context(), d.Ben), d.Routing.SetAway(t.Context(), d.Ben, true))
		}, false},
		"at the limit": {func(d *fixture.Desk) error {
			_, err := d.Cases.Update(t.Context(), d.Ana, d.Receive(fixture.Mail{}), cases.UpdateInput{Assignee: &d.Ben.Member})
			return errors.Join(err, d.Routing.Here(t.Context(), d.Ben), d.Routing.SetCapacity(t.Context(), d.Admin, d.Ben.Member, capacity(1)))
		}, false},
		"room for one": {func(d *fixture.Desk) error {
			return errors.Join(d.Routing.Here(t.Context(), d.Ben), d.Routing.SetCapacity(t.Context(), d.Admin, d.Ben.Member, capacity(1)))
		}, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := fixture.NewDesk(t)
			m := fixture.Mail{ID: "first@customer.test", From: "mara@customer.test"}
			n := d.Receive(m)
			shut := cases.Closed
			must2[cases.Case](t)(d.Cases.Update(t.Context(), d.Ana, n, cases.UpdateInput{Assignee: &d.Ben.Member, Status: &shut}))
			must(t, c.prepare(d))
			if got := d.Receive(fixture.Mail{From: m.From, InReplyTo: m.ID}); got != n {
				t.Fatalf("the answer is in case %d", got)
			}
			if keeps := holder(d, n) == d.Ben.Member; keeps != c.keeps {
				t.Errorf("it is still theirs: %t, want %t", keeps, c.keeps)
			}
		})
	}
}

func TestWhoMayRoute(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	ctx := t.Context()
	for name, who := range d.Actors() {
		admin := who.Can(access.ManageWorkspace)
		for what, err := range map[string]error{
			"team": d.Routing.SetTeam(ctx, who, d.Queue, routing.Team{}, routing.Team{}), "capacity": d.Routing.SetCapacity(ctx, who, d.Ana.Member, nil),
		} {
			if errs.Is(err, errs.Forbidden) == admin {
				t.Errorf("%s, %s: %v", name, what, err)
			}
		}
		if _, err := d.Routing.TakeNext(ctx, who); errs.Is(err, errs.Forbidden) == who.Can(access.WorkCases) {
			t.Errorf("%s takes the next: %v", name, err)
		}
	}
	wants(t, d.Routing.SetCapacity(ctx, d.Admin, d.Ana.Member, capacity(0)), errs.Invalid, "no room at all")
	wants(t, d.Routing.SetTeam(ctx, d.Admin, d.Queue, routing.Team{}, routing.Team{Members: []access.MemberID{d.Viewer.Member}}), errs.Invalid, "a viewer in a team")
	other := fixture.Workspace(t, d.DB)
	wants(t, d.Routing.SetTeam(ctx, other.Admin, d.Queue, routing.Team{}, routing.Team{}), errs.NotFound, "another workspace's queue")
	wants(t, d.Routing.SetCapacity(ctx, other.Admin, d.Ana.Member, nil), errs.NotFound, "another workspace's member")
	wants(t, d.Routing.SetTeam(ctx, d.Admin, d.Queue, routing.Team{}, routing.Team{Members: []access.MemberID{other.Ana.Member}}), errs.Invalid, "another workspace's agent")
}

// TestTwoChangeATeamAtOnce: what one did not touch stays as the other has left it.
func TestTwoChangeATeamAtOnce(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	ctx := t.Context()
	ana, ben, admin := d.Ana.Member, d.Ben.Member, d.Admin.Member
	shown := routing.Team{Members: []access.MemberID{ana, ben}}
	must(t, d.Routing.SetTeam(ctx, d.Admin, d.Queue, routing.Team{}, shown))
	must(t, d.Routing.SetTeam(ctx, d.Owner, d.Queue, shown, routing.Team{Members: []access.MemberID{ana, ben, admin}, DealsOut: true}))
	must(t, d.Routing.SetTeam(ctx, d.Admin, d.Queue, shown, routing.Team{Members: []access.MemberID{ben}}))
	got := must2[routing.Team](t)(d.Routing.Team(ctx, d.Admin, d.Queue))
	want := routing.Team{Members: []access.MemberID{ben, admin}, DealsOut: true}
	slices.Sort(want.Members)
	if !got.DealsOut || !slices.Equal(got.Members, want.Members) {
		t.Errorf("the team is %+v, want %+v", got, want)
	}
}

func TestTurns(t *testing.T) {
	t.Parallel()
	ready := []cases.Ready{{ID: 1, Room: 2}, {ID: 2, Room: 500}, {ID: 3, Room: 1}}
	for n, want := range map[int]string{0: "[]", 2: "[1 2]", 5: "[1 2 3 1 2]", 8: "[1 2 3 1 2 2 2 2]"} {
		if got := fmt.Sprint(routing.Turns(ready, n)); got != want {
			t.Errorf("%d cases: %s, want %s", n, got, want)
		}
	}
}

// TestManyProcessesDealAtOnce: nobody twice, nobody over their limit, and fair within one case.
func TestManyProcessesDealAtOnce(t *testing.T) {
	t.Parallel()
	const processes, agents, total, limit = 4, 50, 5000, 90
	url := testdb.NewURL(t)
	open := func() *db.DB {
		pool, err := db.Open(t.Context(), url, db.Options{RequestConns: 2, SystemConns: 3})
		must(t, err)
		t.Cleanup(pool.Close)
		return pool
	}
	d := fixture.DeskOn(t, open())
	ctx := t.Context()
	people := fixture.Rows[access.MemberID](d, `with u as (insert into users (email, name, password_hash, created_at)
			select 'agent' || i || '@deal.test', 'Agent ' || i, 'x', now() from generate_series(1, $2) i returning id)
		insert into members (workspace_id, user_id, role, created_at, capacity) select $1, id, 'agent', now(), case when id % 3 = 0 then $3::int end from u returning id`,
		d.ID(), agents, limit)
	must(t, d.Routing.SetTeam(ctx, d.Admin, d.Queue, routing.Team{}, routing.Team{Members: people, DealsOut: true}))
	for _, m := range people {
		here(t, d, access.Actor{Kind: access.Member, Workspace: d.Workspace.ID, Member: m, Role: access.Agent, Plan: access.Enterprise})
	}
	fixture.Rows[int](d, `insert into cases (workspace_id, number, subject, contact_id, queue_id, channel, created_at, last_activity_at)
		select $1, 1000 + i, 'x', $2, $3, 'email', now(), now() from generate_series(1, $4) i returning 1`,
		d.ID(), d.Contact("Mara", "mara@deal.test"), d.Queue, total)
	var group sync.WaitGroup
	for range processes {
		service := fixture.New(t, open(), d.Clock.Now).Routing
		group.Go(func() {
			if _, err := service.Run(ctx); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	type share struct{ Fewest, Most, Limited, Assigned, Lines int }
	got := fixture.One[share](d, `with s as (select m.id, m.capacity, count(c.id) as n from members m
			left join cases c on c.workspace_id = m.workspace_id and c.assignee_id = m.id where m.id = any ($1) group by m.id, m.capacity)
		select to_json(x) from (select min(n) filter (where capacity is null) as fewest, max(n) filter (where capacity is null) as most,
			max(n) filter (where capacity is not null) as limited, sum(n)::int as assigned,
			(select count(*) from activities where workspace_id = $2 and kind = 'assigned') as lines from s) x`, people, d.ID())
	if got.Most-got.Fewest > 1 || got.Limited != limit || got.Assigned != total || got.Lines != total {
		t.Errorf("shares %+v of %d cases", got, total)
	}
}
