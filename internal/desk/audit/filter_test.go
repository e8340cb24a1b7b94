package audit_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"caseward/internal/desk/access"
	"caseward/internal/desk/audit"
	"caseward/internal/platform/clock"
	"caseward/internal/platform/db"
	"caseward/internal/platform/errs"
	"caseward/internal/platform/ledger"
	"caseward/internal/testkit/fixture"
	"caseward/internal/testkit/plan"
	"caseward/internal/testkit/testdb"
)

func reader(d *db.DB) *audit.Reader {
	return audit.NewReader(d, audit.NewGuard(d, clock.System), clock.System)
}

// deeds are a few entries that differ in all that one filters by.
func deeds(t *testing.T, d *db.DB, w *fixture.World) (day time.Time) {
	t.Helper()
	day = time.Date(2026, 5, 3, 0, 0, 0, 0, time.UTC)
	ana := w.Ana
	ana.Address = netip.MustParseAddr("192.0.2.7")
	entry := func(actor access.Actor, action string, on audit.Object, hours int) audit.Entry {
		return audit.Entry{Actor: actor, Action: action, Object: on, At: day.Add(time.Duration(hours) * time.Hour)}
	}
	staff := w.Staff
	staff.Workspace = w.Workspace.ID
	err := d.InWorkspace(t.Context(), w.ID(), func(tx pgx.Tx) error {
		return audit.RecordTx(t.Context(), tx,
			entry(ana, "case.deleted", audit.Case(7), 1),
			entry(w.Ben, "case.deleted", audit.Case(8), 2),
			entry(ana, "case.restored", audit.Case(7), 30),
			entry(access.JobActor(w.Workspace.ID, "purge"), "case.purged", audit.Case(8), 31),
			entry(access.JobActor(w.Workspace.ID, "autoclose"), "case.closed due to inactivity", audit.Case(9), 32),
			entry(access.ContactActor(w.Workspace.ID, 3), "case.received", audit.Case(7), 33),
			entry(staff, "workspace.plan.changed", audit.Object{Kind: "workspace", ID: w.ID()}, 34),
			entry(w.Ben, "case.refused", audit.Case(7), 35),
		)
	})
	if err != nil {
		t.Fatal(err)
	}
	return day
}

func TestFiltersLeaveOutTheRest(t *testing.T) {
	t.Parallel()
	d := testdb.New(t)
	w := fixture.Workspace(t, d)
	day := deeds(t, d, w)
	ana := audit.Filter{ActorKind: access.Member, ActorID: int64(w.Ana.Member)}
	from := func(f audit.Filter, hours int) audit.Filter {
		f.From, f.Until = day.Add(time.Duration(hours)*time.Hour), day.Add(48*time.Hour)
		return f
	}
	until := audit.Filter{Until: day.Add(31 * time.Hour)}
	until.From = day
	for name, c := range map[string]struct {
		filter audit.Filter
		want   string
	}{
		"member":            {from(ana, 0), "case.restored case.deleted"},
		"member and day":    {from(ana, 24), "case.restored"},
		"member and action": {audit.Filter{ActorKind: access.Member, ActorID: int64(w.Ben.Member), Action: "case.deleted"}, "case.deleted"},
		"job":               {audit.Filter{ActorKind: access.Job, Job: "purge"}, "case.purged"},
		"jobs":              {from(audit.Filter{ActorKind: access.Job}, 0), "case.closed due to inactivity case.purged"},
		"customers":         {audit.Filter{ActorKind: access.Contact}, "case.received"},
		"staff":             {audit.Filter{ActorKind: access.Staff}, "workspace.plan.changed"},
		"group":             {audit.Filter{Group: audit.Deletion}, "case.purged case.restored case.deleted case.deleted"},
		"group and object":  {audit.Filter{Group: audit.Deletion, Object: audit.Case(8)}, "case.purged case.deleted"},
		"refused":           {audit.Filter{Group: audit.Refused}, "case.refused"},
		"object":            {audit.Filter{Object: audit.Case(7)}, "case.refused case.received case.restored case.deleted"},
		"address":           {audit.Filter{Address: netip.MustParseAddr("192.0.2.7")}, "case.restored case.deleted"},
		"dates":             {until, "case.restored case.deleted case.deleted"},
		"nothing":           {audit.Filter{Action: "case.unheard of"}, ""},
		"a group of none":   {audit.Filter{Group: audit.Holds}, ""},
	} {
		for _, sealed := range []string{"unsealed", "sealed"} {
			if sealed == "sealed" {
				if _, err := audit.NewSealer(d).Run(t.Context()); err != nil {
					t.Fatal(err)
				}
			}
			page, err := reader(d).List(t.Context(), w.Admin, audit.PageInput{Filter: c.filter})
			if err != nil {
				t.Errorf("%s: %v", name, err)
			}
			var got []string
			for _, l := range page.Lines {
				got = append(got, l.Action)
			}
			if text := strings.Join(got, " "); text != c.want {
				t.Errorf("%s, %s: %q, want %q", name, sealed, text, c.want)
			}
		}
	}
	for _, bad := range []audit.Filter{{ActorKind: "x' or true"}, {Object: audit.Object{Kind: "case"}}} {
		if _, err := reader(d).List(t.Context(), w.Admin, audit.PageInput{Filter: bad}); !errs.Is(err, errs.Invalid) {
			t.Errorf("%+v: %v", bad, err)
		}
	}
}

