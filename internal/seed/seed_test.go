package seed_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"caseward/internal/desk/audit"
	"caseward/internal/desk/cases"
	"caseward/internal/platform/clock"
	"caseward/internal/platform/db"
	"caseward/internal/platform/live"
	"caseward/internal/seed"
	"caseward/internal/testkit/fixture"
	"caseward/internal/testkit/testdb"
)

func query(t *testing.T, d *db.DB, sql string) []string {
	t.Helper()
	var list []string
	err := d.AsSystem(t.Context(), "test", func(tx pgx.Tx) error {
		rows, err := tx.Query(t.Context(), sql)
		if err != nil {
			return err
		}
		list, err = pgx.CollectRows(rows, pgx.RowTo[string])
		return err
	})
	if err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	return list
}

func TestRunTwiceAddsTwice(t *testing.T) {
	t.Parallel()
	d := testdb.New(t)
	w := fixture.Workspace(t, d, fixture.Slug("seeded"))
	for range 2 {
		summary, err := seed.Run(t.Context(), d, seed.Input{Workspace: "seeded", Cases: 1250})
		if err != nil {
			t.Fatal(err)
		}
		if !strings.HasPrefix(summary, "added 1250 cases with 5000 messages to seeded in ") {
			t.Errorf("summary: %s", summary)
		}
	}
	got := query(t, d, `select count(*) || ' cases, numbers ' || min(number) || ' to ' || max(number) from cases
		union all select count(*) || ' messages' from messages
		union all select count(*) || ' searchable' from case_search where document <> ''
		union all select count(distinct status) || ' statuses' from cases
		union all select 'next ' || nextval('case_numbers_'||(select id from workspaces))
		union all select count(*) || ' due' from cases where purge_at < now()
		union all select count(*) || ' out of step' from cases where last_activity_at < created_at or last_activity_at > now()
			or (status = 'closed') <> (closed_at is not null)`)
	want := []string{"2500 cases, numbers 1 to 2500", "10000 messages", "2500 searchable", "4 statuses", "next 2501", "0 due", "0 out of step"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("after two runs (-want +got):\n%s", diff)
	}
	s := cases.NewService(d, audit.NewGuard(d, clock.System), live.NewHub(), clock.System)
	counts, err := s.Counts(t.Context(), w.Owner)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range append(cases.Filters(), cases.DeletedView) {
		page, err := s.List(t.Context(), w.Owner, f, cases.PageInput{})
		if err != nil || len(page.Rows) == 0 || counts[f] == 0 {
			t.Errorf("list %s: %d rows, count %d, %v", f, len(page.Rows), counts[f], err)
		}
	}
	if _, err := s.MarkSpam(t.Context(), w.Owner, deletedNumber(t, d)); err == nil {
		t.Error("a deleted case that was seeded can be changed")
	}
}

func deletedNumber(t *testing.T, d *db.DB) (n cases.Number) {
	t.Helper()
	err := d.AsSystem(t.Context(), "test", func(tx pgx.Tx) error {
		return tx.QueryRow(t.Context(), `select number from cases where deleted_at is not null limit 1`).Scan(&n)
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestRunRefuses(t *testing.T) {
	t.Parallel()
	d := testdb.New(t)
	if _, err := seed.Run(t.Context(), d, seed.Input{Workspace: "nowhere", Cases: 1}); err == nil || !strings.Contains(err.Error(), "nowhere") {
		t.Errorf("an unknown workspace: %v", err)
	}
	if _, err := seed.Run(t.Context(), d, seed.Input{Workspace: "nowhere"}); err == nil {
		t.Error("no cases asked for, no error")
	}
}

// TestSeededCasesAreFoundAsOthersAre: the words that PostgreSQL made are those that the program makes.
func TestSeededCasesAreFoundAsOthersAre(t *testing.T) {
	t.Parallel()
	d := testdb.New(t)
	fixture.Workspace(t, d, fixture.Slug("seeded"))
	if _, err := seed.Run(t.Context(), d, seed.Input{Workspace: "seeded", Cases: 30}); err != nil {
		t.Fatal(err)
	}
	const documents = `select strip(document)::text || ' ' || version from case_search order by case_id`
	before := query(t, d, documents)
	if err := d.AsSystem(t.Context(), "test", func(tx pgx.Tx) error {
		_, err := tx.Exec(t.Context(), `set local app.retention = 'on'; update case_search set version = 0, document = ''`)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	s := cases.NewService(d, audit.NewGuard(d, clock.System), live.NewHub(), clock.System)
	if _, err := s.Reindex(t.Context()); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(before, query(t, d, documents)); diff != "" {
		t.Errorf("(-seeded +made anew):\n%s", diff)
	}
}
