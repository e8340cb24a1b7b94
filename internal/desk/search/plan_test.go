package search_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"caseward/internal/desk/cases"
	"caseward/internal/testkit/plan"
)

// seedMany makes so many cases that all have a word, every 1,000th another one, and every second a tag.
func (d *desk) seedMany(n int) {
	d.t.Helper()
	first := d.open("a@b.test", "First", "delta")
	must[cases.Case](d.t)(d.Cases.SetTags(d.t.Context(), d.Ana, first, []string{"often"}))
	err := d.DB.AsSystem(d.t.Context(), "seed", func(tx pgx.Tx) error {
		for _, statement := range []string{
			fmt.Sprintf(`insert into cases (workspace_id, number, subject, contact_id, status, queue_id, channel, created_at, last_activity_at)
				select workspace_id, next_case_number(workspace_id), 'Case ' || i, contact_id,
					case i %% 3 when 0 then 'open' when 1 then 'pending' else 'closed' end, queue_id, 'email', created_at,
					last_activity_at - (i / 3) * interval '1 minute'
				from cases, generate_series(1, %d) i where subject = 'First'`, n),
			`insert into case_search (workspace_id, case_id, version, document)
				select workspace_id, id, 1, array_to_tsvector(array['@' || workspace_id]) || to_tsvector('simple', 'delta words of a letter '
					|| case when id % 1000 = 0 then 'rare' else '' end || case when number < 40 then ' early' else '' end)
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
	err := d.DB.ReadWorkspace(t.Context(), int64(d.Ana.Workspace), func(tx pgx.Tx) error {
		for _, text := range []string{"delta", "del", "delta letter -nothing", "-nothing", "-tag:nothing", "tag:often", "status:open status:closed", "is:unassigned"} {
			for name, in := range map[string]cases.PageInput{"first": {Size: 25}, "after": {Size: 25, After: r.Older}, "before": {Size: 25, Before: r.Older}} {
				query, args, err := d.Search.PageQuery(t.Context(), tx, d.Ana, text, in)
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
	err := d.DB.AsSystem(t.Context(), "test", func(tx pgx.Tx) error {
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

// TestPlansOfKeys: what few cases have comes from an index, whatever else the workspace has.
func TestPlansOfKeys(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.seedMany(10_000)
	d.Exec(`insert into contacts (workspace_id, name, created_at) select $1, 'Person ' || i, now() from generate_series(1, 5000) i`, d.ID())
	d.Exec(`analyze`)
	err := d.DB.ReadWorkspace(t.Context(), int64(d.Ana.Workspace), func(tx pgx.Tx) error {
		for _, text := range []string{"priority:urgent", "channel:api", "number:17", "contact:nobody", "email:a@b.test", "tag:nothing", "rare", "assignee:me", "after:1h", "queue:support"} {
			query, args, err := d.Search.PageQuery(t.Context(), tx, d.Ana, text, cases.PageInput{})
			if err != nil {
				return err
			}
			p, ok := plan.Of(t, tx, query, args).Find("CTE ids")
			for _, n := range p.All() {
				if !ok || strings.Contains(n.Type, "Seq Scan") && n.Relation != "" {
					t.Errorf("%s reads a whole table:\n%s", text, p)
				}
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	p := asOwner(t, d, `select id from contacts where workspace_id = 1 and name_words(name) @@ 'person & 17:*'`)
	if !strings.Contains(p.String(), "contacts_words") {
		t.Errorf("contacts are not found by their index:\n%s", p)
	}
	p = asOwner(t, d, `select case_id from case_search where version < 1 order by workspace_id, case_id limit 500`)
	if !strings.Contains(p.String(), "case_search_outdated") {
		t.Errorf("what is to be made anew is not found by its index:\n%s", p)
	}
}

func asOwner(t *testing.T, d *desk, query string) (p plan.Node) {
	t.Helper()
	if err := d.DB.AsSystem(t.Context(), "test", func(tx pgx.Tx) error {
		p = plan.Of(t, tx, query)
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	return p
}

// TestGuessesOnlyDecideHow: whether many or few cases are expected to have the words, the same ones are found.
func TestGuessesOnlyDecideHow(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.seedMany(10_000)
	if share, err := d.Search.Common(t.Context(), "delta"); err != nil || share < 0.99 {
		t.Fatalf("the statistics say %v of a word that all cases have, %v", share, err)
	}
	for _, text := range []string{"early", "rare", "delta rare", "early status:open", "early -rare", "nothing", "delta", "letter status:closed"} {
		for _, by := range []cases.SortKey{cases.ByActivity, cases.ByMatch} {
			var want []cases.Number
			for guess, words := range map[string][]string{"few": nil, "many": {"early", "rare", "delta", "nothing", "letter"}} {
				d.Search.Guess(d.Ana.Workspace, 1e9, words...)
				r, got := d.find(d.Ana, text, cases.PageInput{Sort: cases.Sort{By: by}})
				if want == nil {
					want = got
				}
				if !cmp.Equal(want, got) || len(r.Problems) > 0 {
					t.Errorf("%s by %s, %s expected: %v, want %v", text, by, guess, got, want)
				}
			}
		}
	}
	d.Search.Guess(d.Ana.Workspace, 1e9, "delta")
	if r, _ := d.find(d.Ana, "delta", cases.PageInput{Sort: cases.Sort{By: cases.ByMatch}}); !r.Capped {
		t.Error("10,001 matches were all compared")
	}
}
