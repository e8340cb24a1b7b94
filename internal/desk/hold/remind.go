package hold

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"caseward/internal/desk/access"
	"caseward/internal/desk/notify"
)

// Sweep is the job that tells of holds that are due for review, as in `caseward run NAME`.
const Sweep = "holds"

// remindBatch is how many holds one transaction marks.
const remindBatch = 200

// Remind tells owners and admins of holds whose day of review has come, each hold once. The hold stands on.
func (s *Service) Remind(ctx context.Context) (summary string, err error) {
	total := 0
	for {
		n, err := s.remindOnce(ctx)
		if total += n; err != nil || n == 0 {
			return fmt.Sprintf("told of %d legal holds", total), err
		}
	}
}

func (s *Service) remindOnce(ctx context.Context) (n int, err error) {
	err = s.db.AsSystem(ctx, "legal holds to review", func(tx pgx.Tx) error {
		n = 0
		now := s.now()
		rows, err := tx.Query(ctx, fmt.Sprintf(`with due as (
				select workspace_id, id from legal_holds where released_at is null and reminded_at is null and review_at <= $1
				order by review_at limit %d for update skip locked),
			told as (update legal_holds h set reminded_at = $1 from due where h.workspace_id = due.workspace_id and h.id = due.id returning h.workspace_id)
			select workspace_id, count(*) from told group by workspace_id order by workspace_id`, remindBatch), now)
		if err != nil {
			return err
		}
		found := map[access.WorkspaceID]int{}
		var ws access.WorkspaceID
		var times int
		if _, err := pgx.ForEachRow(rows, []any{&ws, &times}, func() error { found[ws] = times; return nil }); err != nil {
			return err
		}
		for ws, times := range found {
			n += times
			if err := s.tellTx(ctx, tx, ws, times); err != nil {
				return err
			}
		}
		return nil
	})
	return n, err
}

func (s *Service) tellTx(ctx context.Context, tx pgx.Tx, ws access.WorkspaceID, times int) error {
	// Without a number: a notice that nobody has read yet is told once more, and how often it was is counted there.
	const detail = "Legal holds are due for review. Each stands until somebody releases it."
	return notify.AddTx(ctx, tx, ws, notify.Event{Kind: notify.HoldReview, Times: times, Detail: detail,
		Roles: []access.Role{access.Owner, access.Admin}, Actor: access.JobActor(ws, Sweep), At: s.now()})
}
