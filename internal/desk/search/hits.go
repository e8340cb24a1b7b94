package search

import (
	"context"
	"slices"

	"github.com/jackc/pgx/v5"

	"caseward/internal/desk/cases"
	"caseward/internal/platform/words"
)

const (
	excerptLength = 200 // characters
	// The newest messages of each row are looked at first, and not all of a long one. Only where no word stands in any of
	// them, the rest is read, of a few rows.
	newestMessages = 6
	newestLength   = 8_000
	olderMessages  = 200
	olderLength    = 100_000
	olderRows      = 5
)

// hitsTx finds where the words stand in the rows of a page, in what of them can be seen now: text that was erased is in
// no message any more.
func (q *query) hitsTx(ctx context.Context, tx pgx.Tx, rows []cases.Summary) (map[cases.ID]Hit, error) {
	if len(rows) == 0 || len(q.terms)+len(q.subjects) == 0 {
		return nil, nil
	}
	finder, inSubject := words.NewFinder(q.terms), words.NewFinder(slices.Concat(q.terms, q.subjects))
	hits := map[cases.ID]Hit{}
	var ids []cases.ID
	for _, row := range rows {
		hits[row.ID] = Hit{Subject: inSubject.Mark(row.Subject), Contact: finder.Mark(row.ContactName)}
		ids = append(ids, row.ID)
	}
	if len(q.terms) == 0 {
		return hits, nil
	}
	best := map[cases.ID]int{}
	look := func(m text) {
		if best[m.CaseID] == len(q.terms) {
			return
		}
		if n := finder.Found(m.Text); n > best[m.CaseID] {
			best[m.CaseID] = n
			h := hits[m.CaseID]
			h.Excerpt, h.Kind = finder.Snippet(m.Text, excerptLength), m.Kind
			hits[m.CaseID] = h
		}
	}
	if err := q.textsTx(ctx, tx, ids, newestMessages, newestLength, look); err != nil {
		return nil, err
	}
	older := 0
	for _, row := range rows {
		if best[row.ID] > 0 || finder.Found(row.Subject+" "+row.ContactName+" "+row.ContactEmail) > 0 || older == olderRows {
			continue
		}
		older++
		if err := q.textsTx(ctx, tx, []cases.ID{row.ID}, olderMessages, olderLength, look); err != nil {
			return nil, err
		}
	}
	return hits, nil
}

// text is a message, or the beginning of one.
type text struct {
	CaseID cases.ID
	Kind   string
	Text   string
}

// textsTx reads messages of each case, the newest first, one at a time: together they may be large.
func (q *query) textsTx(ctx context.Context, tx pgx.Tx, ids []cases.ID, most, length int, look func(text)) error {
	rows, err := tx.Query(ctx, `select m.case_id, m.kind, m.body from unnest($2::bigint[]) c(id) cross join lateral (
			select m.case_id, m.kind, left(m.body_text, $4) as body from messages m
			where m.workspace_id = $1 and m.case_id = c.id order by m.id desc limit $3) m`, q.actor.Workspace, ids, most, length)
	if err != nil {
		return err
	}
	var m text
	_, err = pgx.ForEachRow(rows, []any{&m.CaseID, &m.Kind, &m.Text}, func() error {
		look(m)
		return nil
	})
	return err
}
