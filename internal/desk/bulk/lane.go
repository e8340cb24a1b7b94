package bulk

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"caseward/internal/desk/access"
	"caseward/internal/desk/cases"
)

// lane is a part of an action that one worker does at a time: every n-th of its cases, or the listing of them all.
type lane struct {
	WorkspaceID access.WorkspaceID
	BulkID      ID
	Lane        int
	Lanes       int // 0 while the cases are being listed
	CursorAt    *time.Time
	CursorID    int64
	Failures    int
	Tally
}

// Tally is what became of cases.
type Tally struct {
	Changed   int
	Unchanged int // were so already
	Refused   int
	Undone    int
	Kept      int // not undone, since they have moved on
}

func (t *Tally) count(state cases.ManyState) {
	switch state {
	case cases.ManyChanged:
		t.Changed++
	case cases.ManyUnchanged:
		t.Unchanged++
	case cases.ManyRefused:
		t.Refused++
	case cases.ManyUndone:
		t.Undone++
	case cases.ManyKept:
		t.Kept++
	}
}

const (
	workers  = 4 // of a process: each waits for the database half of its time
	maxLanes = 4 // of an action
)

// openLanesTx makes the lanes in which so many cases are worked on: few cases need one only.
func (s *Service) openLanesTx(ctx context.Context, tx pgx.Tx, a Action, total int) error {
	lanes := 1
	if total > 2*s.batch {
		lanes = maxLanes
	}
	_, err := tx.Exec(ctx, `insert into bulk_lanes (workspace_id, bulk_id, lane, lanes, due_at)
		select $1, $2, i, $3, $4 from generate_series(0, $3::int - 1) i`, a.WorkspaceID, a.ID, lanes, s.now())
	return err
}

// claim returns the lanes that have waited longest and that nobody is working on, and puts them at the end of the row.
func (s *Service) claim(ctx context.Context) (list []lane, err error) {
	err = s.db.AsSystem(ctx, "bulk updates", func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `set local synchronous_commit = off`); err != nil { // only the row's order is at stake
			return err
		}
		rows, err := tx.Query(ctx, fmt.Sprintf(`with next as (select workspace_id, bulk_id, lane from bulk_lanes where due_at <= $1
				order by due_at, bulk_id, lane limit %d for update skip locked)
			update bulk_lanes l set due_at = $1 from next n
			where l.workspace_id = n.workspace_id and l.bulk_id = n.bulk_id and l.lane = n.lane
			returning `+laneColumns, workers), s.now())
		if err != nil {
			return err
		}
		list, err = pgx.CollectRows(rows, pgx.RowToStructByName[lane])
		return err
	})
	return list, err
}

const laneColumns = `l.workspace_id, l.bulk_id, l.lane, l.lanes, l.cursor_at, l.cursor_id, l.failures, l.changed, l.unchanged, l.refused, l.undone, l.kept`

// lockLaneTx is the lane as it is now; nil when somebody is working on it, or it is gone.
func lockLaneTx(ctx context.Context, tx pgx.Tx, l lane) (*lane, error) {
	rows, err := tx.Query(ctx, `select `+laneColumns+` from bulk_lanes l
		where l.workspace_id = $1 and l.bulk_id = $2 and l.lane = $3 for update skip locked`, l.WorkspaceID, l.BulkID, l.Lane)
	if err != nil {
		return nil, err
	}
	found, err := pgx.CollectRows(rows, pgx.RowToStructByName[lane])
	if err != nil || len(found) == 0 {
		return nil, err
	}
	return &found[0], nil
}

func saveLaneTx(ctx context.Context, tx pgx.Tx, l lane) error {
	_, err := tx.Exec(ctx, `update bulk_lanes set cursor_at = $4, cursor_id = $5, failures = $6,
			changed = $7, unchanged = $8, refused = $9, undone = $10, kept = $11
		where workspace_id = $1 and bulk_id = $2 and lane = $3`, l.WorkspaceID, l.BulkID, l.Lane,
		l.CursorAt, l.CursorID, l.Failures, l.Changed, l.Unchanged, l.Refused, l.Undone, l.Kept)
	return err
}

// allLanes stands for every lane, as -1 does in the SQL of closeLanesTx.
const allLanes = -1

// closeLanesTx takes one lane away, or all, and adds their counts to those of the action, which is locked for update. It
// returns how many are left.
func closeLanesTx(ctx context.Context, tx pgx.Tx, a *Action, which int) (left int, err error) {
	var t Tally
	err = tx.QueryRow(ctx, `with gone as (delete from bulk_lanes where workspace_id = $1 and bulk_id = $2 and $3::int in (lane, -1) returning *)
		select coalesce(sum(changed), 0), coalesce(sum(unchanged), 0), coalesce(sum(refused), 0), coalesce(sum(undone), 0), coalesce(sum(kept), 0),
			(select count(*) from bulk_lanes where workspace_id = $1 and bulk_id = $2) - count(*)
		from gone`, a.WorkspaceID, a.ID, which).Scan(&t.Changed, &t.Unchanged, &t.Refused, &t.Undone, &t.Kept, &left)
	a.Changed, a.Unchanged, a.Refused, a.Undone, a.Kept = a.Changed+t.Changed, a.Unchanged+t.Unchanged, a.Refused+t.Refused, a.Undone+t.Undone, a.Kept+t.Kept
	return left, err
}
