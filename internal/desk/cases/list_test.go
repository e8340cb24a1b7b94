package cases_test

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"caseward/internal/desk/access"
	"caseward/internal/desk/cases"
	"caseward/internal/platform/errs"
	"caseward/internal/testkit/fixture"
	"caseward/internal/testkit/plan"
)

// seed fills a workspace with cases of every sort: 60 % closed, a tenth deleted, a twentieth in spam. Times repeat, so
// that the order needs the id too.
func seed(t testing.TB, d *fixture.Desk, n int) {
	t.Helper()
	person := d.Contact("Someone", "someone@customer.test")
	d.Exec(`insert into cases (workspace_id, number, subject, contact_id, status, queue_id, assignee_id, channel, created_at, last_activity_at,
			priority, snoozed_until, spam_at, spam_cause, deleted_at, deleted_cause, purge_at)
		select $1, next_case_number($1), 'Case ' || i, $2,
			case i % 10 when 0 then 'open' when 1 then 'open' when 2 then 'pending' when 3 then 'on_hold' else 'closed' end, $3,
			case i % 3 when 0 then $4::bigint when 1 then $5::bigint end, 'email', $6::timestamptz - (i * 7919 % 50021 / 2) * interval '1 minute',
			$6::timestamptz - (i / 3) * interval '1 minute', 1 + i % 4,
			case when i % 11 = 3 and i % 5 < 3 then $6::timestamptz + interval '1 day' end,
			case when i % 20 = 7 then $6::timestamptz end, case when i % 20 = 7 then 'agent' end,
			case when i % 10 = 5 then $6::timestamptz - (i / 7) * interval '1 minute' end, case when i % 10 = 5 then 'agent' end,
			case when i % 10 = 5 then $6::timestamptz + (i % 1000) * interval '10 minutes' end
		from generate_series(1, $7::int) i`, d.ID(), person, d.Queue, d.Ana.Member, d.Ben.Member, d.Clock.Now(), n)
	must(t, d.DB.AsSystem(t.Context(), "seed", func(tx pgx.Tx) error {
		_, err := tx.Exec(t.Context(), `set local app.retention = 'on'`) // some of them are deleted
		if err != nil {
			return err
		}
		_, err = tx.Exec(t.Context(), `insert into messages (workspace_id, case_id, kind, author_contact_id, body_text, created_at)
			select workspace_id, id, 'inbound', contact_id, 'Hello', created_at from cases`)
		return err
	}))
	d.Exec(`insert into case_reads (workspace_id, case_id, member_id, seen_inbound_at) select workspace_id, id, $1, created_at from cases`, d.Ben.Member)
	// As autovacuum does before long: without it every index-only scan seems to read the table as well.
	_, err := d.DB.SystemPool().Exec(t.Context(), `vacuum analyze`)
	must(t, err)
}

func TestPagesHoldEveryRowOnceInBothDirections(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	seed(t, d, 600)
	for f, list := range lists(t, d, d.Ana) {
		if len(list) < 20 {
			t.Fatalf("%s has only %d rows", f, len(list))
		}
		for _, key := range f.Sorts() {
			for _, asc := range []bool{false, true} {
				pagesHoldEveryRow(t, d, f, cases.Sort{By: key, Asc: asc}, len(list))
			}
		}
	}
	_, err := d.Cases.List(t.Context(), d.Ana, "nonsense", cases.PageInput{})
	wants(t, err, errs.Invalid, "an unknown filter")
	for _, s := range []cases.SortKey{"nonsense", cases.ByPriority} {
		_, err = d.Cases.List(t.Context(), d.Ana, cases.AllClosed, cases.PageInput{Sort: cases.Sort{By: s}})
		wants(t, err, errs.Invalid, "a sort that is not offered")
	}
}

