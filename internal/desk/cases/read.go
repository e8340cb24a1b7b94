package cases

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"caseward/internal/desk/access"
	"caseward/internal/platform/errs"
)

// wroteSince reports whether the contact wrote after a time; nil is before everything.
func wroteSince(lastInbound, at *time.Time) bool {
	return lastInbound != nil && (at == nil || lastInbound.After(*at))
}

// MarkRead notes that the actor has seen the case as d shows it; what the contact wrote meanwhile stays unread. It writes
// nothing where there was nothing new.
//
// Needs ReadCases. Errors: Forbidden.
func (s *Service) MarkRead(ctx context.Context, actor access.Actor, d Details) error {
	if err := actor.Require(access.ReadCases); err != nil {
		return err
	}
	if d.DeletedAt != nil || !wroteSince(d.LastInboundAt, d.SeenInboundAt) {
		return nil
	}
	err := s.db.InWorkspace(ctx, int64(actor.Workspace), func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `insert into case_reads as r (workspace_id, case_id, member_id, seen_inbound_at) values ($1, $2, $3, $4)
			on conflict (workspace_id, case_id, member_id) do update set seen_inbound_at = excluded.seen_inbound_at
			where r.seen_inbound_at < excluded.seen_inbound_at`, actor.Workspace, d.ID, actor.Member, d.LastInboundAt)
		return err
	})
	if errs.Is(err, errs.Conflict) {
		return nil // the case was permanently deleted this moment
	}
	return err
}

func queueSeen(batch *pgx.Batch, c Case, actor access.Actor, into **time.Time) {
	batch.Queue(`select seen_inbound_at from case_reads where workspace_id = $1 and case_id = $2 and member_id = $3`,
		c.WorkspaceID, c.ID, actor.Member,
	).Query(func(rows pgx.Rows) error {
		seen, err := pgx.CollectRows(rows, pgx.RowTo[time.Time])
		if len(seen) > 0 {
			*into = &seen[0]
		}
		return err
	})
}
