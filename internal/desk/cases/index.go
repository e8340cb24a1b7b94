package cases

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"

	"caseward/internal/desk/access"
	"caseward/internal/platform/words"
)

// Words is text by which a case is found. What stands in the subject counts most.
type Words struct {
	Subject string
	People  string // names and addresses of customers
	Text    string // what somebody wrote
}

// maxIndexed bounds what of one text goes into the search index: tsvector has a limit of 1 MB.
const maxIndexed = 100_000 // bytes, cut at a character

func (w Words) addTo(d *words.Document) {
	for _, part := range []struct {
		text   string
		weight words.Weight
	}{{w.Subject, words.A}, {w.People, words.B}, {w.Text, words.D}} {
		if len(part.text) > maxIndexed {
			part.text = strings.ToValidUTF8(part.text[:maxIndexed], "")
		}
		if part.text != "" {
			d.Add(part.text, part.weight)
		}
	}
}

// Mark is a word in each document of a workspace, by which the index tells workspaces apart: see find_rare in the
// migrations.
func Mark(ws access.WorkspaceID) string { return "@" + strconv.FormatInt(int64(ws), 10) }

// QueueIndex adds to the words by which a case is found, in the transaction that stores the text.
func QueueIndex(batch *pgx.Batch, ws access.WorkspaceID, id ID, w Words) {
	var d words.Document
	d.Mark(Mark(ws))
	w.addTo(&d)
	batch.Queue(`insert into case_search (workspace_id, case_id, document, version) values ($1, $2, $3::tsvector, $4)
		on conflict (workspace_id, case_id) do update set document = add_words(case_search.document, excluded.document)`,
		ws, id, d.String(), words.Version)
}

// ReindexTx makes the words of a case anew of its subject, its people and its messages as they are now. Whoever has
// changed or removed text calls it in the same transaction; the caller holds the lock of the case.
func ReindexTx(ctx context.Context, tx pgx.Tx, ws access.WorkspaceID, id ID) error {
	// Whoever adds words meanwhile waits for this, and adds them to the new ones.
	if _, err := tx.Exec(ctx, `select from case_search where workspace_id = $1 and case_id = $2 for update`, ws, id); err != nil {
		return err
	}
	d, err := documentTx(ctx, tx, ws, id)
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `insert into case_search (workspace_id, case_id, document, version) values ($1, $2, $3::tsvector, $4)
		on conflict (workspace_id, case_id) do update set document = excluded.document, version = excluded.version`,
		ws, id, d.String(), words.Version)
	return err
}

// RewordTx is ReindexTx for cases that need not be locked yet. A long thread takes a while to read, so that is done before: who works
// on the case waits for the writing only. Whoever changes a text of a case changes its words in the same transaction, or calls this
// afterwards; where words were changed in between, they are made once more. Cases that are gone are passed over.
func RewordTx(ctx context.Context, tx pgx.Tx, ws access.WorkspaceID, ids ...ID) error {
	drafts := make([]draft, len(ids))
	for i, id := range ids {
		var err error
		if drafts[i], err = draftTx(ctx, tx, ws, id); err != nil {
			return err
		}
	}
	slices.SortFunc(drafts, func(a, b draft) int { return cmp.Compare(a.id, b.id) }) // as everybody locks, so none waits in a circle
	for _, d := range drafts {
		if _, err := LockByIDTx(ctx, tx, ws, d.id); errors.Is(err, pgx.ErrNoRows) {
			continue
		} else if err != nil {
			return err
		}
		if err := d.saveTx(ctx, tx, ws); err != nil {
			return err
		}
	}
	return nil
}

// draft is what the words of a case are to be, made when they were written last by a transaction.
type draft struct {
	id       ID
	written  string // by the transaction with this number; "": never
	document string
}

func draftTx(ctx context.Context, tx pgx.Tx, ws access.WorkspaceID, id ID) (draft, error) {
	d := draft{id: id}
	err := tx.QueryRow(ctx, `select xmin::text from case_search where workspace_id = $1 and case_id = $2`, ws, id).Scan(&d.written)
	if err != nil && !errors.Is(err, pgx.ErrNoRows) {
		return d, err
	}
	document, err := documentTx(ctx, tx, ws, id)
	if err == nil {
		d.document = document.String()
	}
	return d, err
}

