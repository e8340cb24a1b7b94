package search

import (
	"fmt"

	"github.com/jackc/pgx/v5"

	"caseward/internal/desk/cases"
)

// Where no index finds the deleted cases that match, only some are tested, the newest first: each costs about as much as a
// row of the page. Few workspaces have more at a time.
const (
	deletedLookedAt = 200
	deletedEnough   = 25 // matches among them, after which no more are looked at
)

// Deleted says how many deleted cases match too.
type Deleted struct {
	Count int
	More  bool // at least: the rest was not counted
	Of    int  // only so many deleted cases, the newest, were looked at; 0: all
}

// queueDeleted counts the deleted cases that match too.
func (q *query) queueDeleted(batch *pgx.Batch, f found, into *Deleted) {
	table, where := q.where(deleted, f)
	if !f.many && (f.test != "" || q.selective) {
		batch.Queue(fmt.Sprintf(`select count(*) from (select from %s where %s limit %d) x`, table, where, cases.CountCap+1), q.args).
			QueryRow(func(row pgx.Row) error {
				err := row.Scan(&into.Count)
				into.More, into.Count = into.Count > cases.CountCap, min(into.Count, cases.CountCap)
				return err
			})
		return
	}
	test := "true"
	if f.many {
		test = f.test
	}
	newest := fmt.Sprintf(`(select * from cases where workspace_id = @ws and deleted_at is not null order by deleted_at desc, id desc limit %d) c`, deletedLookedAt)
	batch.Queue(fmt.Sprintf(`select (select count(*) from (select from %s where %s and %s limit %d) x),
		(select count(*) from (select from cases where workspace_id = @ws and deleted_at is not null limit %d) x)`,
		newest, where, test, deletedEnough+1, deletedLookedAt+1), q.args).
		QueryRow(func(row pgx.Row) error {
			var all int
			err := row.Scan(&into.Count, &all)
			if into.More = into.Count > deletedEnough; into.More {
				into.Count = deletedEnough
			} else if all > deletedLookedAt {
				into.Of = deletedLookedAt
			}
			return err
		})
}