// TestAContactsRequestsAreTheirs: what a contact is looked up by has their requests for erasure, nobody else's, also when they are gone.
func TestAContactsRequestsAreTheirs(t *testing.T) {
	t.Parallel()
	d := testdb.New(t)
	w := fixture.Workspace(t, d)
	at := time.Date(2026, 5, 3, 0, 0, 0, 0, time.UTC)
	var own, other int64
	err := d.InWorkspace(t.Context(), w.ID(), func(tx pgx.Tx) error {
		const ask = `insert into privacy_requests (workspace_id, contact_id, requested_at, due_at) values ($1, $2, $3, $3) returning id`
		if err := tx.QueryRow(t.Context(), ask, w.ID(), 3, at).Scan(&own); err != nil {
			return err
		}
		if err := tx.QueryRow(t.Context(), ask, w.ID(), 4, at).Scan(&other); err != nil {
			return err
		}
		entry := func(action, kind string, id int64, hours int) audit.Entry {
			return audit.Entry{Actor: w.Ana, Action: action, Object: audit.Object{Kind: kind, ID: id}, At: at.Add(time.Duration(hours) * time.Hour)}
		}
		return audit.RecordTx(t.Context(), tx, entry("contact.created", "contact", 3, 1), entry("privacy request.opened", "privacy request", own, 2),
			entry("privacy request.opened", "privacy request", other, 3), entry("privacy request.declined", "privacy request", own, 4), entry("contact.deleted", "contact", 3, 5))
	})
	if err != nil {
		t.Fatal(err)
	}
	for filter, want := range map[audit.Filter]string{
		{Object: audit.Object{Kind: "contact", ID: 3}}:                       "contact.deleted privacy request.declined privacy request.opened contact.created",
		{Object: audit.Object{Kind: "contact", ID: 3}, Group: audit.Erasure}: "privacy request.declined privacy request.opened",
	} {
		for _, sealed := range []bool{false, true} {
			if sealed {
				if _, err := audit.NewSealer(d).Run(t.Context()); err != nil {
					t.Fatal(err)
				}
			}
			page, err := reader(d).List(t.Context(), w.Admin, audit.PageInput{Filter: filter})
			var got, exported []string
			for _, l := range page.Lines {
				got = append(got, l.Action)
			}
			if text := strings.Join(got, " "); err != nil || text != want {
				t.Errorf("%+v, sealed %t: %q, %v", filter, sealed, text, err)
			}
			err = reader(d).Export(t.Context(), w.Admin, filter, "jsonl", func(list []audit.Exported) error {
				for _, e := range list {
					exported = append([]string{e.Action}, exported...)
				}
				return nil
			})
			if text := strings.Join(exported, " "); err != nil || text != want {
				t.Errorf("%+v exports %q, %v", filter, text, err)
			}
		}
	}
}

