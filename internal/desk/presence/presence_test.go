package presence_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"caseward/internal/desk/access"
	"caseward/internal/desk/cases"
	"caseward/internal/desk/presence"
	"caseward/internal/platform/errs"
	"caseward/internal/platform/live"
	"caseward/internal/testkit/fixture"
)

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func wants(t testing.TB, err error, kind errs.Kind, what string) {
	t.Helper()
	if !errs.Is(err, kind) {
		t.Errorf("%s: %v, want %s", what, err, kind)
	}
}

func say(t testing.TB, d *fixture.Desk, who access.Actor, n cases.Number, tab string, doing presence.Doing) string {
	t.Helper()
	people, err := d.Presence.Say(t.Context(), who, presence.Beat{Number: n, Tab: tab, Doing: doing})
	must(t, err)
	return words(people)
}

func others(t testing.TB, d *fixture.Desk, who access.Actor, n cases.Number) string {
	t.Helper()
	people, err := d.Presence.Others(t.Context(), who, n)
	must(t, err)
	return words(people)
}

func words(people []presence.Person) string {
	var list []string
	for _, p := range people {
		list = append(list, p.Name+" "+string(p.Doing))
	}
	return strings.Join(list, ", ")
}

func TestWhoIsOnACase(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	n, other := d.Receive(fixture.Mail{}), d.Receive(fixture.Mail{})
	steps := []struct {
		who   access.Actor
		tab   string
		doing presence.Doing
		sees  string // who says it, and
		shown string // what Ben sees then
	}{
		{d.Ana, "a1", presence.Viewing, "", "Ana Agent viewing"},
		{d.Ben, "b1", presence.Viewing, "Ana Agent viewing", "Ana Agent viewing"},
		{d.Ana, "a2", presence.TypingReply, "Ben Agent viewing", "Ana Agent reply"},
		{d.Ana, "a1", presence.Viewing, "Ben Agent viewing", "Ana Agent reply"}, // the other tab still types
		{d.Ana, "a2", presence.TypingNote, "Ben Agent viewing", "Ana Agent note"},
		{d.Viewer, "v1", presence.TypingReply, "Ana Agent note, Ben Agent viewing", "Ana Agent note, Vera Viewer viewing"},
		{d.Ana, "a2", "", "Ben Agent viewing, Vera Viewer viewing", "Ana Agent viewing, Vera Viewer viewing"},
		{d.Viewer, "v1", "", "Ana Agent viewing, Ben Agent viewing", "Ana Agent viewing"},
		{d.Ana, "a1", "", "Ben Agent viewing", ""},
	}
	for i, s := range steps {
		if got := say(t, d, s.who, n, s.tab, s.doing); got != s.sees {
			t.Errorf("step %d: sees %q, want %q", i, got, s.sees)
		}
		if got := others(t, d, d.Ben, n); got != s.shown {
			t.Errorf("step %d: Ben sees %q, want %q", i, got, s.shown)
		}
	}
	if got := others(t, d, d.Ana, other); got != "" {
		t.Errorf("on another case: %q", got)
	}
}

func TestWhoFallsSilentIsGone(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	n := d.Receive(fixture.Mail{})
	say(t, d, d.Ana, n, "a", presence.TypingReply)
	d.Clock.Advance(presence.TypingEvery + time.Second) // one word may be late
	if got := others(t, d, d.Ben, n); got != "Ana Agent reply" {
		t.Errorf("soon: %q", got)
	}
	d.Clock.Advance(presence.TypingEvery + time.Second)
	if got := others(t, d, d.Ben, n); got != "Ana Agent viewing" {
		t.Errorf("after a pause: %q", got)
	}
	d.Clock.Advance(2 * presence.BeatEvery)
	if got := others(t, d, d.Ben, n); got != "" {
		t.Errorf("after half a minute: %q", got)
	}
	say(t, d, d.Ben, n, "b", presence.Viewing)
	if _, err := d.Presence.Forget(t.Context()); err != nil {
		t.Fatal(err)
	}
	if tabs := fixture.Rows[string](d, `select tab from case_presence`); !cmp.Equal(tabs, []string{"b"}) {
		t.Errorf("kept %v", tabs)
	}
}

