package cases_test

import (
	"maps"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"caseward/internal/desk/access"
	"caseward/internal/desk/cases"
	"caseward/internal/platform/errs"
	"caseward/internal/testkit/fixture"
)

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// wants fails when err is not of the kind.
func wants(t testing.TB, err error, kind errs.Kind, what string) {
	t.Helper()
	if !errs.Is(err, kind) {
		t.Errorf("%s: %v, want %s", what, err, kind)
	}
}

func same(t testing.TB, what string, want, got any) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

// lists reads every built-in list whole, for somebody who sees them all.
func lists(t testing.TB, d *fixture.Desk, actor access.Actor) map[cases.Filter][]cases.Summary {
	t.Helper()
	all := map[cases.Filter][]cases.Summary{}
	for _, f := range append(cases.Filters(), cases.DeletedView) {
		page, err := d.Cases.List(t.Context(), actor, f, cases.PageInput{Size: 1000})
		must(t, err)
		all[f] = page.Rows
	}
	return all
}

// inLists are the filters that show a case.
func inLists(t testing.TB, d *fixture.Desk, actor access.Actor, n cases.Number) []cases.Filter {
	t.Helper()
	var found []cases.Filter
	for f, rows := range lists(t, d, actor) {
		if slices.ContainsFunc(rows, func(s cases.Summary) bool { return s.Number == n }) {
			found = append(found, f)
		}
	}
	slices.Sort(found)
	return found
}

// countsAgree compares the cached counts with the lists and with the database.
func countsAgree(t testing.TB, d *fixture.Desk, actor access.Actor) cases.Counts {
	t.Helper()
	counts, err := d.Cases.Counts(t.Context(), actor)
	must(t, err)
	want := cases.Counts{}
	for f, rows := range lists(t, d, actor) {
		want[f] = len(rows)
	}
	same(t, "counts against lists", want, counts)
	return maps.Clone(counts)
}
