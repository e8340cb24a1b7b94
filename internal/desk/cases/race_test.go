package cases_test

import (
	"context"
	"slices"
	"sync"
	"testing"

	"caseward/internal/desk/access"
	"caseward/internal/desk/cases"
	"caseward/internal/testkit/fixture"
)

// TestTwoPeopleAtOnce: 200 rounds in which people delete and restore the same case at the same moment. Each round has
// one effect of each kind at most, nobody sees an error, and feed and trail tell exactly what happened.
func TestTwoPeopleAtOnce(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	n := d.Case()
	rows := d.Snapshot(n)
	del := func(ctx context.Context, a access.Actor) error {
		_, err := d.Cases.Delete(ctx, a, cases.DeleteInput{Number: n})
		return err
	}
	res := func(ctx context.Context, a access.Actor) error {
		_, err := d.Cases.Restore(ctx, a, cases.RestoreInput{Number: n})
		return err
	}
	type deed = func(context.Context, access.Actor) error
	both := [][2]deed{{del, del}, {res, res}, {del, res}, {res, del}, {del, del}, {del, res}, {res, res}}
	isDeleted := false
	for round := range 200 {
		deeds := both[round%len(both)]
		var wait sync.WaitGroup
		start := make(chan struct{})
		failures := make([]error, 2)
		for i, who := range []access.Actor{d.Ana, d.Admin} {
			wait.Go(func() {
				<-start
				failures[i] = deeds[i](t.Context(), who)
			})
		}
		had := transitions(d, n)
		close(start)
		wait.Wait()
		for _, err := range failures {
			must(t, err)
		}
		now := transitions(d, n)
		fresh := now[len(had):]
		if len(fresh) > 2 || slices.Contains([]int{0, 1, 4, 6}, round%len(both)) && len(fresh) > 1 {
			t.Fatalf("round %d: %v", round, fresh)
		}
		for _, step := range fresh {
			if (step == "case.deleted") == isDeleted {
				t.Fatalf("round %d: %q when deleted was %v", round, step, isDeleted)
			}
			isDeleted = step == "case.deleted"
		}
		if got := fixture.One[bool](d, `select deleted_at is not null from cases where number = $1`, n); got != isDeleted {
			t.Fatalf("round %d: deleted is %v, the trail says %v", round, got, isDeleted)
		}
	}
	feed := fixture.Rows[string](d, `select 'case.' || a.kind from activities a join cases c on c.id = a.case_id
		where c.number = $1 and a.kind in ('deleted', 'restored') order by a.id`, n)
	same(t, "feed and trail", transitions(d, n), feed)
	if len(feed) < 60 {
		t.Errorf("only %d transitions: the rounds did not meet", len(feed))
	}
	must(t, res(t.Context(), d.Ana))
	same(t, "rows", rows, d.Snapshot(n))
}

func transitions(d *fixture.Desk, n cases.Number) []string {
	return slices.DeleteFunc(d.Trail(n), func(a string) bool { return a != "case.deleted" && a != "case.restored" })
}
