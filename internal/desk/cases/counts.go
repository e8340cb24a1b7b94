package cases

import (
	"context"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"

	"caseward/internal/desk/access"
)

// CountCap is where counting stops: a list longer than this shows "1k+". It bounds the cost at any size.
const CountCap = 1000

// Counts are the sizes of the built-in lists, each at most CountCap+1.
type Counts map[Filter]int

// Counts returns the sizes of all built-in lists for the actor; the deleted cases only for those who may restore them.
//
// Needs ReadCases. Errors: Forbidden.
func (s *Service) Counts(ctx context.Context, actor access.Actor) (Counts, error) {
	if err := actor.Require(access.ReadCases); err != nil {
		return nil, err
	}
	key := countKey{actor.Workspace, actor.Member, actor.Can(access.RestoreCases)}
	return s.counts.Get(int64(actor.Workspace), 0, key, func() (Counts, error) {
		counts := Counts{}
		// Not ReadWorkspace: within a page's snapshot that reads what was, and the cache would keep it for what is.
		err := s.db.InWorkspace(ctx, int64(actor.Workspace), func(tx pgx.Tx) error {
			return countTx(ctx, tx, key, counts)
		})
		return counts, err
	})
}

func countTx(ctx context.Context, tx pgx.Tx, key countKey, counts Counts) error {
	query, args := countQuery(key)
	rows, err := tx.Query(ctx, query, args)
	if err != nil {
		return err
	}
	var f Filter
	var n int
	_, err = pgx.ForEachRow(rows, []any{&f, &n}, func() error {
		counts[f] = n
		return nil
	})
	return err
}

func countQuery(key countKey) (string, pgx.NamedArgs) {
	wanted := Filters()
	if key.deleted {
		wanted = append(wanted, DeletedView)
	}
	var parts []string
	for _, f := range wanted {
		l := lists[f]
		// In the list's order, which is that of its index: in no order, PostgreSQL looks for the first thousand from the
		// beginning of the table, where the oldest cases are and often none of the list.
		parts = append(parts, fmt.Sprintf(`select '%s', count(*) from (select from %s where workspace_id = @ws and %s
			order by %s desc, id desc limit %d) x`, f, l.from, l.where, l.time, CountCap+1))
	}
	return strings.Join(parts, " union all "), pgx.NamedArgs{"ws": key.workspace, "member": key.member}
}

type countKey struct {
	workspace access.WorkspaceID
	member    access.MemberID
	deleted   bool
}
