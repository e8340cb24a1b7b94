package search

import (
	"context"
	"slices"

	"github.com/jackc/pgx/v5"

	"caseward/internal/desk/access"
	"caseward/internal/desk/cases"
	"caseward/internal/platform/words"
)

const (
	excerptLength = 200 // characters
	// The newest messages of each case are looked at first, and not all of a long one. Only where no word stands in any of
	// them, the rest is read, of a few cases.
	newestMessages = 6
	newestLength   = 8_000
	olderMessages  = 200
	olderLength    = 100_000
	olderRows      = 5
)

// hits finds where the words stand in the rows of a page, in what of them can be seen now: text that was erased is in
// no message any more.
type hits struct {
	ws        access.WorkspaceID
	terms     int
	finder    *words.Finder
	inSubject *words.Finder
	best      map[cases.ID]int // terms in the message that is quoted
	quoted    map[cases.ID]Hit
}

// newHits returns nil where there are no words to find.
func (q *query) newHits() *hits {
	if len(q.terms)+len(q.subjects) == 0 {
		return nil
	}
	return &hits{
		ws: q.actor.Workspace, terms: len(q.terms), best: map[cases.ID]int{}, quoted: map[cases.ID]Hit{},
		finder: words.NewFinder(q.terms), inSubject: words.NewFinder(slices.Concat(q.terms, q.subjects)),
	}
}

// textsSQL reads messages of each case, the newest first.
const textsSQL = `select m.case_id, m.kind, m.body from unnest($2::bigint[]) c(id) cross join lateral (
		select m.case_id, m.kind, left(m.body_text, $4) as body from messages m
		where m.workspace_id = $1 and m.case_id = c.id order by m.id desc limit $3) m`

func (h *hits) queue(batch *pgx.Batch, ids []cases.ID) {
	if h != nil && h.terms > 0 && len(ids) > 0 {
		batch.Queue(textsSQL, h.ws, ids, newestMessages, newestLength).Query(h.look)
	}
}

// look quotes the message with most of the terms, the newest of those. It takes one at a time: together they may be large.
func (h *hits) look(rows pgx.Rows) error {
	var id cases.ID
	var kind, text string
	_, err := pgx.ForEachRow(rows, []any{&id, &kind, &text}, func() error {
		if h.best[id] == h.terms {
			return nil
		}
		if excerpt, n := h.finder.Snippet(text, excerptLength); n > h.best[id] {
			h.best[id], h.quoted[id] = n, Hit{Excerpt: excerpt, Kind: kind}
		}
		return nil
	})
	return err
}

// olderTx looks further in those rows of which no message with a word was found yet, unless the words stand elsewhere.
func (h *hits) olderTx(ctx context.Context, tx pgx.Tx, list []cases.Summary) error {
	looked := 0
	for _, row := range list {
		if h == nil || h.terms == 0 || looked == olderRows {
			break
		}
		if h.best[row.ID] > 0 || h.finder.Found(row.Subject+" "+row.ContactName+" "+row.ContactEmail) == h.terms {
			continue
		}
		looked++
		rows, err := tx.Query(ctx, textsSQL, h.ws, []cases.ID{row.ID}, olderMessages, olderLength)
		if err != nil {
			return err
		}
		if err := h.look(rows); err != nil {
			return err
		}
	}
	return nil
}

// in is what was found in each row.
func (h *hits) in(rows []cases.Summary) map[cases.ID]Hit {
	if h == nil {
		return nil
	}
	found := map[cases.ID]Hit{}
	for _, row := range rows {
		hit := h.quoted[row.ID]
		hit.Subject, hit.Contact = h.inSubject.Mark(row.Subject), h.finder.Mark(row.ContactName)
		found[row.ID] = hit
	}
	return found
}
