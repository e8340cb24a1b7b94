package followup

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"caseward/internal/desk/access"
	"caseward/internal/desk/cases"
	"caseward/internal/desk/notify"
)

// Sweep is the job that tells of follow-ups that are due, as in `caseward run NAME`.
const Sweep = "followups"

const remindBatch = 200

// Remind tells the assignees of follow-ups that have become due, each once. Those of somebody who is no longer active it
// passes on first, also where they were told of while that member was.
func (s *Service) Remind(ctx context.Context) (summary string, err error) {
	total := 0
	for _, query := range []string{dueSQL, leftBehindSQL} {
		for {
			due, err := s.remindOnce(ctx, query)
			if total += len(due); err != nil {
				return fmt.Sprintf("told of %d follow-ups", total), err
			}
			if len(due) == 0 {
				break
			}
		}
	}
	return fmt.Sprintf("told of %d follow-ups", total), nil
}

// reminder is a follow-up that was marked as told of.
type reminder struct {
	WorkspaceID access.WorkspaceID
	CaseID      cases.ID
	Number      cases.Number
	ID          ID
	WasID       access.MemberID
	AssigneeID  access.MemberID // somebody active
}

// remindSQL marks follow-ups, of a source and a condition, and gives each to the first active one of its assignee, that of its
// case, whoever made it, and the owners: their lists and counts have it from then on. Rows of a deleted case are passed over:
// the join leaves them out, and the database would refuse the mark.
const remindSQL = `with due as (
		select f.workspace_id, f.id, f.assignee_id as was_id, c.number, who.id as assignee_id
		from %s join live_cases c on c.workspace_id = f.workspace_id and c.id = f.case_id
		cross join lateral (select m.id from members m where m.workspace_id = f.workspace_id and m.deactivated_at is null
				and (m.id in (f.assignee_id, c.assignee_id, f.created_by) or m.role = 'owner')
			order by m.id = f.assignee_id desc, coalesce(m.id = c.assignee_id, false) desc, m.id = f.created_by desc, m.id limit 1) who
		where f.done_at is null and f.due_at <= $1 and %s
		order by f.due_at limit $2 for update of f skip locked)
	update followups f set reminded_at = $1, assignee_id = due.assignee_id from due
	where f.workspace_id = due.workspace_id and f.id = due.id
	returning f.workspace_id, f.case_id, due.number, f.id, due.was_id, f.assignee_id`

var (
	dueSQL        = fmt.Sprintf(remindSQL, `followups f`, `f.reminded_at is null`)
	leftBehindSQL = fmt.Sprintf(remindSQL, `members gone join followups f on f.workspace_id = gone.workspace_id and f.assignee_id = gone.id`,
		`gone.deactivated_at is not null`)
)

// remindOnce marks and tells in one transaction.
func (s *Service) remindOnce(ctx context.Context, query string) (due []reminder, err error) {
	now := s.now()
	err = s.db.AsSystem(ctx, "follow-up reminders", func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, query, now, remindBatch)
		if err != nil {
			return err
		}
		if due, err = pgx.CollectRows(rows, pgx.RowToStructByName[reminder]); err != nil {
			return err
		}
		for _, r := range due {
			if err := r.tellTx(ctx, tx, now); err != nil {
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

func (r reminder) tellTx(ctx context.Context, tx pgx.Tx, now time.Time) error {
	job := access.JobActor(r.WorkspaceID, Sweep)
	if r.AssigneeID != r.WasID {
		c := cases.Case{WorkspaceID: r.WorkspaceID, ID: r.CaseID, Number: r.Number}
		err := cases.NoteTx(ctx, tx, job, c, cases.ActFollowUpPassed, map[string]any{"followup": r.ID, "from": r.WasID, "to": r.AssigneeID}, now)
		if err != nil {
			return err
		}
	}
	return notify.AddTx(ctx, tx, r.WorkspaceID, notify.Event{
		Kind: notify.FollowUpDue, Case: int64(r.CaseID), To: []access.MemberID{r.AssigneeID}, Actor: job, At: now,
	})
}
