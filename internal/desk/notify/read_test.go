package notify_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"caseward/internal/desk/cases"
	"caseward/internal/desk/notify"
	"caseward/internal/platform/errs"
	"caseward/internal/testkit/fixture"
	"caseward/internal/testkit/plan"
)

// TestHiddenCasesShowNothing: what was told of a case shows as long as the case does.
func TestHiddenCasesShowNothing(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	ctx := t.Context()
	n, _ := letter(d)
	assign(t, d, d.Ana, n, d.Ben.Member)
	line := []string{fmt.Sprintf("ben: assigned %d", n)}
	same(t, "at first", line, told(t, d))
	d.Delete(n)
	same(t, "deleted", []string{}, told(t, d))
	_, err := d.Cases.Restore(ctx, d.Ana, cases.RestoreInput{Number: n})
	must(t, err)
	same(t, "restored", line, told(t, d))
	_, err = d.Cases.MarkSpam(ctx, d.Ana, n)
	must(t, err)
	same(t, "in spam", []string{}, told(t, d))
	_, err = d.Cases.NotSpam(ctx, d.Ana, n)
	must(t, err)
	same(t, "not spam", line, told(t, d))
}

func TestReading(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	ctx := t.Context()
	var numbers []cases.Number
	for range 12 {
		n, _ := letter(d)
		assign(t, d, d.Ana, n, d.Ben.Member)
		numbers = append(numbers, n)
	}
	if n := unread(t, d, d.Ben); n != notify.UnreadCap+1 {
		t.Errorf("counted %d", n)
	}
	rows := list(t, d, d.Ben)
	number, err := d.Notices.Open(ctx, d.Ben, rows[0].ID)
	must(t, err)
	if number != int64(numbers[11]) || list(t, d, d.Ben)[0].ReadAt == nil {
		t.Errorf("opened case %d", number)
	}
	readAt := *list(t, d, d.Ben)[0].ReadAt
	d.Clock.Advance(time.Minute)
	if _, err = d.Notices.Open(ctx, d.Ben, rows[0].ID); err != nil || !list(t, d, d.Ben)[0].ReadAt.Equal(readAt) {
		t.Errorf("opened again: %v", err)
	}
	_, err = d.Notices.Open(ctx, d.Ana, rows[1].ID)
	wants(t, err, errs.NotFound, "somebody else's")
	globex := fixture.Workspace(t, d.DB, fixture.At(d.Clock.Now))
	_, err = d.Notices.Open(ctx, globex.Ben, rows[1].ID)
	wants(t, err, errs.NotFound, "another workspace's")
	_, err = d.Notices.List(ctx, d.Staff, notify.PageInput{})
	wants(t, err, errs.Forbidden, "support staff")
	must(t, d.Notices.ReadAll(ctx, globex.Ben, d.Clock.Now()))
	must(t, d.Notices.ReadAll(ctx, d.Ana, d.Clock.Now()))

	id := fixture.One[int64](d, `select id from cases where number = $1`, numbers[10])
	must(t, d.Notices.Seen(ctx, d.Ben, id, rows[1].CreatedAt.Add(-time.Second))) // the page is older than what was told
	must(t, d.Notices.Seen(ctx, d.Ben, id, d.Clock.Now()))
	must(t, d.Notices.Seen(ctx, d.Ana, id, d.Clock.Now()))
	if left := fixture.One[int](d, `select count(*) from notifications where read_at is null`); left != 10 {
		t.Errorf("%d unread after one was opened and one case seen", left)
	}
	// What came after the page was made is not read with it.
	must(t, d.Notices.ReadAll(ctx, d.Ben, rows[3].CreatedAt))
	if n := unread(t, d, d.Ben); n != 1 {
		t.Errorf("%d unread", n)
	}
}

// TestAReadPageTellsTheOthers of the same member, and nobody else.
func TestAReadPageTellsTheOthers(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	n, _ := letter(d)
	assign(t, d, d.Ana, n, d.Ben.Member)
	events, cancel := d.Hub.Subscribe(d.ID())
	defer cancel()
	_, err := d.Notices.Open(t.Context(), d.Ben, list(t, d, d.Ben)[0].ID)
	must(t, err)
	if e := <-events; e.Member != int64(d.Ben.Member) || e.Case != 0 {
		t.Errorf("%+v", e)
	}
}

