// Package audit keeps the trail: who did what, on what, when and from where. Entries name ids, counts and
// fields, never personal values, so that the trail survives erasure. Each workspace's entries are a hash chain.
package audit

import (
	"context"
	"encoding/json"
	"net/netip"
	"time"

	"github.com/jackc/pgx/v5"

	"caseward/internal/desk/access"
	"caseward/internal/platform/clock"
	"caseward/internal/platform/db"
)

// Object is what an entry is about.
type Object struct {
	Kind string // "case", "contact", "member", "workspace", "queue", "filter", "macro", "field", "tag", "erasure request", "mail", "deleted cases", "audit trail"
	ID   int64  // a case's number, otherwise the row's id
}

// Case is the object of a case, by its number.
func Case(number int64) Object { return Object{"case", number} }

// Entry is one line of the trail.
type Entry struct {
	Actor   access.Actor
	Action  string // dotted, past tense: "case.deleted", "case.refused"
	Object  Object
	Details map[string]any // ids, counts, field names
	At      time.Time
}

// RecordTx writes entries in the caller's transaction, into the trail of the actor's workspace: staff and sweeping
// jobs set Actor.Workspace first.
func RecordTx(ctx context.Context, tx pgx.Tx, entries ...Entry) error {
	batch := &pgx.Batch{}
	if err := Queue(batch, entries...); err != nil {
		return err
	}
	return tx.SendBatch(ctx, batch).Close()
}

// Queue adds entries to a batch of the caller, under the rules of RecordTx.
func Queue(batch *pgx.Batch, entries ...Entry) error {
	for _, e := range entries {
		details, err := json.Marshal(orEmpty(e.Details))
		if err != nil {
			return err
		}
		batch.Queue(`insert into audit_entries
			(workspace_id, at, actor_kind, actor_id, actor_job, action, object_kind, object_id, details, address)
			values ($1, $2, $3, nullif($4::bigint, 0), $5, $6, $7, nullif($8::bigint, 0), $9, $10)`,
			e.Actor.Workspace, e.At, e.Actor.Kind, e.Actor.ID(), e.Actor.JobName, e.Action, e.Object.Kind, e.Object.ID,
			details, addressOf(e.Actor))
	}
	return nil
}

// RecordManyTx is RecordTx for many entries of one actor at one moment, in one statement.
func RecordManyTx(ctx context.Context, tx pgx.Tx, entries []Entry) error {
	if len(entries) == 0 {
		return nil
	}
	actions, kinds := make([]string, len(entries)), make([]string, len(entries))
	ids, details := make([]int64, len(entries)), make([]string, len(entries))
	for i, e := range entries {
		encoded, err := json.Marshal(orEmpty(e.Details))
		if err != nil {
			return err
		}
		actions[i], kinds[i], ids[i], details[i] = e.Action, e.Object.Kind, e.Object.ID, string(encoded)
	}
	first := entries[0]
	_, err := tx.Exec(ctx, `insert into audit_entries
		(workspace_id, at, actor_kind, actor_id, actor_job, action, object_kind, object_id, details, address)
		select $1, $2, $3, nullif($4::bigint, 0), $5, u.action, u.kind, nullif(u.id, 0), u.details::jsonb, $6
		from unnest($7::text[], $8::text[], $9::bigint[], $10::text[]) as u(action, kind, id, details)`,
		first.Actor.Workspace, first.At, first.Actor.Kind, first.Actor.ID(), first.Actor.JobName, addressOf(first.Actor),
		actions, kinds, ids, details)
	return err
}

func orEmpty(m map[string]any) map[string]any {
	if m == nil {
		return map[string]any{}
	}
	return m
}

// addressOf is where the actor's request came from; nil where that is unknown, and for customers: a trail that cannot be
// changed must hold nothing that has to be forgotten with them.
func addressOf(a access.Actor) *netip.Addr {
	if !a.Address.IsValid() || a.Kind == access.Contact {
		return nil
	}
	return &a.Address
}

// Guard asks for permissions and leaves an entry when one is refused.
type Guard struct {
	db  *db.DB
	now clock.Clock
}

// NewGuard returns a Guard that writes its refusals to d.
func NewGuard(d *db.DB, now clock.Clock) *Guard { return &Guard{d, now} }

// Require is the first line of every service method: nil, or the Forbidden error of access after the refusal
// was recorded. The refusal has a transaction of its own, since the caller's will not happen; within a snapshot of db
// it is written when that ends. Of refused looks (see Looking) the first one of an hour is written, and the others are counted.
func (g *Guard) Require(ctx context.Context, actor access.Actor, p access.Permission, on Object) error {
	refusal := actor.Require(p)
	if refusal == nil || actor.Workspace == 0 {
		return refusal
	}
	looks := ctx.Value(lookingKey{}) != nil
	err := g.db.AfterSnapshot(ctx, int64(actor.Workspace), func(tx pgx.Tx) error {
		now := g.now()
		if looks {
			if known, err := countLookTx(ctx, tx, actor, p, on, now); known || err != nil {
				return err
			}
		}
		return RecordTx(ctx, tx, Entry{Actor: actor, Action: on.Kind + ".refused", Object: on, At: now, Details: map[string]any{"permission": p}})
	})
	if err != nil {
		return err
	}
	return refusal
}
