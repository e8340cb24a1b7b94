package notify

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"caseward/internal/desk/access"
)

// Open marks one of the actor's notifications as read and returns the number of the case that it leads to; 0 where it is
// about many cases.
//
// Needs ReadCases. Errors: Forbidden; NotFound when it is not the actor's.
func (s *Service) Open(ctx context.Context, actor access.Actor, id int64) (number int64, err error) {
	if err := actor.Require(access.ReadCases); err != nil {
		return 0, err
	}
	err = s.db.InWorkspace(ctx, int64(actor.Workspace), func(tx pgx.Tx) error {
		return tx.QueryRow(ctx, `with opened as (update notifications set read_at = coalesce(read_at, $4), mail_at = null
				where workspace_id = $1 and id = $2 and member_id = $3 and in_app returning case_id, request_id)
			select coalesce((select number from cases where workspace_id = $1 and id = case_id),
				(select case_number from erasure_requests where workspace_id = $1 and id = request_id), 0) from opened`,
			actor.Workspace, id, actor.Member, s.now()).Scan(&number)
	})
	if err == nil {
		s.seen(actor)
	}
	return number, err
}

// Seen marks what the actor was told of a case up to a time as read, because they look at the case as it was then.
// Where nothing is unread it asks nobody but the memory.
//
// Needs ReadCases. Errors: Forbidden.
func (s *Service) Seen(ctx context.Context, actor access.Actor, caseID int64, at time.Time) error {
	unread, err := s.Unread(ctx, actor)
	if err != nil || unread == 0 {
		return err
	}
	return s.markRead(ctx, actor, at, `and case_id = $5`, caseID)
}

// ReadAll marks as read what the actor was told up to a time: that of the newest on the page they looked at, so that
// what came meanwhile stays unread.
//
// Needs ReadCases. Errors: Forbidden.
func (s *Service) ReadAll(ctx context.Context, actor access.Actor, until time.Time) error {
	if err := actor.Require(access.ReadCases); err != nil {
		return err
	}
	return s.markRead(ctx, actor, until, "")
}

// markRead leaves what is wanted by mail only: that nobody has seen.
func (s *Service) markRead(ctx context.Context, actor access.Actor, until time.Time, which string, args ...any) error {
	marked := int64(0)
	err := s.db.InWorkspace(ctx, int64(actor.Workspace), func(tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, `update notifications set read_at = $3, mail_at = null
			where workspace_id = $1 and member_id = $2 and read_at is null and in_app and created_at <= $4 `+which,
			append([]any{actor.Workspace, actor.Member, s.now(), until}, args...)...)
		marked = tag.RowsAffected()
		return err
	})
	if err == nil && marked > 0 {
		s.seen(actor)
	}
	return err
}
