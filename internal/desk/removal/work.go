package removal

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"caseward/internal/desk/access"
	"caseward/internal/desk/cases"
	"caseward/internal/desk/contact"
	"caseward/internal/platform/clock"
	"caseward/internal/platform/pace"
)

// Run moves the cases of deleted and restored contacts, a batch of each in turn, so that a small contact does not wait for a
// large one and one that fails keeps no other back. Killed at any point it leaves whole batches done, and the next run goes
// on.
func (s *Service) Run(ctx context.Context) (summary string, err error) {
	moved, batch := 0, pace.New(s.batch)
	failed := []int64{} // until the next run
	var failures []error
	for {
		m, err := s.next(ctx, failed)
		if err != nil || m == nil {
			return fmt.Sprintf("moved %d cases with their contacts", moved), errors.Join(append(failures, err)...)
		}
		n, err := s.step(ctx, *m, batch)
		if ctx.Err() != nil {
			return fmt.Sprintf("moved %d cases with their contacts", moved), ctx.Err()
		}
		moved += n
		if err != nil {
			failed, failures = append(failed, m.ID), append(failures, fmt.Errorf("contact %d of workspace %d: %w", m.ContactID, m.WorkspaceID, err))
		}
	}
}

const columns = `m.workspace_id, m.id, m.contact_id, m.kind, m.state, m.member_id, m.deleted_at, m.total, m.done, m.cursor_id`

// next is the move that has waited longest. Of one contact the earlier goes first: who was deleted and restored at once is
// hidden first and then shown.
func (s *Service) next(ctx context.Context, except []int64) (m *Move, err error) {
	err = s.db.AsSystem(ctx, "contacts", func(tx pgx.Tx) error {
		m, err = oneTx(ctx, tx, `select `+columns+` from contact_moves m where m.state = 'working' and m.id <> all ($1::bigint[])
			and not exists (select from contact_moves e where e.workspace_id = m.workspace_id and e.contact_id = m.contact_id
				and e.state = 'working' and e.id < m.id)
			order by m.worked_at, m.id limit 1`, except)
		return err
	})
	return m, err
}

func oneTx(ctx context.Context, tx pgx.Tx, query string, args ...any) (*Move, error) {
	rows, err := tx.Query(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	found, err := pgx.CollectRows(rows, pgx.RowToStructByName[Move])
	if err != nil || len(found) == 0 {
		return nil, err
	}
	return &found[0], nil
}

func lastTx(ctx context.Context, tx pgx.Tx, ws access.WorkspaceID, id contact.ID) (*Move, error) {
	return oneTx(ctx, tx, `select `+columns+` from contact_moves m where m.workspace_id = $1 and m.contact_id = $2 order by m.id desc limit 1`, ws, id)
}

// lockTx waits for a move and holds it; nil when it is done, or an earlier one of the contact is not.
func lockTx(ctx context.Context, tx pgx.Tx, m Move) (*Move, error) {
	return oneTx(ctx, tx, `select `+columns+` from contact_moves m where m.workspace_id = $1 and m.id = $2 and m.state = 'working'
		and not exists (select from contact_moves e where e.workspace_id = $1 and e.contact_id = $3 and e.state = 'working' and e.id < $2)
		for update of m`, m.WorkspaceID, m.ID, m.ContactID)
}

// step moves a batch of a contact's cases, in the name of the member who deleted or restored them.
func (s *Service) step(ctx context.Context, claimed Move, batch *pace.Batch) (n int, err error) {
	began := clock.System()
	err = s.db.InWorkspace(ctx, int64(claimed.WorkspaceID), func(tx pgx.Tx) error {
		m, err := lockTx(ctx, tx, claimed)
		if err != nil || m == nil {
			return err
		}
		move := s.cases.HideTx
		if m.Kind == Restoring {
			move = s.cases.ShowTx
		}
		actor := access.Actor{Kind: access.Member, Workspace: m.WorkspaceID, Member: m.MemberID}
		moved, err := move(ctx, tx, actor, cases.OfContact{Contact: m.ContactID, DeletedAt: m.DeletedAt, After: m.CursorID, Limit: batch.Size})
		if err != nil {
			return err
		}
		n = moved.N
		return s.savedTx(ctx, tx, *m, moved)
	})
	batch.Took(clock.System().Sub(began))
	if err == nil && n > 0 {
		s.cases.Changed(claimed.WorkspaceID, 0)
	}
	return n, err
}

// savedTx records how far a move is.
func (s *Service) savedTx(ctx context.Context, tx pgx.Tx, m Move, moved cases.Moved) error {
	_, err := tx.Exec(ctx, `update contact_moves set done = done + $3, cursor_id = $4, worked_at = $5,
			state = case when $6 then 'done' else state end, finished_at = case when $6 then $5::timestamptz end
		where workspace_id = $1 and id = $2`, m.WorkspaceID, m.ID, moved.N, moved.Last, s.now(), moved.Through)
	return err
}
