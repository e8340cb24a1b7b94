package cases

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"caseward/internal/desk/access"
)

// OnlineFor is how long after their last sign of life a member counts as being there. Open pages give one every half minute.
const OnlineFor = 2 * time.Minute

// MaxCapacity is the largest limit of open cases that a member can have.
const MaxCapacity = 500

// Ready is a member who is there and can take on more open cases.
type Ready struct {
	ID      access.MemberID
	Room    int        // how many more; MaxCapacity where there is no limit
	DealtAt *time.Time // when a queue last gave them one
}

// ReadyTx returns those of some members who may be given cases, are there, have not said that they are away, and have room.
// That members are there, and what they have, can change until the caller locks it.
func ReadyTx(ctx context.Context, tx pgx.Tx, ws access.WorkspaceID, who []access.MemberID, now time.Time) ([]Ready, error) {
	rows, err := tx.Query(ctx, fmt.Sprintf(`select id, room, dealt_at from (
			select m.id, p.dealt_at, case when m.capacity is null then %d else m.capacity - (select count(*) from (select from live_cases l
				where l.workspace_id = m.workspace_id and l.assignee_id = m.id and l.status = 'open' limit %[1]d) x) end as room
			from members m join attendance p on p.workspace_id = m.workspace_id and p.member_id = m.id
			where m.workspace_id = $1 and m.id = any ($2) and m.deactivated_at is null and m.role <> 'viewer' and not m.away and p.seen_at > $3) r
		where room > 0 order by dealt_at nulls first, id`, MaxCapacity), ws, who, now.Add(-OnlineFor))
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByName[Ready])
}
