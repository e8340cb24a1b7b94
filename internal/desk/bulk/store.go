package bulk

import (
	"context"

	"github.com/jackc/pgx/v5"

	"caseward/internal/desk/cases"
)

const columns = `b.workspace_id, b.id, b.member_id, u.name as member_name, b.change, b.scope, b.state, b.stopped, b.cursor_at, b.cursor_id,
	b.total, b.changed, b.unchanged, b.refused, b.undone, b.kept, b.undone_by, b.created_at, b.finished_at`

const from = ` from bulk_actions b join members m on m.workspace_id = b.workspace_id and m.id = b.member_id join users u on u.id = m.user_id `

// listTx reads actions; what says which.
func listTx(ctx context.Context, tx pgx.Tx, what string, args ...any) ([]Action, error) {
	rows, err := tx.Query(ctx, `select `+columns+from+what, args...)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByName[Action])
}

// firstTx reads the first of them, nil when there is none.
func firstTx(ctx context.Context, tx pgx.Tx, what string, args ...any) (*Action, error) {
	list, err := listTx(ctx, tx, what, args...)
	if err != nil || len(list) == 0 {
		return nil, err
	}
	return &list[0], nil
}

func (s *Service) saveTx(ctx context.Context, tx pgx.Tx, a Action) error {
	_, err := tx.Exec(ctx, `update bulk_actions set change = $3, scope = $4, state = $5, stopped = $6, cursor_at = $7, cursor_id = $8,
			total = $9, changed = $10, unchanged = $11, refused = $12, undone = $13, kept = $14, undone_by = $15, finished_at = $16, worked_at = $17
		where workspace_id = $1 and id = $2`,
		a.WorkspaceID, a.ID, a.Change, a.Scope, a.State, a.Stopped, a.CursorAt, a.CursorID,
		a.Total, a.Changed, a.Unchanged, a.Refused, a.Undone, a.Kept, a.UndoneBy, a.FinishedAt, s.now())
	return err
}

// item is a case of an action.
type item struct {
	ID     cases.ID
	Before *cases.Before
}

func ids(list []item) []cases.ID {
	out := make([]cases.ID, len(list))
	for i, it := range list {
		out[i] = it.ID
	}
	return out
}

// itemsTx reads the next cases to be done, or undone, from where the action is.
func itemsTx(ctx context.Context, tx pgx.Tx, a Action, size int) ([]item, error) {
	state := "waiting"
	if a.State == Undoing {
		state = string(cases.ManyChanged)
	}
	rows, err := tx.Query(ctx, `select case_id as id, before from bulk_items
		where workspace_id = $1 and bulk_id = $2 and case_id > $3 and state = $4 order by case_id limit $5`,
		a.WorkspaceID, a.ID, a.CursorID, state, size)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByName[item])
}

// tellTx keeps what became of the cases, and that the action is past them. What a case was before stays until it is
// undone.
func (s *Service) tellTx(ctx context.Context, tx pgx.Tx, a *Action, list []item, results []cases.ManyResult) error {
	states, reasons := make([]string, len(results)), make([]string, len(results))
	done, before := make([]cases.ID, len(results)), make([]*cases.Before, len(results))
	for i, r := range results {
		done[i], states[i], reasons[i], before[i] = r.ID, string(r.State), r.Reason, r.Before
		a.tally(r.State)
	}
	_, err := tx.Exec(ctx, `update bulk_items i set state = u.state, reason = u.reason, before = u.before
		from unnest($3::bigint[], $4::text[], $5::text[], $6::jsonb[]) as u(case_id, state, reason, before)
		where i.workspace_id = $1 and i.bulk_id = $2 and i.case_id = u.case_id`,
		a.WorkspaceID, a.ID, done, states, reasons, before)
	if err != nil {
		return err
	}
	a.CursorID = int64(list[len(list)-1].ID)
	return s.saveTx(ctx, tx, *a)
}

func (a *Action) tally(state cases.ManyState) {
	switch state {
	case cases.ManyChanged:
		a.Changed++
	case cases.ManyUnchanged:
		a.Unchanged++
	case cases.ManyRefused:
		a.Refused++
	case cases.ManyUndone:
		a.Undone++
	case cases.ManyKept:
		a.Kept++
	}
}

// forget removes what became of each case once nothing can be undone any more; the action itself stays with its counts.
func (s *Service) forget(ctx context.Context) (forgotten int64, err error) {
	for {
		var n int64
		err := s.db.AsSystem(ctx, "bulk updates", func(tx pgx.Tx) error {
			gone, err := tx.Exec(ctx, `delete from bulk_items where (workspace_id, bulk_id, case_id) in (
				select i.workspace_id, i.bulk_id, i.case_id from bulk_actions b join bulk_items i on i.workspace_id = b.workspace_id and i.bulk_id = b.id
				where b.finished_at < $1 and b.state in ('done', 'undone') limit 5000)`, s.now().Add(-KeptFor))
			n = gone.RowsAffected()
			return err
		})
		forgotten += n
		if err != nil || n == 0 {
			return forgotten, err
		}
	}
}
