package main

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"caseward/internal/desk/cases"
)

// rareWord stands in rareCases cases and nowhere else; the vocabulary of the load has no word that is so rare.
const (
	rareWord  = "zyxomma"
	rareCases = 12
)

// search compares the first page of a search with a bare query for the same page: for a rare word with one statement that
// asks the index and nothing else, for a word in half of all cases with the inbox list.
func (b *bench) search(ctx context.Context) error {
	s, err := b.mainSite(ctx)
	if err != nil {
		return err
	}
	defer s.Close(ctx)
	if err := s.plant(ctx); err != nil {
		return err
	}
	often, share, err := s.oftenWord(ctx)
	if err != nil {
		return err
	}
	calls := 40 * b.rounds
	ask := func(text string, by cases.SortKey) func() error {
		return func() error {
			r, err := s.Search.Cases(ctx, s.owner, text, cases.PageInput{Sort: cases.Sort{By: by}})
			if err == nil && (len(r.Rows) == 0 || len(r.Problems) > 0) {
				err = fmt.Errorf("the search for %q finds %d, with problems %v", text, len(r.Rows), r.Problems)
			}
			return err
		}
	}
	ours, bare, err := compare(calls, ask(rareWord, ""), func() error { return s.bareSearch(ctx) })
	if err != nil {
		return err
	}
	b.atMost("search for a rare word / bare index query", ours/bare, 2, fmt.Sprintf("%.0f µs against %.0f µs, %d cases", ours, bare, rareCases))
	list := func() error {
		_, err := s.Cases.List(ctx, s.owner, cases.AllOpen, cases.PageInput{})
		return err
	}
	ours, bare, err = compare(calls, ask(often, ""), list)
	if err != nil {
		return err
	}
	b.atMost("search for a word in half of all cases / list", ours/bare, 5, fmt.Sprintf("%.0f µs against %.0f µs, %q is in %.0f %%", ours, bare, often, 100*share))
	for what, search := range map[string]func() error{
		"best match of it": ask(often, cases.ByMatch), "it and the rare word": ask(often+" "+rareWord, ""), "it, of one assignee": ask(often+" assignee:me", ""),
		"one letter": ask("b", ""), "a tag": ask("has:attachment -tag:none status:open "+often, ""),
	} {
		took, _, err := compare(b.rounds, search, func() error { return nil })
		if err != nil {
			b.say("      search, %-22s %v", what, err)
			continue
		}
		b.say("      search, %-22s %.0f µs", what, took)
	}
	return nil
}

// bareSearch asks the index for the cases and reads their rows of the page, all in one statement: with no order by match,
// nothing quoted, and no deleted cases counted.
func (s *site) bareSearch(ctx context.Context) error {
	return s.DB.ReadWorkspace(ctx, int64(s.owner.Workspace), func(tx pgx.Tx) error {
		page, err := cases.PageTx(ctx, tx, s.owner, cases.Selection{
			From: "live_cases c", Where: "c.workspace_id = @ws and c.id in (select * from find_cases(@words::tsquery, 1000))",
			Args: pgx.NamedArgs{"words": "'" + rareWord + "':*"},
		}, cases.PageInput{})
		if err == nil && len(page.Rows) != rareCases {
			err = fmt.Errorf("the bare query finds %d cases, not %d", len(page.Rows), rareCases)
		}
		return err
	})
}

// plant puts the rare word into some live cases, spread over all, unless an earlier run has.
func (s *site) plant(ctx context.Context) error {
	err := s.DB.AsSystem(ctx, "bench", func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, fmt.Sprintf(`with chosen as (
				select workspace_id, id from live_cases where workspace_id = %d and number %% greatest(1, (select max(number) from cases) / 30) = 1
					and not exists (select from case_search where document @@ '%[2]s'::tsquery) limit %[3]d),
			said as (update messages m set body_text = body_text || ' And %[2]s, of course.' from chosen c
				where m.workspace_id = c.workspace_id and m.id = (select max(id) from messages x where x.workspace_id = c.workspace_id and x.case_id = c.id))
			update case_search s set document = add_words(document, '''%[2]s'':2') from chosen c where s.workspace_id = c.workspace_id and s.case_id = c.id`,
			s.owner.Workspace, rareWord, rareCases))
		return err
	})
	if err != nil {
		return err
	}
	_, err = s.DB.SystemPool().Exec(ctx, "vacuum analyze case_search")
	return err
}

// oftenWord is a word that about half of all cases have, as a sample of them says, and its share.
func (s *site) oftenWord(ctx context.Context) (word string, share float64, err error) {
	err = s.DB.AsSystem(ctx, "bench", func(tx pgx.Tx) error {
		return tx.QueryRow(ctx, `select word, ndoc / 2000.0 from ts_stat('select document from case_search limit 2000')
			where word ~ '^[a-z]{3,}$' order by abs(ndoc - 1000) limit 1`).Scan(&word, &share)
	})
	return `"` + word + `"`, share, err
}