func TestPages(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	ctx := t.Context()
	for range 7 {
		n, _ := letter(d)
		assign(t, d, d.Ana, n, d.Ben.Member)
	}
	all := list(t, d, d.Ben)
	in := notify.PageInput{Size: 3}
	var got []int64
	var last notify.Page
	for range 5 {
		page, err := d.Notices.List(ctx, d.Ben, in)
		must(t, err)
		for _, n := range page.Rows {
			got = append(got, n.ID)
		}
		last = page
		if page.Older == nil {
			break
		}
		in.After = page.Older
	}
	var want []int64
	for _, n := range all {
		want = append(want, n.ID)
	}
	same(t, "all pages", want, got)
	back, err := d.Notices.List(ctx, d.Ben, notify.PageInput{Size: 3, Before: last.Newer})
	must(t, err)
	if len(back.Rows) != 3 || back.Rows[2].ID != all[5].ID || back.Newer == nil || back.Older == nil {
		t.Errorf("back: %+v", back)
	}
}

// TestAStateOfTheBellIsNotKeptFromAnOldSnapshot, as with the counts of lists.
func TestAStateOfTheBellIsNotKeptFromAnOldSnapshot(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	n, _ := letter(d)
	must(t, d.DB.Snapshot(t.Context(), d.ID(), func(ctx context.Context) error {
		_, err := d.Cases.Get(ctx, d.Ben, n)
		must(t, err)
		assign(t, d, d.Ana, n, d.Ben.Member)
		_, err = d.Notices.Unread(ctx, d.Ben)
		return err
	}))
	if unread(t, d, d.Ben) != 1 {
		t.Error("the bell stays at what it was")
	}
}

// TestNothingReadsAllOfIt: pages, the bell and the sweep come from their indexes, also with very many.
func TestNothingReadsAllOfIt(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	d.Bulk(5000)
	d.Exec(`insert into notifications (workspace_id, member_id, kind, case_id, actor_kind, in_app, created_at, read_at, mail_at)
		select n.workspace_id, case when i % 7 = 0 then $1::bigint else $2 end, 'replied', n.case_id, 'job', true, n.created_at - i * interval '1 hour',
			case when i % 3 > 0 then n.created_at end, case when i % 50 = 0 then n.created_at - i * interval '1 second' end
		from notifications n, generate_series(1, 20) i on conflict do nothing`, d.Ana.Member, d.Ben.Member)
	d.Exec(`analyze notifications, cases, members`)
	after := &notify.Cursor{At: d.Clock.Now().Add(-9 * time.Hour), ID: 100}
	must(t, d.DB.ReadWorkspace(t.Context(), d.ID(), func(tx pgx.Tx) error {
		for name, in := range map[string]notify.PageInput{"first": {Size: 30}, "after": {Size: 30, After: after}, "before": {Size: 30, Before: after}} {
			query, args := notify.ListQuery(d.Ana, in)
			whole, generic := plan.Of(t, tx, query, args), plan.Generic(t, tx, query, args)
			for how, p := range map[string]plan.Node{"": whole, "prepared": generic} {
				if ids, found := p.Find("CTE ids"); !found || len(ids.Bad()) > 0 {
					t.Errorf("%s page %s: %v\n%s", name, how, ids.Bad(), p)
				}
			}
		}
		if p := plan.Of(t, tx, notify.UnreadQuery(), d.ID(), d.Ana.Member); len(p.Bad()) > 0 {
			t.Errorf("the bell: %v\n%s", p.Bad(), p)
		}
		return nil
	}))
	must(t, d.DB.AsSystem(t.Context(), "test", func(tx pgx.Tx) error {
		now := d.Clock.Now()
		p := plan.Of(t, tx, notify.DueQuery, now, now)
		for _, s := range p.All() {
			if s.Relation == "notifications" && s.Index != "notifications_to_mail" {
				t.Errorf("the sweep reads notifications by %s %q\n%s", s.Type, s.Index, p)
			}
		}
		return nil
	}))
}
