package notify

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"caseward/internal/desk/access"
)

// UnreadCap is where counting stops: more unread notifications than this show as "9+".
const UnreadCap = 9

// looked at are at most so many unread notifications, hidden ones included: it bounds the cost whatever has piled up.
const unreadWindow = 200

// unreadSQL counts what the bell shows, at most UnreadCap+1.
func unreadSQL() string {
	return fmt.Sprintf(`select count(*) from (select from (
			select n.* from notifications n where n.workspace_id = $1 and n.member_id = $2 and n.read_at is null and n.in_app
			order by n.created_at desc, n.id desc limit %d) n
		where %s limit %d) x`, unreadWindow, shown, UnreadCap+1)
}

// Unread tells how many of the actor's notifications are unread, at most UnreadCap+1. It is answered from memory until
// something in the workspace changes.
//
// Needs ReadCases. Errors: Forbidden.
func (s *Service) Unread(ctx context.Context, actor access.Actor) (int, error) {
	if err := actor.Require(access.ReadCases); err != nil {
		return 0, err
	}
	return s.unread.Get(int64(actor.Workspace), int64(actor.Member), reader{actor.Workspace, actor.Member}, func() (n int, err error) {
		// Not ReadWorkspace: within a page's snapshot that reads what was, and the cache would keep it for what is.
		err = s.db.QueryRow(ctx, int64(actor.Workspace), func(row pgx.Row) error { return row.Scan(&n) },
			unreadSQL(), actor.Workspace, actor.Member)
		return n, err
	})
}
