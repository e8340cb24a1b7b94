package notify

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"caseward/internal/desk/access"
)

// Event is something that members are told.
type Event struct {
	Kind    Kind
	Case    int64             // its internal id; 0 where the case is gone, and for many cases that were changed together
	Request int64             // the request for permanent deletion that it is about; 0: none
	Times   int               // how many cases were changed together; otherwise 0
	Detail  string            // what it says, where it is about no case, or says besides: numbers and names of members only
	To      []access.MemberID // 0 is passed over
	Roles   []access.Role     // whoever has one of them is told too
	Actor   access.Actor      // who did it, and is therefore not told
	At      time.Time
}

// mailAfter is how long somebody has to read a notification in the app before it is mailed.
const mailAfter = time.Minute

// AddTx tells members of an event, in the transaction in which it happens, each once and as they have chosen. It tells
// nobody of their own deed and no deactivated member. What somebody has not read yet is told once more, not twice:
// it counts up. The caller holds the lock of the case.
func AddTx(ctx context.Context, tx pgx.Tx, ws access.WorkspaceID, e Event) error {
	standard := defaultOf(e.Kind)
	_, err := tx.Exec(ctx, `insert into notifications as n
			(workspace_id, member_id, kind, case_id, request_id, actor_kind, actor_id, times, in_app, created_at, mail_at, detail)
		select m.workspace_id, m.id, $2, nullif($3::bigint, 0), nullif($4::bigint, 0), $5, nullif($6::bigint, 0), greatest($15, 1),
			wants.in_app, $7, case when wants.email then $8::timestamptz end, $16
		from members m
		left join notification_settings s on s.workspace_id = m.workspace_id and s.member_id = m.id and s.kind = $2
		cross join lateral (select coalesce(s.in_app, $9) as in_app, coalesce(s.email, $10) as email) wants
		where m.workspace_id = $1 and (m.id = any ($11) or m.role = any ($12)) and m.deactivated_at is null
			and m.id <> $13 and m.user_id <> $14 and (wants.in_app or wants.email)
		order by m.id
		on conflict (workspace_id, member_id, kind, case_id, request_id) where read_at is null do update set
			times = n.times + excluded.times, created_at = excluded.created_at, actor_kind = excluded.actor_kind, actor_id = excluded.actor_id,
			in_app = excluded.in_app, detail = excluded.detail,
			-- A mail that is only planned says this too; one that has left, or is just leaving, does not.
			mail_at = case when n.mail_at is null or n.mail_lease is not null then excluded.mail_at else n.mail_at end`,
		ws, e.Kind, e.Case, e.Request, e.Actor.Kind, e.Actor.ID(), e.At, e.At.Add(mailAfter),
		standard.inApp, standard.email, orNone(e.To), orNone(e.Roles), e.Actor.Member, e.Actor.User, e.Times, e.Detail)
	return err
}

// SettleTx makes what members were told of a kind that is about no case count as read, where left of the things that it speaks of
// still want something of them: the bell says what is to be done, not what somebody else has done.
func SettleTx(ctx context.Context, tx pgx.Tx, ws access.WorkspaceID, kind Kind, left int, now time.Time) error {
	_, err := tx.Exec(ctx, `update notifications n set times = greatest(least(n.times, $3), 1),
			read_at = case when $3 = 0 then $4::timestamptz end, mail_at = case when $3 > 0 then n.mail_at end
		from members m where m.workspace_id = $1 and n.workspace_id = $1 and n.member_id = m.id and n.kind = $2 and n.case_id is null and n.read_at is null`,
		ws, kind, left, now)
	return err
}

func orNone[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}

// MoveTx gives what was told of a case to the one that it became part of, in the transaction that makes it a redirect,
// and returns what that was. What somebody has not read of both shows once.
func MoveTx(ctx context.Context, tx pgx.Tx, ws access.WorkspaceID, from, into int64, now time.Time) (moved []int64, err error) {
	batch := &pgx.Batch{}
	batch.Queue(`update notifications f set read_at = $4, mail_at = null from notifications i
		where f.workspace_id = $1 and f.case_id = $2 and f.read_at is null and i.workspace_id = $1 and i.case_id = $3 and i.read_at is null
			and i.member_id = f.member_id and i.kind = f.kind and i.request_id is not distinct from f.request_id`, ws, from, into, now)
	batch.Queue(`update notifications set case_id = $3 where workspace_id = $1 and case_id = $2 returning id`, ws, from, into).Query(func(rows pgx.Rows) (err error) {
		moved, err = pgx.CollectRows(rows, pgx.RowTo[int64])
		return err
	})
	err = tx.SendBatch(ctx, batch).Close()
	return moved, err
}

// MoveBackTx gives those notifications back to the case that they were about before MoveTx.
func MoveBackTx(ctx context.Context, tx pgx.Tx, ws access.WorkspaceID, from, into int64, moved []int64) error {
	_, err := tx.Exec(ctx, `update notifications set case_id = $2 where workspace_id = $1 and case_id = $3 and id = any ($4)`, ws, from, into, moved)
	return err
}

// SettleHistoryTx makes what was told before a time count as read, and has nothing mailed, in a transaction of the
// system: for a history that is made up or brought in from elsewhere.
func SettleHistoryTx(ctx context.Context, tx pgx.Tx, ws access.WorkspaceID, before, now time.Time) error {
	_, err := tx.Exec(ctx, `update notifications set mail_at = null, read_at = case when created_at < $2 then $3::timestamptz end
		where workspace_id = $1 and read_at is null`, ws, before, now)
	return err
}
