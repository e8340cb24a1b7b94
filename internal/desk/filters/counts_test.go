package filters_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"caseward/internal/desk/access"
	"caseward/internal/desk/cases"
	"caseward/internal/desk/filters"
	"caseward/internal/desk/search"
	"caseward/internal/testkit/fixture"
)

// agree compares every count that somebody sees with the list that it is of.
func agree(t *testing.T, d *fixture.Desk, who access.Actor) map[string]int {
	t.Helper()
	sidebar, err := d.Filters.Sidebar(t.Context(), who)
	must(t, err)
	got, want := map[string]int{}, map[string]int{}
	for _, f := range sidebar {
		r, err := search.NewService(d.DB, d.Clock.Now).Cases(t.Context(), who, f.Query, cases.PageInput{Size: 500})
		must(t, err)
		want[f.Query] = len(r.Rows)
		if got[f.Query] = f.Count; !f.Known {
			got[f.Query] = -1
		}
		if len(r.Problems) > 0 {
			want[f.Query] = -1
		}
	}
	same(t, "counts against lists", want, got)
	return got
}

// TestCountsAreTheListsAfterEachChange: nothing of what was is shown, and deleted cases count only where they are asked for.
func TestCountsAreTheListsAfterEachChange(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	ctx := t.Context()
	for i, query := range []string{"status:open", "status:pending", "status:closed", "assignee:me", "is:unassigned", "tag:plumbing", "status:deleted", "status:spam",
		"quibblefrotz", "-quibblefrotz status:open", "zanderwoozle -status:closed", "email:mara1@customer.test", "tag:nothing"} {
		save(t, d, d.Admin, filters.Input{Name: fmt.Sprint(i), Query: query, Shared: true})
	}
	d.Receive(fixture.Mail{})
	n := d.Case()
	closed, nobody := cases.Closed, access.MemberID(0)
	steps := []func() error{
		func() error {
			_, err := d.Cases.Update(ctx, d.Ana, n, cases.UpdateInput{Status: &closed, Assignee: &nobody})
			return err
		},
		func() error { _, err := d.Cases.Delete(ctx, d.Ana, cases.DeleteInput{Number: n}); return err },
		func() error { _, err := d.Cases.Restore(ctx, d.Ana, cases.RestoreInput{Number: n}); return err },
		func() error { _, err := d.Cases.MarkSpam(ctx, d.Ana, n); return err },
		func() error { _, err := d.Cases.NotSpam(ctx, d.Ana, n); return err },
		func() error { d.Receive(fixture.Mail{}); return nil },
		func() error {
			d.Delete(n)
			d.Clock.Advance(8 * fixture.Day)
			_, err := d.Retention.Purge(ctx)
			return err
		},
	}
	before := agree(t, d, d.Ana)
	if before["status:deleted"] != 0 || before["quibblefrotz"] != 1 {
		t.Errorf("at first: %v", before)
	}
	for i, step := range steps {
		must(t, step())
		after := agree(t, d, d.Ana)
		if fmt.Sprint(after) == fmt.Sprint(before) {
			t.Errorf("no count changed by step %d", i)
		}
		agree(t, d, d.Admin) // sees what Ana sees, but for what is hers
		if ben := agree(t, d, d.Ben); ben["status:deleted"] != -1 {
			t.Errorf("Ben, who may not see deleted cases, is told of %d", ben["status:deleted"])
		}
		before = after
	}
}

func TestCountsStopAtTheCap(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	d.Bulk(cases.CountCap + 50)
	for _, query := range []string{"bulk", "status:open", "tag:bulk", "status:open bulk", "-nothing"} {
		save(t, d, d.Ana, filters.Input{Name: query, Query: query})
	}
	sidebar, err := d.Filters.Sidebar(t.Context(), d.Ana)
	must(t, err)
	for _, f := range sidebar {
		if !f.Known || f.Count != cases.CountCap+1 {
			t.Errorf("%s: %d, %v", f.Query, f.Count, f.Known)
		}
	}
}

// TestACountThatTakesTooLongIsLeftOut: it costs the others nothing, and it is not tried again at once.
func TestACountThatTakesTooLongIsLeftOut(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	ctx := t.Context()
	for _, query := range []string{"status:open", "tag:slow", "is:unassigned"} {
		save(t, d, d.Ana, filters.Input{Name: query, Query: query})
	}
	d.Receive(fixture.Mail{})
	counts := func() string {
		t.Helper()
		sidebar, err := d.Filters.Sidebar(ctx, d.Ana)
		must(t, err)
		text := ""
		for _, f := range sidebar {
			text += fmt.Sprint(f.Count, f.Known, " ")
		}
		return text
	}
	must(t, d.DB.AsSystem(ctx, "test", func(tx pgx.Tx) error { // nobody else can read tags meanwhile
		if _, err := tx.Exec(ctx, `lock table case_tags in access exclusive mode`); err != nil {
			return err
		}
		same(t, "while counting takes too long", "1 true 0 false 1 true ", counts())
		return nil
	}))
	d.Receive(fixture.Mail{})
	same(t, "soon after", "2 true 0 false 2 true ", counts())
	d.Clock.Advance(30 * time.Second)
	same(t, "later", "2 true 0 true 2 true ", counts())
}

// TestCountingKeepsNoPageWaitingForLong: with a clock on which each count takes long, a page shows what was counted in
// time, and the next ones go on with the rest.
func TestCountingKeepsNoPageWaitingForLong(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	for i := range 12 {
		save(t, d, d.Ana, filters.Input{Name: fmt.Sprint(i), Query: fmt.Sprint("status:open -nothing", i)})
	}
	slow := filters.NewService(d.DB, d.Guard, d.Hub, func() time.Time {
		d.Clock.Advance(30 * time.Millisecond)
		return d.Clock.Now()
	})
	known := func() (n int) {
		t.Helper()
		sidebar, err := slow.Sidebar(t.Context(), d.Ana)
		must(t, err)
		for _, f := range sidebar {
			if f.Known {
				n++
			}
		}
		return n
	}
	first := known()
	if first == 0 || first == 12 {
		t.Fatalf("%d of 12 were counted at once", first)
	}
	if second := known(); second <= first {
		t.Errorf("%d were counted at first, %d then", first, second)
	}
	for range 5 {
		known()
	}
	if last := known(); last != 12 {
		t.Errorf("in the end %d of 12 are counted", last)
	}
}