func (d draft) saveTx(ctx context.Context, tx pgx.Tx, ws access.WorkspaceID) error {
	done, err := tx.Exec(ctx, `update case_search set document = $3::tsvector, version = $4 where workspace_id = $1 and case_id = $2 and xmin::text = $5`,
		ws, d.id, d.document, words.Version, d.written)
	if err != nil || done.RowsAffected() > 0 {
		return err
	}
	return ReindexTx(ctx, tx, ws, d.id)
}

// documentSQL reads what a case is found by, a text a row: its subject, everybody who wrote, and the messages in order.
// The subject of what was merged into it is a text like others; what was merged away itself has only its redirect. What
// the program itself has written says the same in every case, so none is found by it.
const documentSQL = `select subject, '' as people, '' as text from cases where workspace_id = $1 and id = $2 and merged_into_id is null
	union all
	select '', k.name || ' ' || k.phone || ' ' || coalesce((select string_agg(e.email, ' ' order by e.email) from contact_emails e
			where e.workspace_id = $1 and e.contact_id = k.id), ''), ''
		from contacts k where k.workspace_id = $1 and k.id in (
			select contact_id from cases where workspace_id = $1 and id = $2 and merged_into_id is null
			union select author_contact_id from messages where workspace_id = $1 and case_id = $2)
	union all
	select '', '', subject from cases where workspace_id = $1 and merged_into_id = $2
	union all
	(select '', '', body_text from messages where workspace_id = $1 and case_id = $2 and not (kind = 'outbound' and is_auto) order by id)`

func documentTx(ctx context.Context, tx pgx.Tx, ws access.WorkspaceID, id ID) (*words.Document, error) {
	rows, err := tx.Query(ctx, documentSQL, ws, id)
	if err != nil {
		return nil, err
	}
	d := &words.Document{}
	d.Mark(Mark(ws))
	var w Words
	_, err = pgx.ForEachRow(rows, []any{&w.Subject, &w.People, &w.Text}, func() error {
		w.addTo(d)
		return nil
	})
	return d, err
}

// ReindexSweep is the job that makes words anew after the way in which they are made has changed.
const ReindexSweep = "reindex"

// Reindex makes the words of all cases anew whose words are of an older version. Each case is a transaction of its own,
// so nobody waits for long; stopped half way, the next run goes on.
func (s *Service) Reindex(ctx context.Context) (summary string, err error) {
	done := 0
	var failures []error
	var at caseRef
	for {
		list, err := s.outdated(ctx, at)
		if err != nil {
			return "", err
		}
		if len(list) == 0 {
			break
		}
		for _, at = range list {
			if err := s.reindex(ctx, at); err != nil {
				failures = append(failures, fmt.Errorf("case with id %d: %w", at.CaseID, err))
			} else {
				done++
			}
			if ctx.Err() != nil || len(failures) > maxFailures {
				return fmt.Sprintf("made the words of %d cases anew", done), errors.Join(failures...)
			}
		}
	}
	return fmt.Sprintf("made the words of %d cases anew", done), errors.Join(failures...)
}

const (
	maxFailures  = 10 // of one run of Reindex: more are the database's, not a case's
	reindexBatch = 500
)

type caseRef struct {
	WorkspaceID access.WorkspaceID
	CaseID      ID
}

// outdated lists some of the cases after a place whose words are of an older version, from an index of just those.
func (s *Service) outdated(ctx context.Context, after caseRef) (list []caseRef, err error) {
	err = s.db.AsSystem(ctx, "reindex", func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, fmt.Sprintf(`select workspace_id, case_id from case_search
			where version < %d and (workspace_id, case_id) > ($1, $2) order by workspace_id, case_id limit %d`, words.Version, reindexBatch),
			after.WorkspaceID, after.CaseID)
		if err != nil {
			return err
		}
		list, err = pgx.CollectRows(rows, pgx.RowToStructByName[caseRef])
		return err
	})
	return list, err
}

func (s *Service) reindex(ctx context.Context, ref caseRef) error {
	return s.db.AsSystem(ctx, "reindex", func(tx pgx.Tx) error {
		// What a deleted case says does not change here, only how it is found. Should the commit be lost, the next run repeats it.
		if _, err := tx.Exec(ctx, `set local app.retention = 'on'; set local synchronous_commit = off`); err != nil {
			return err
		}
		return RewordTx(ctx, tx, ref.WorkspaceID, ref.CaseID)
	})
}
