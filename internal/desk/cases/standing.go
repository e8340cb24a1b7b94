package cases

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"

	"caseward/internal/desk/access"
)

// Standing says where a case is now and who brought it there, for a page that was opened when it was elsewhere. It
// holds nothing of the case's content.
type Standing struct {
	Visibility       Visibility
	MergedInto       *Number // the case is a redirect to this one
	ErasureRequested bool
	Readable         bool         // by whoever asked
	Last             ActivityKind // the newest of deleted, restored, marked as spam and marked as not spam; "" when it was always live
	LastBy           string       // who did that; "" for jobs
	LastAt           *time.Time
}

// Standing returns where a case is now. Unlike Get it also answers those who may not see deleted cases, since they may
// have it open: that it was deleted, and those who work cases also by whom and when, so that they can ask.
//
// Needs ReadCases. Errors: Forbidden, NotFound, Gone.
func (s *Service) Standing(ctx context.Context, actor access.Actor, n Number) (st Standing, err error) {
	if err := actor.Require(access.ReadCases); err != nil {
		return Standing{}, err
	}
	err = s.db.ReadWorkspace(ctx, int64(actor.Workspace), func(tx pgx.Tx) error {
		st, err = standingTx(ctx, tx, actor, n)
		return err
	})
	return st, err
}

type standingRow struct {
	DeletedAt          *time.Time
	SpamAt             *time.Time
	ErasureRequestedAt *time.Time
	MergedInto         *Number
	Last               ActivityKind
	LastBy             string
	LastAt             *time.Time
}

const standingSQL = `select c.deleted_at, c.spam_at, c.erasure_requested_at, t.number as merged_into,
		coalesce(a.kind, '') as last, coalesce(u.name, k.name, '') as last_by, a.created_at as last_at
	from cases c
	left join cases t on t.workspace_id = c.workspace_id and t.id = c.merged_into_id
	left join lateral (select kind, actor_kind, actor_id, created_at from activities
		where workspace_id = c.workspace_id and case_id = c.id and kind = any ($3) order by id desc limit 1) a on true
	left join members m on a.actor_kind = 'member' and m.workspace_id = c.workspace_id and m.id = a.actor_id
	left join users u on u.id = m.user_id
	left join contacts k on a.actor_kind = 'contact' and k.workspace_id = c.workspace_id and k.id = a.actor_id
	where c.workspace_id = $1 and c.number = $2`

func standingTx(ctx context.Context, tx pgx.Tx, actor access.Actor, n Number) (Standing, error) {
	rows, err := tx.Query(ctx, standingSQL, actor.Workspace, n, []ActivityKind{ActDeleted, ActRestored, ActSpam, ActNotSpam})
	if err != nil {
		return Standing{}, err
	}
	r, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[standingRow])
	if errors.Is(err, pgx.ErrNoRows) {
		return Standing{}, missingTx(ctx, tx, actor.Workspace, n)
	}
	st := Standing{
		Visibility: Case{DeletedAt: r.DeletedAt, SpamAt: r.SpamAt}.Visibility(), MergedInto: r.MergedInto,
		ErasureRequested: r.ErasureRequestedAt != nil, Readable: r.DeletedAt == nil || actor.Can(access.RestoreCases),
	}
	if st.Readable || actor.Can(access.WorkCases) {
		st.Last, st.LastBy, st.LastAt = r.Last, r.LastBy, r.LastAt
	}
	return st, err
}
