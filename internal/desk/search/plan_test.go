package search_test

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"caseward/internal/desk/cases"
	"caseward/internal/desk/search"
	"caseward/internal/testkit/plan"
)

// seedMany makes so many cases that all have a word, every 1,000th another one, and every second a tag.
func (d *desk) seedMany(n int) {
	d.t.Helper()
	first := d.open("a@b.test", "First", "delta")
	must[cases.Case](d.t)(d.cases.SetTags(d.t.Context(), d.Ana, first, []string{"often"}))
	err := d.db.AsSystem(d.t.Context(), "seed", func(tx pgx.Tx) error {
		for _, statement := range []string{
			fmt.Sprintf(`insert into cases (workspace_id, number, subject, contact_id, status, queue_id, channel, created_at, last_activity_at)
				select workspace_id, next_case_number(workspace_id), 'Case ' || i, contact_id,
					case i %% 3 when 0 then 'open' when 1 then 'pending' else 'closed' end, queue_id, 'email', created_at,
					last_activity_at - (i / 3) * interval '1 minute'
				from cases, generate_series(1, %d) i where subject = 'First'`, n),
			`insert into case_search (workspace_id, case_id, document)
				select workspace_id, id, to_tsvector('simple', 'delta words of a letter ' || case when id % 1000 = 0 then 'rare' else '' end)
				from cases where subject <> 'First'`,
			`insert into case_tags (workspace_id, case_id, tag_id)
				select c.workspace_id, c.id, t.id from cases c join tags t using (workspace_id) where c.id % 2 = 0 on conflict do nothing`,
		} {
			if _, err := tx.Exec(d.t.Context(), statement); err != nil {
				return err
			}
		}
		_, err := tx.Exec(d.t.Context(), `analyze cases, case_search, case_tags, tags`)
		return err
	})
	if err != nil {
		d.t.Fatal(err)
	}
}

func TestSearchesThatMatchNearlyEverythingWalkTheList(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.seedMany(10_000)
	r, _ := d.find(d.Ana, "delta", cases.PageInput{Size: 3000})
	err := d.db.ReadWorkspace(t.Context(), int64(d.Ana.Workspace), func(tx pgx.Tx) error {
		for _, text := range []string{"delta", "del", "delta letter -nothing", "-nothing", "-tag:nothing", "tag:often", "status:open status:closed", "is:unassigned"} {
			for name, in := range map[string]cases.PageInput{"first": {Size: 25}, "after": {Size: 25, After: r.Older}, "before": {Size: 25, Before: r.Older}} {
				query, args, err := search.PageQuery(t.Context(), tx, d.Ana, text, in)
				if err != nil {
					return err
				}
				p, ok := plan.Of(t, tx, query, args).Find("CTE ids")
				if !ok || len(p.Bad()) > 0 {
					t.Errorf("%s, %s page: %v\n%s", text, name, p.Bad(), p)
				}
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestCommonWordsFindWhatRareOnesDo(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.seedMany(5_000)
	rare, want := d.find(d.Ana, "rare", cases.PageInput{})
	if len(want) < 4 || rare.Older != nil {
		t.Fatalf("found %v", want)
	}
	if _, got := d.find(d.Ana, "delta rare", cases.PageInput{}); !cmp.Equal(want, got) {
		t.Errorf("found %v, want %v", got, want)
	}
	var number int64
	err := d.db.AsSystem(t.Context(), "test", func(tx pgx.Tx) error {
		return tx.QueryRow(t.Context(), `select number from cases where subject = 'First'`).Scan(&number)
	})
	if err != nil {
		t.Fatal(err)
	}
	seen := map[cases.Number]bool{}
	in := cases.PageInput{Size: 1000}
	for {
		r, numbers := d.find(d.Ana, "delta", in)
		for _, n := range numbers {
			seen[n] = true
		}
		if r.Older == nil {
			break
		}
		in.After = r.Older
	}
	if len(seen) != 5_001 || !seen[cases.Number(number)] {
		t.Errorf("a word in 5,001 cases found %d", len(seen))
	}
}