func pagesHoldEveryRow(t *testing.T, d *fixture.Desk, f cases.Filter, sort cases.Sort, size int) {
	t.Helper()
	read := func(in cases.PageInput) cases.Page {
		in.Sort = sort
		page, err := d.Cases.List(t.Context(), d.Ana, f, in)
		must(t, err)
		return page
	}
	what := fmt.Sprintf("%s by %v", f, sort)
	whole := read(cases.PageInput{Size: 1000}).Rows
	if len(whole) != size || !slices.IsSortedFunc(whole, inOrder(sort)) {
		t.Errorf("%s: %d rows, or they are not in order", what, len(whole))
	}
	var forward []cases.Summary
	page := read(cases.PageInput{Size: 7})
	if page.Newer != nil {
		t.Errorf("%s: there is nothing before the first page", what)
	}
	for forward = page.Rows; page.Older != nil; forward = append(forward, page.Rows...) {
		page = read(cases.PageInput{Size: 7, After: page.Older})
	}
	same(t, what+" forward", whole, forward)
	backward := page.Rows
	for page.Newer != nil {
		page = read(cases.PageInput{Size: 7, Before: page.Newer})
		backward = append(slices.Clone(page.Rows), backward...)
	}
	same(t, what+" backward", whole, backward)
}

// inOrder compares rows as a sort is meant, from their own values.
func inOrder(s cases.Sort) func(a, b cases.Summary) int {
	return func(a, b cases.Summary) int {
		later := cmp.Or(b.SortAt.Compare(a.SortAt), int(b.ID-a.ID))
		switch s.By {
		case cases.ByCreated:
			later = cmp.Or(b.CreatedAt.Compare(a.CreatedAt), int(b.ID-a.ID))
		case cases.ByNumber:
			later = int(b.Number - a.Number)
		case cases.ByPriority:
			later = cmp.Or(int(b.Priority-a.Priority), b.LastActivityAt.Compare(a.LastActivityAt), int(b.ID-a.ID))
		case cases.ByActivity:
		}
		if s.Asc {
			return -later
		}
		return later
	}
}

func TestCountsStopAtTheCap(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	seed(t, d, 4000)
	counts, err := d.Cases.Counts(t.Context(), d.Ana)
	must(t, err)
	if counts[cases.AllClosed] != cases.CountCap+1 || counts[cases.SpamView] != 200 || counts[cases.DeletedView] != 400 {
		t.Errorf("%v", counts)
	}
}

// TestCountsAreRightAfterEachChange: the cache may not show what was.
func TestCountsAreRightAfterEachChange(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	ctx := t.Context()
	n := d.Case()
	closed, nobody := cases.Closed, access.MemberID(0)
	steps := map[string]func() error{
		"update": func() error {
			_, err := d.Cases.Update(ctx, d.Ana, n, cases.UpdateInput{Status: &closed, Assignee: &nobody})
			return err
		},
		"delete":  func() error { _, err := d.Cases.Delete(ctx, d.Ana, cases.DeleteInput{Number: n}); return err },
		"restore": func() error { _, err := d.Cases.Restore(ctx, d.Ana, cases.RestoreInput{Number: n}); return err },
		"spam":    func() error { _, err := d.Cases.MarkSpam(ctx, d.Ana, n); return err },
		"ham":     func() error { _, err := d.Cases.NotSpam(ctx, d.Ana, n); return err },
		"mail":    func() error { d.Receive(fixture.Mail{}); return nil },
		"purge":   func() error { d.Clock.Advance(8 * fixture.Day); _, err := d.Retention.Purge(ctx); return err },
	}
	before := countsAgree(t, d, d.Ana)
	for _, what := range []string{"mail", "update", "delete", "restore", "spam", "ham", "delete", "restore", "spam", "delete", "purge"} {
		must(t, steps[what]())
		after := countsAgree(t, d, d.Ana)
		same := true
		for f, n := range before {
			same = same && after[f] == n
		}
		if same {
			t.Errorf("no count changed by %s", what)
		}
		before = after
	}
}

