package audit_test

import (
	"net/netip"
	"testing"

	"github.com/jackc/pgx/v5"

	"caseward/internal/desk/access"
	"caseward/internal/desk/audit"
	"caseward/internal/platform/clock"
	"caseward/internal/platform/errs"
	"caseward/internal/testkit/fixture"
	"caseward/internal/testkit/testdb"
)

func TestListWalksTheTrailBothWays(t *testing.T) {
	t.Parallel()
	d := testdb.New(t)
	w, other := fixture.Workspace(t, d), fixture.Workspace(t, d)
	record(t, d, other, 5)
	record(t, d, w, 23)
	reader := audit.NewReader(d, audit.NewGuard(d, clock.System), clock.System)
	var all []int64
	in := audit.PageInput{Size: 10}
	pages := 0
	var last audit.Page
	for {
		page, err := reader.List(t.Context(), w.Admin, in)
		if err != nil {
			t.Fatal(err)
		}
		for _, line := range page.Lines {
			all = append(all, line.ID)
		}
		pages++
		last = page
		if page.Older == nil {
			break
		}
		in.Before = page.Older
	}
	for i := 1; i < len(all); i++ {
		if all[i] >= all[i-1] {
			t.Fatalf("out of order or twice: %v", all)
		}
	}
	total := count(t, d, `workspace_id = (select id from workspaces where slug = '`+w.Workspace.Slug+`')`)
	if len(all) != total || pages != (total+9)/10 {
		t.Errorf("%d of %d entries on %d pages", len(all), total, pages)
	}
	back, err := reader.List(t.Context(), w.Admin, audit.PageInput{After: last.Newer, Size: 10})
	if err != nil || len(back.Lines) != 10 || back.Lines[9].ID != all[len(all)-len(last.Lines)-1] {
		t.Errorf("the page before the last is %+v, %v", back, err)
	}
}

func TestListNamesMembersAndAddresses(t *testing.T) {
	t.Parallel()
	d := testdb.New(t)
	w := fixture.Workspace(t, d)
	guard := audit.NewGuard(d, clock.System)
	ben := w.Ben
	ben.Address = netip.MustParseAddr("192.0.2.9")
	if err := guard.Require(t.Context(), ben, access.DeleteCases, audit.Case(4)); !errs.Is(err, errs.Forbidden) {
		t.Fatal(err)
	}
	page, err := audit.NewReader(d, audit.NewGuard(d, clock.System), clock.System).List(t.Context(), w.Admin, audit.PageInput{})
	if err != nil {
		t.Fatal(err)
	}
	line := page.Lines[0]
	if line.ActorName == "" || line.Action != "case.refused" || *line.ObjectID != 4 || *line.Address != "192.0.2.9" {
		t.Errorf("the newest line is %+v", line)
	}
}

func TestListNeedsTheRight(t *testing.T) {
	t.Parallel()
	d := testdb.New(t)
	w := fixture.Workspace(t, d)
	_, err := audit.NewReader(d, audit.NewGuard(d, clock.System), clock.System).List(t.Context(), w.Ana, audit.PageInput{})
	if !errs.Is(err, errs.Forbidden) {
		t.Errorf("an agent reads the trail: %v", err)
	}
}

// TestAnEntryIsFoundByItsNumber, which is what a broken chain is told by; and what an entry names by ids has its names.
func TestAnEntryIsFoundByItsNumber(t *testing.T) {
	t.Parallel()
	d := testdb.New(t)
	w := fixture.Workspace(t, d)
	record(t, d, w, 12)
	if err := audit.NewSealer(d).Verify(t.Context(), w.Workspace.ID); err != nil {
		t.Fatal(err)
	}
	page, err := reader(d).List(t.Context(), w.Admin, audit.PageInput{Filter: audit.Filter{Entry: 9}})
	if err != nil || len(page.Lines) != 1 || *page.Lines[0].Seq != 9 {
		t.Errorf("entry 9: %+v, %v", page, err)
	}
	err = d.InWorkspace(t.Context(), w.ID(), func(tx pgx.Tx) error {
		var queue int64
		if err := tx.QueryRow(t.Context(), `insert into queues (workspace_id, name, is_default, created_at) values ($1, 'Billing', false, $2) returning id`, w.ID(), clock.System()).Scan(&queue); err != nil {
			return err
		}
		return audit.RecordTx(t.Context(), tx, audit.Entry{Actor: w.Ana, Action: "queue.team.changed", Object: audit.Object{Kind: "queue", ID: queue}, At: clock.System(),
			Details: map[string]any{"members": []access.MemberID{w.Ana.Member, 4711}}})
	})
	if err != nil {
		t.Fatal(err)
	}
	page, err = reader(d).List(t.Context(), w.Admin, audit.PageInput{})
	if err != nil {
		t.Fatal(err)
	}
	if l := page.Lines[0]; l.ObjectName != "Billing" || l.Seq != nil || page.Names[audit.Thing{Kind: "member", ID: int64(w.Ana.Member)}] == "" || page.Names[audit.Thing{Kind: "member", ID: 4711}] != "" {
		t.Errorf("%+v is told with the names %v", l, page.Names)
	}
}
