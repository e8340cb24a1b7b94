package people

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"caseward/internal/desk/access"
	"caseward/internal/desk/cases"
	"caseward/internal/desk/contact"
)

// Sweep is the name of the job, as in `caseward run NAME`: it has the cases of renamed and merged contacts follow.
const Sweep = "people"

// The kinds of works.
const (
	renaming = "rename"
	merging  = "merge"
)

// work is what follows a change of a contact at their cases.
type work struct {
	WorkspaceID access.WorkspaceID
	ID          int64
	Kind        string
	ContactID   contact.ID
	IntoID      *contact.ID     // of a merge
	MemberID    access.MemberID // 0: the contact renamed themselves
	Total       int
	Done        int
	CursorID    cases.ID
}

// renameTx has the cases of a locked contact be found by what they are called now. One that is under way begins anew.
func (s *Service) renameTx(ctx context.Context, tx pgx.Tx, actor access.Actor, id contact.ID) error {
	tag, err := tx.Exec(ctx, `update contact_works set cursor_id = 0 where workspace_id = $1 and contact_id = $2 and kind = '`+renaming+`' and state = 'working'`,
		actor.Workspace, id)
	if err != nil {
		return err
	}
	if tag.RowsAffected() == 0 {
		_, err := tx.Exec(ctx, `insert into contact_works (workspace_id, kind, contact_id, member_id, created_at, worked_at) values ($1, '`+renaming+`', $2, nullif($3::bigint, 0), $4, $4)`,
			actor.Workspace, id, actor.Member, s.now())
		if err != nil {
			return err
		}
	}
	return s.poker.PokeTx(ctx, tx, Sweep)
}

// Run goes on with all works, a batch of each in turn, so that a small contact does not wait for a large one and one that fails
// keeps no other back. Killed at any point it leaves whole batches done, and the next run goes on.
func (s *Service) Run(ctx context.Context) (summary string, err error) {
	done := 0
	failed := []int64{} // until the next run
	var failures []error
	said := func() string { return fmt.Sprintf("had %d cases follow their contacts", done) }
	for {
		w, err := s.next(ctx, failed)
		if err != nil || w == nil {
			return said(), errors.Join(append(failures, err)...)
		}
		n, err := s.step(ctx, *w)
		if ctx.Err() != nil {
			return said(), ctx.Err()
		}
		done += n
		if err != nil {
			failed, failures = append(failed, w.ID), append(failures, fmt.Errorf("contact %d of workspace %d: %w", w.ContactID, w.WorkspaceID, err))
		}
	}
}

const columns = `workspace_id, id, kind, contact_id, into_id, coalesce(member_id, 0) as member_id, total, done, cursor_id`

// next is the work that has waited longest.
func (s *Service) next(ctx context.Context, except []int64) (w *work, err error) {
	err = s.db.AsSystem(ctx, Sweep, func(tx pgx.Tx) error {
		w, err = oneTx(ctx, tx, `select `+columns+` from contact_works where state = 'working' and id <> all ($1::bigint[]) order by worked_at, id limit 1`, except)
		return err
	})
	return w, err
}

func oneTx(ctx context.Context, tx pgx.Tx, query string, args ...any) (*work, error) {
	rows, err := tx.Query(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	found, err := pgx.CollectRows(rows, pgx.RowToAddrOfStructByName[work])
	if err != nil || len(found) == 0 {
		return nil, err
	}
	return found[0], nil
}

// step does a batch of a work. As the system, since deleted cases follow too, which nobody else may change.
func (s *Service) step(ctx context.Context, claimed work) (n int, err error) {
	err = s.db.AsSystem(ctx, Sweep, func(tx pgx.Tx) error {
		w, err := oneTx(ctx, tx, `select `+columns+` from contact_works where workspace_id = $1 and id = $2 and state = 'working' for update`,
			claimed.WorkspaceID, claimed.ID)
		if err != nil || w == nil {
			return err
		}
		if _, err := tx.Exec(ctx, `set local app.retention = 'on'`); err != nil {
			return err
		}
		batch := s.renameBatchTx
		if w.Kind == merging {
			batch = s.mergeBatchTx
		}
		var last cases.ID
		var through bool
		if n, last, through, err = batch(ctx, tx, *w); err != nil {
			return err
		}
		_, err = tx.Exec(ctx, `update contact_works set done = done + $3, cursor_id = $4, worked_at = $5,
				state = case when $6 then 'done' else state end, finished_at = case when $6 then $5::timestamptz end
			where workspace_id = $1 and id = $2`, w.WorkspaceID, w.ID, n, last, s.now(), through)
		return err
	})
	if err == nil && n > 0 {
		s.cases.Changed(claimed.WorkspaceID, 0)
	}
	return n, err
}

// renameBatchTx makes the words of some more cases anew in which the contact has a part.
func (s *Service) renameBatchTx(ctx context.Context, tx pgx.Tx, w work) (n int, last cases.ID, through bool, err error) {
	rows, err := tx.Query(ctx, fmt.Sprintf(`select id from (
			(select id from cases where workspace_id = $1 and contact_id = $2 and id > $3 order by id limit %[1]d)
			union
			(select case_id from messages where workspace_id = $1 and author_contact_id = $2 and case_id > $3 order by case_id limit %[1]d)) c
		order by id limit %[1]d`, s.batch), w.WorkspaceID, w.ContactID, w.CursorID)
	if err != nil {
		return 0, 0, false, err
	}
	ids, err := pgx.CollectRows(rows, pgx.RowTo[cases.ID])
	if err != nil || len(ids) == 0 {
		return 0, w.CursorID, true, err
	}
	// A contact with many messages in few cases fills a batch with one of them, so only an empty one is the end.
	return len(ids), ids[len(ids)-1], false, cases.RewordTx(ctx, tx, w.WorkspaceID, ids...)
}
