package audit

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"caseward/internal/desk/access"
)

// looksFor is how long refused looks of one member at one thing are one.
const looksFor = time.Hour

type lookingKey struct{}

// Looking returns a context in which somebody only looks, as a request by GET does: the same look refused again and again is
// written once an hour, with how often, so that a page that is opened every second does not bury the trail. What somebody
// tried to change is always written.
func Looking(ctx context.Context) context.Context { return context.WithValue(ctx, lookingKey{}, true) }

// countLookTx reports whether the same look was refused within the hour, and counts it then.
func countLookTx(ctx context.Context, tx pgx.Tx, actor access.Actor, p access.Permission, on Object, now time.Time) (known bool, err error) {
	var times int
	err = tx.QueryRow(ctx, `insert into refused_looks as l (workspace_id, actor_kind, actor_id, permission, object_kind, object_id, since, last_at, times)
		values ($1, $2, $3, $4, $5, $6, $7, $7, 1)
		on conflict (workspace_id, actor_kind, actor_id, permission, object_kind, object_id) do update set times = l.times + 1, last_at = greatest(l.last_at, excluded.last_at)
		returning times`, actor.Workspace, actor.Kind, actor.ID(), p, on.Kind, on.ID, now).Scan(&times)
	return times > 1, err
}

// refusedLook is a row of refused_looks.
type refusedLook struct {
	WorkspaceID access.WorkspaceID
	ActorKind   access.Kind
	ActorID     int64
	Permission  access.Permission
	ObjectKind  string
	ObjectID    int64
	LastAt      time.Time
	Times       int
}

// LooksSweep is the job that says in the trail how often looks were refused.
const LooksSweep = "refused-looks"

// RecordLooks is the body of the sweep: it ends the hours that are over. The first look of each is in the trail, an entry says how
// many followed.
func (c *Checker) RecordLooks(ctx context.Context) (string, error) {
	ended := 0
	err := c.db.AsSystem(ctx, "audit refused looks", func(tx pgx.Tx) error {
		rows, _ := tx.Query(ctx, fmt.Sprintf(`delete from refused_looks where ctid = any (array (select ctid from refused_looks where since <= $1 order by since limit %d for update skip locked))
			returning workspace_id, actor_kind, actor_id, permission, object_kind, object_id, last_at, times`, sealBatch), c.now().Add(-looksFor))
		list, err := pgx.CollectRows(rows, pgx.RowToStructByName[refusedLook])
		if err != nil {
			return err
		}
		ended = len(list)
		var entries []Entry
		for _, l := range list {
			if l.Times > 1 {
				entries = append(entries, l.entry())
			}
		}
		return RecordTx(ctx, tx, entries...)
	})
	return fmt.Sprintf("%d refused looks are over", ended), err
}

func (l refusedLook) entry() Entry {
	actor := access.Actor{Kind: l.ActorKind, Workspace: l.WorkspaceID, Member: access.MemberID(l.ActorID)}
	if l.ActorKind == access.Contact {
		actor = access.ContactActor(l.WorkspaceID, l.ActorID)
	}
	return Entry{Actor: actor, Action: l.ObjectKind + ".refused", Object: Object{l.ObjectKind, l.ObjectID}, At: l.LastAt,
		Details: map[string]any{"permission": l.Permission, "more": l.Times - 1}}
}
