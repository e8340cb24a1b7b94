package bulk

import (
	"context"

	"github.com/jackc/pgx/v5"

	"caseward/internal/desk/access"
	"caseward/internal/desk/cases"
)

// The counts are those of the lanes that are through and, as far as they are, of the others.
const columns = `b.workspace_id, b.id, b.member_id, u.name as member_name, b.change, b.scope, b.state, b.stopped, b.problem, b.total,
	b.changed + l.changed as changed, b.unchanged + l.unchanged as unchanged, b.refused + l.refused as refused,
	b.undone + l.undone as undone, b.kept + l.kept as kept, b.undone_by, b.created_at, b.finished_at`

const from = ` from bulk_actions b join members m on m.workspace_id = b.workspace_id and m.id = b.member_id join users u on u.id = m.user_id
	cross join lateral (select coalesce(sum(x.changed), 0)::int as changed, coalesce(sum(x.unchanged), 0)::int as unchanged,
			coalesce(sum(x.refused), 0)::int as refused, coalesce(sum(x.undone), 0)::int as undone, coalesce(sum(x.kept), 0)::int as kept
		from bulk_lanes x where x.workspace_id = b.workspace_id and x.bulk_id = b.id) l `

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

// How an action is read: forUpdate to change it, forShare to work on its cases, so that it does not end in the middle of a
// batch.
const (
	unlocked  = ""
	forUpdate = "for update"
	forShare  = "for share"
)

// actionTx is the action itself, without the counts of its lanes; nil when it is not there.
func actionTx(ctx context.Context, tx pgx.Tx, ws access.WorkspaceID, id ID, mode string) (*Action, error) {
	rows, err := tx.Query(ctx, `select b.workspace_id, b.id, b.member_id, '' as member_name, b.change, b.scope, b.state, b.stopped, b.problem, b.total,
			b.changed, b.unchanged, b.refused, b.undone, b.kept, b.undone_by, b.created_at, b.finished_at
		from bulk_actions b where b.workspace_id = $1 and b.id = $2 `+mode, ws, id)
	if err != nil {
		return nil, err
	}
	found, err := pgx.CollectRows(rows, pgx.RowToStructByName[Action])
	if err != nil || len(found) == 0 {
		return nil, err
	}
	return &found[0], nil
}

func saveTx(ctx context.Context, tx pgx.Tx, a Action) error {
	_, err := tx.Exec(ctx, `update bulk_actions set change = $3, scope = $4, state = $5, stopped = $6, problem = $7,
			total = $8, changed = $9, unchanged = $10, refused = $11, undone = $12, kept = $13, undone_by = $14, finished_at = $15
		where workspace_id = $1 and id = $2`,
		a.WorkspaceID, a.ID, a.Change, a.Scope, a.State, a.Stopped, a.Problem,
		a.Total, a.Changed, a.Unchanged, a.Refused, a.Undone, a.Kept, a.UndoneBy, a.FinishedAt)
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

// itemsTx reads the next cases of a lane to be done, or undone.
func itemsTx(ctx context.Context, tx pgx.Tx, l lane, state State, size int) ([]item, error) {
	wanted := "waiting"
	if state == Undoing {
		wanted = string(cases.ManyChanged)
	}
	rows, err := tx.Query(ctx, `select case_id as id, before from bulk_items
		where workspace_id = $1 and bulk_id = $2 and case_id > $3 and state = $4 and case_id % $5 = $6 order by case_id limit $7`,
		l.WorkspaceID, l.BulkID, l.CursorID, wanted, l.Lanes, l.Lane, size)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByName[item])
}

// tellTx keeps what became of the cases, and that the lane is past them. What a case was before stays until it is undone.
func tellTx(ctx context.Context, tx pgx.Tx, l lane, list []item, results []cases.ManyResult) error {
	states, reasons := make([]string, len(results)), make([]string, len(results))
	done, before := make([]cases.ID, len(results)), make([]*cases.Before, len(results))
	for i, r := range results {
		done[i], states[i], reasons[i], before[i] = r.ID, string(r.State), r.Reason, r.Before
		l.count(r.State)
	}
	_, err := tx.Exec(ctx, `update bulk_items i set state = u.state, reason = u.reason, before = u.before
		from unnest($3::bigint[], $4::text[], $5::text[], $6::jsonb[]) as u(case_id, state, reason, before)
		where i.workspace_id = $1 and i.bulk_id = $2 and i.case_id = u.case_id`,
		l.WorkspaceID, l.BulkID, done, states, reasons, before)
	if err != nil {
		return err
	}
	l.CursorID = int64(list[len(list)-1].ID)
	return saveLaneTx(ctx, tx, l)
}

// forget removes what became of each case once nothing can be undone any more; the action itself stays with its counts.
func (s *Service) forget(ctx context.Context) (forgotten int64, err error) {
	for {
		var items, actions int64
		err := s.db.AsSystem(ctx, "bulk updates", func(tx pgx.Tx) error {
			gone, err := tx.Exec(ctx, `delete from bulk_items where (workspace_id, bulk_id, case_id) in (
				select i.workspace_id, i.bulk_id, i.case_id from bulk_actions b join bulk_items i on i.workspace_id = b.workspace_id and i.bulk_id = b.id
				where b.finished_at < $1 and not b.forgotten limit 5000)`, s.now().Add(-KeptFor))
			if err != nil {
				return err
			}
			items = gone.RowsAffected()
			done, err := tx.Exec(ctx, `update bulk_actions b set forgotten = true where b.finished_at < $1 and not b.forgotten
				and not exists (select from bulk_items i where i.workspace_id = b.workspace_id and i.bulk_id = b.id)`, s.now().Add(-KeptFor))
			actions = done.RowsAffected()
			return err
		})
		forgotten += items
		if err != nil || items+actions == 0 {
			return forgotten, err
		}
	}
}