// TestCountsOfAnOldSnapshotAreNotKept: a page that reads one moment must not leave that moment's counts to later ones.
func TestCountsOfAnOldSnapshotAreNotKept(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	n := d.Case()
	must(t, d.DB.Snapshot(t.Context(), d.ID(), func(ctx context.Context) error {
		_, err := d.Cases.Get(ctx, d.Ana, n)
		must(t, err)
		d.Delete(n)
		_, err = d.Cases.Counts(ctx, d.Ana)
		return err
	}))
	countsAgree(t, d, d.Ana)
}

func TestListsComeFromTheirIndex(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	seed(t, d, 50_000)
	indexes := map[cases.Filter]string{
		cases.Mine: "cases_by_assignee", cases.Unassigned: "cases_unassigned", cases.AllOpen: "cases_work_by_status", cases.AllPending: "cases_work_by_status",
		cases.AllOnHold: "cases_work_by_status", cases.AllClosed: "cases_by_status", cases.Snoozed: "cases_snoozed", cases.SpamView: "cases_in_spam", cases.DeletedView: "cases_deleted",
	}
	must(t, d.DB.ReadWorkspace(t.Context(), d.ID(), func(tx pgx.Tx) error {
		for _, f := range append(cases.Filters(), cases.DeletedView) {
			for _, key := range f.Sorts() {
				index := indexes[f]
				if key != cases.ByActivity {
					index = strings.Replace(index, "work_", "", 1) + "_" + string(key)
				}
				for _, asc := range []bool{false, true} {
					comesFrom(t, tx, d, f, cases.Sort{By: key, Asc: asc}, index)
				}
			}
		}
		query, args := cases.CountQuery(d.Ana)
		counts := plan.Of(t, tx, query, args)
		for how, p := range map[string]plan.Node{"": counts, "prepared": plan.Generic(t, tx, query, args)} {
			if bad := p.Bad(); len(bad) > 0 {
				t.Errorf("counts %s: %v\n%s", how, bad, p)
			}
		}
		for f, index := range indexes {
			if !uses(counts, index) {
				t.Errorf("the count of %s does not use %s\n%s", f, index, counts)
			}
		}
		return nil
	}))
}

// comesFrom explains the pages of a list: the ids are a range of the index, and the details are looked up by them.
func comesFrom(t *testing.T, tx pgx.Tx, d *fixture.Desk, f cases.Filter, sort cases.Sort, index string) {
	t.Helper()
	after := &cases.Cursor{At: d.Clock.Now().Add(-100 * time.Minute), ID: 1000}
	switch sort.By {
	case cases.ByNumber:
		after.Rank = 25_000
	case cases.ByPriority:
		after.Rank = 2
	case cases.ByActivity, cases.ByCreated:
	}
	for name, in := range map[string]cases.PageInput{"first": {Size: 25}, "after": {Size: 25, After: after}, "before": {Size: 25, Before: after}} {
		in.Sort = sort
		query, args := cases.ListQuery(d.Ana, f, in)
		whole := plan.Of(t, tx, query, args)
		if generic := plan.Generic(t, tx, query, args); len(first(generic.Find("CTE ids")).Bad()) > 0 {
			t.Errorf("%s by %v, %s page, prepared: %v\n%s", f, sort, name, generic.Bad(), generic)
		}
		ids, found := whole.Find("CTE ids")
		if !found {
			t.Fatalf("%s by %v has no ids:\n%s", f, sort, whole)
		}
		if bad := ids.Bad(); len(bad) > 0 || !uses(ids, index) {
			t.Errorf("%s by %v, %s page: %v\n%s", f, sort, name, bad, ids)
		}
		for _, s := range whole.All() {
			if strings.Contains(s.Type, "Seq Scan") && slices.Contains([]string{"cases", "messages", "case_reads"}, s.Relation) {
				t.Errorf("%s by %v, %s page: reads all of %s for the details\n%s", f, sort, name, s.Relation, whole)
			}
		}
	}
}

func first(n plan.Node, found bool) plan.Node {
	if !found {
		return plan.Node{Type: "Seq Scan", Relation: "nothing found"}
	}
	return n
}

func uses(n plan.Node, index string) bool {
	return slices.ContainsFunc(n.All(), func(s plan.Node) bool { return s.Index == index })
}
