package followup

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"caseward/internal/desk/access"
	"caseward/internal/desk/cases"
	"caseward/internal/desk/notify"
)

// Sweep is the job that tells of follow-ups that are due, as in `caseward run NAME`.
const Sweep = "followups"

const remindBatch = 200

// Remind tells the assignees of follow-ups that have become due, each once.
func (s *Service) Remind(ctx context.Context) (summary string, err error) {
	total := 0
	for {
		due, err := s.remindOnce(ctx)
		if total += len(due); err != nil || len(due) == 0 {
			return fmt.Sprintf("told of %d follow-ups", total), err
		}
	}
}

type reminder struct {
	WorkspaceID access.WorkspaceID
	CaseID      cases.ID
	Number      cases.Number
	AssigneeID  access.MemberID
}

// remindOnce marks and tells in one transaction. Rows of a deleted case are passed over: the join leaves them out, and
// the database would refuse the mark.
func (s *Service) remindOnce(ctx context.Context) (due []reminder, err error) {
	err = s.db.AsSystem(ctx, "follow-up reminders", func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, `with due as (
				select f.workspace_id, f.id from followups f
				join live_cases c on c.workspace_id = f.workspace_id and c.id = f.case_id
				where f.done_at is null and f.reminded_at is null and f.due_at <= $1
				order by f.due_at limit $2 for update of f skip locked)
			update followups f set reminded_at = $1 from due, cases c
			where f.workspace_id = due.workspace_id and f.id = due.id and c.workspace_id = f.workspace_id and c.id = f.case_id
			returning f.workspace_id, f.case_id, c.number, f.assignee_id`, s.now(), remindBatch)
		if err != nil {
			return err
		}
		if due, err = pgx.CollectRows(rows, pgx.RowToStructByName[reminder]); err != nil {
			return err
		}
		for _, r := range due {
			err := notify.AddTx(ctx, tx, r.WorkspaceID, notify.Event{
				Kind: notify.FollowUpDue, Case: int64(r.CaseID), To: []access.MemberID{r.AssigneeID}, Actor: access.JobActor(r.WorkspaceID, Sweep), At: s.now(),
			})
			if err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	for _, r := range due {
		s.cases.Changed(r.WorkspaceID, r.Number)
	}
	return due, nil
}