func TestOnlyChangesAreTold(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	n := d.Receive(fixture.Mail{})
	events, stop := d.Hub.Subscribe(d.ID())
	defer stop()
	generation := d.Hub.Generation(d.ID(), 0)
	told := func() (count int) {
		for {
			select {
			case e := <-events:
				if e != (live.Event{Workspace: d.ID(), Case: int64(n), Member: int64(d.Ana.Member), Presence: true}) {
					t.Errorf("told %+v", e)
				}
				count++
			default:
				return count
			}
		}
	}
	for i, s := range []struct {
		tab   string
		doing presence.Doing
		wait  time.Duration
		told  int
	}{
		{"a", presence.Viewing, 0, 1}, {"a", presence.Viewing, 0, 0}, {"b", presence.Viewing, 0, 0}, {"b", presence.TypingNote, 0, 1}, {"b", presence.TypingNote, 0, 0},
		{"a", presence.Viewing, 0, 0}, {"b", presence.TypingReply, 0, 1}, {"b", "", 0, 1}, {"b", "", 0, 0}, {"a", "", 0, 1}, {"a", presence.Viewing, time.Hour, 1},
	} {
		d.Clock.Advance(s.wait)
		say(t, d, d.Ana, n, s.tab, s.doing)
		if got := told(); got != s.told {
			t.Errorf("step %d: told %d times, want %d", i, got, s.told)
		}
	}
	if d.Hub.Generation(d.ID(), 0) != generation {
		t.Error("counts are computed anew because somebody looks at a case")
	}
}

// TestACrowdIsNotToldOfEveryChange: each of so many pages would ask again because of each of the others.
func TestACrowdIsNotToldOfEveryChange(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	n := d.Receive(fixture.Mail{})
	events, stop := d.Hub.Subscribe(d.ID())
	defer stop()
	d.Exec(`with u as (insert into users (email, name, password_hash, created_at) select 'crowd-' || i || '@x.test', 'Crowd ' || i, '', $2 from generate_series(1, 21) i returning id),
			m as (insert into members (workspace_id, user_id, role, created_at) select $1, id, 'viewer', $2 from u returning id)
		insert into case_presence (workspace_id, case_id, member_id, tab, seen_at) select $1, (select id from cases where workspace_id = $1 and number = $3), id, 'x', $2 from m`,
		d.ID(), d.Clock.Now(), n)
	if got := say(t, d, d.Ana, n, "a", presence.TypingReply); strings.Count(got, "Crowd") != 21 || len(events) != 0 {
		t.Errorf("%d events; Ana sees %s", len(events), got)
	}
	if got := others(t, d, d.Ben, n); !strings.HasPrefix(got, "Ana Agent reply") {
		t.Errorf("Ben sees %s", got)
	}
	d.Exec(`delete from case_presence where tab = 'x' and member_id = (select max(member_id) from case_presence)`)
	say(t, d, d.Ana, n, "a", presence.Viewing)
	if len(events) != 1 {
		t.Error("twenty are no crowd")
	}
}

// TestWhereACaseIsNotShown: nobody is told who is there, and that they asked is no offence: it may have been open.
func TestWhereACaseIsNotShown(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	n := d.Receive(fixture.Mail{})
	say(t, d, d.Ana, n, "a", presence.Viewing)
	d.Delete(n)
	_, err := d.Presence.Say(t.Context(), d.Ben, presence.Beat{Number: n, Tab: "b", Doing: presence.Viewing})
	wants(t, err, errs.NotFound, "Ben on a deleted case")
	_, err = d.Presence.Others(t.Context(), d.Ben, n)
	wants(t, err, errs.NotFound, "Ben asks")
	_, err = d.Presence.Say(t.Context(), d.Owner, presence.Beat{Number: n, Tab: "o", Doing: presence.Viewing})
	wants(t, err, errs.NotFound, "who may restore it")
	_, err = d.Presence.Others(t.Context(), d.Owner, n)
	wants(t, err, errs.NotFound, "the owner asks")
	if refused := fixture.One[int](d, `select count(*) from audit_entries where action = 'case.refused'`); refused != 0 {
		t.Errorf("%d entries in the trail", refused)
	}
	world := d.In(fixture.Workspace(t, d.DB))
	_, err = world.Presence.Say(t.Context(), world.Ana, presence.Beat{Number: n, Tab: "x", Doing: presence.Viewing})
	wants(t, err, errs.NotFound, "from another workspace")
	_, err = d.Presence.Say(t.Context(), d.Ana, presence.Beat{Number: 999, Tab: "x", Doing: presence.Viewing})
	wants(t, err, errs.NotFound, "no such case")
	for _, b := range []presence.Beat{{Number: n, Tab: "", Doing: presence.Viewing}, {Number: n, Tab: strings.Repeat("x", 41), Doing: presence.Viewing}, {Number: n, Tab: "a\x00b", Doing: presence.Viewing}, {Number: n, Tab: "x", Doing: "dancing"}} {
		_, err = d.Presence.Say(t.Context(), d.Ana, b)
		wants(t, err, errs.Invalid, string(b.Doing))
	}
	if columns := fixture.Rows[string](d, `select column_name::text from information_schema.columns where table_name = 'case_presence' order by 1`); !cmp.Equal(columns,
		[]string{"case_id", "member_id", "seen_at", "tab", "typing", "workspace_id"}) {
		t.Errorf("kept besides ids: %v", columns)
	}
}