// TestACSVIsToldApart from a file that was changed.
func TestACSVIsToldApart(t *testing.T) {
	t.Parallel()
	_, err := audit.VerifyExport(strings.NewReader("\ufeffentry,at,who\r\n1,2026,Ana\r\n"), false)
	if !errs.Is(err, errs.Invalid) || !strings.Contains(errs.SafeText(err), "exported as CSV is to be read and cannot be checked") {
		t.Error(err)
	}
}

func TestChoicesAreWhatTheTrailNames(t *testing.T) {
	t.Parallel()
	d := testdb.New(t)
	w, other := fixture.Workspace(t, d), fixture.Workspace(t, d)
	deeds(t, d, w)
	record(t, d, other, 2)
	if _, err := audit.NewSealer(d).Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	c, err := reader(d).Choices(t.Context(), w.Admin)
	if err != nil || fmt.Sprint(c.Jobs) != "[autoclose purge]" {
		t.Errorf("%+v, %v", c, err)
	}
	if _, err := reader(d).Choices(t.Context(), w.Ana); !errs.Is(err, errs.Forbidden) {
		t.Error("an agent may ask")
	}
}

// Every filter, and every pair that people use, is read from an index in the order of the page, at any size.
func TestFiltersComeFromIndexes(t *testing.T) {
	t.Parallel()
	d := testdb.New(t)
	w := fixture.Workspace(t, d)
	fill(t, d, w, 30_000)
	who := audit.Filter{ActorKind: access.Member, ActorID: int64(w.Ana.Member)}
	date := audit.Filter{From: clock.System().Add(-200 * time.Hour), Until: clock.System().Add(-100 * time.Hour)}
	with := func(f audit.Filter, change func(*audit.Filter)) audit.Filter { change(&f); return f }
	dated := func(f audit.Filter) audit.Filter { f.From, f.Until = date.From, date.Until; return f }
	filters := map[string]audit.Filter{
		"none": {}, "entry": {Entry: 4711}, "who": who, "date": date, "job": {ActorKind: access.Job, Job: "job 3"}, "kind": {ActorKind: access.Staff},
		"action": {Action: "case.action 7"}, "group": {Group: audit.Work}, "object": {Object: audit.Case(4)}, "address": {Address: netip.MustParseAddr("192.0.2.3")},
		"who and action": with(who, func(f *audit.Filter) { f.Action = "case.action 7" }), "who and group": with(who, func(f *audit.Filter) { f.Group = audit.Work }),
		"object and action": {Object: audit.Case(4), Action: "case.action 7"}, "who and date": dated(who), "action and date": dated(audit.Filter{Action: "case.action 7"}),
	}
	err := d.ReadWorkspace(t.Context(), w.ID(), func(tx pgx.Tx) error {
		for name, f := range filters {
			for place, in := range map[string]audit.PageInput{"first": {}, "older": {Before: &audit.Place{At: date.Until, ID: 1}}, "newer": {After: &audit.Place{At: date.From, ID: 1}}} {
				in.Filter, in.Size = f, 50
				query, args, err := audit.PageQuery(t.Context(), tx, w.Workspace.ID, in)
				if err != nil {
					return err
				}
				p, ok := plan.Of(t, tx, query, args).Find("CTE page")
				for _, s := range p.All() {
					if s.Relation == "audit_entries" && strings.Contains(s.Type, "Seq") || strings.HasPrefix(s.Type, "Bitmap") && s.Rows > 200 || s.Type == "Sort" && s.Rows > 4000 {
						t.Errorf("%s, %s page: %s\n%s", name, place, s.Type, p)
					}
				}
				if !ok {
					t.Error("no page")
				}
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// fill writes sealed entries of many sorts by hand, as sealing so many would take long; the chain is not true.
func fill(t *testing.T, d *db.DB, w *fixture.World, n int) {
	t.Helper()
	pool := d.SystemPool()
	for _, statement := range []string{
		fmt.Sprintf(`insert into audit_entries (workspace_id, at, actor_kind, actor_id, actor_job, action, object_kind, object_id, address, seq, hash)
			select %d, now() - i * interval '1 minute', case when i %% 5 = 0 then 'job' when i %% 101 = 0 then 'staff' else 'member' end,
				case when i %% 5 = 0 then null else %d + i %% 7 end, case when i %% 5 = 0 then 'job ' || i %% 40 else '' end, 'case.action ' || i %% 60, 'case', i %% 500,
				('192.0.2.' || i %% 50)::inet, 1000000 + i, ''
			from generate_series(1, %d) i`, w.ID(), w.Ana.Member, n),
		`vacuum analyze audit_entries`,
	} {
		if _, err := pool.Exec(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}
}

func export(t *testing.T, d *db.DB, w *fixture.World, f audit.Filter) (lines []string) {
	t.Helper()
	err := reader(d).Export(t.Context(), w.Admin, f, "jsonl", func(list []audit.Exported) error {
		for _, e := range list {
			text, err := json.Marshal(e)
			if err != nil {
				return err
			}
			lines = append(lines, string(text))
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return lines
}

func verify(lines []string, filtered bool) (audit.Checked, error) {
	return audit.VerifyExport(bytes.NewBufferString(strings.Join(lines, "\n")+"\n"), filtered)
}

func TestAnExportCanBeCheckedWithoutUs(t *testing.T) {
	t.Parallel()
	d := testdb.New(t)
	w, other := fixture.Workspace(t, d), fixture.Workspace(t, d)
	record(t, d, other, 3)
	record(t, d, w, 1200) // more than two batches
	deeds(t, d, w)
	before := count(t, d, `workspace_id = (select id from workspaces where slug = '`+w.Workspace.Slug+`')`)
	lines := export(t, d, w, audit.Filter{})
	if c, err := verify(lines, false); err != nil || c.Entries != before || c.Gaps != 0 || c.Last != int64(before) {
		t.Errorf("%d lines of %d entries: %+v, %v", len(lines), before, c, err)
	}
	if n := count(t, d, `action = 'audit trail.exported' and details ->> 'format' = 'jsonl'`); n != 1 {
		t.Errorf("%d exports are recorded", n)
	}
	some := export(t, d, w, audit.Filter{Object: audit.Case(7)})
	if c, err := verify(some, true); err != nil || c.Entries < 4 || c.Gaps == 0 {
		t.Errorf("a filtered one: %+v, %v", c, err)
	}
	changed := append([]string{}, lines...)
	changed[4] = strings.Replace(changed[4], `"action":"`, `"action":"x`, 1)
	swapped := append([]string{}, lines...)
	swapped[4], swapped[5] = swapped[5], swapped[4]
	removed := append(append([]string{}, lines[:4]...), lines[5:]...)
	for name, file := range map[string][]string{"changed": changed, "swapped": swapped, "removed": removed} {
		_, err := verify(file, false)
		b, ok := errors.AsType[*ledger.Broken](err)
		if !ok || b.Seq != 5 || !errs.Is(err, errs.Conflict) {
			t.Errorf("%s: %v, want entry 5", name, err)
		}
	}
	if _, err := verify([]string{`{"seq": "x"}`}, false); !errs.Is(err, errs.Invalid) {
		t.Errorf("nonsense: %v", err)
	}
}

func TestExportNeedsTheRightAndEndsWithItsReader(t *testing.T) {
	t.Parallel()
	d := testdb.New(t)
	w := fixture.Workspace(t, d)
	record(t, d, w, 1200)
	err := reader(d).Export(t.Context(), w.Ana, audit.Filter{}, "csv", func([]audit.Exported) error { t.Error("written"); return nil })
	if !errs.Is(err, errs.Forbidden) {
		t.Errorf("an agent exports the trail: %v", err)
	}
	batches := 0
	gone := errs.New(errs.Busy, "gone")
	err = reader(d).Export(t.Context(), w.Admin, audit.Filter{}, "csv", func([]audit.Exported) error { batches++; return gone })
	if !errs.Is(err, errs.Busy) || batches != 1 {
		t.Errorf("%d batches, %v", batches, err)
	}
}
