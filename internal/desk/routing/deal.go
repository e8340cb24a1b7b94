package routing

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"caseward/internal/desk/access"
	"caseward/internal/desk/cases"
	"caseward/internal/desk/workspace"
)

// Sweep is the job that deals out what waits, and takes back what nobody works on.
const Sweep = "routing"

// dealBatch is how many cases are dealt, or taken back, in one transaction.
const dealBatch = 50

// Run is the body of the job. Killed at any point it leaves whole batches done.
func (s *Service) Run(ctx context.Context) (summary string, err error) {
	back, failed := s.each(ctx, leftSQL, s.takeBackTx)
	dealt, err := s.each(ctx, dealingSQL, s.dealTx)
	return fmt.Sprintf("took back %d cases, dealt out %d", back, dealt), errors.Join(failed, err)
}

// place is a queue with something to deal out, or a member with something to give back.
type place struct {
	WorkspaceID access.WorkspaceID
	ID          int64
}

const (
	dealingSQL = `select q.workspace_id, q.id from queues q where q.deals_out and exists (select from live_cases c
		where c.workspace_id = q.workspace_id and c.queue_id = q.id and c.status = 'open' and c.assignee_id is null) order by q.workspace_id, q.id`
	leftSQL = `select m.workspace_id, m.id from members m where (m.deactivated_at is not null or m.role = 'viewer') and exists (select from live_cases c
		where c.workspace_id = m.workspace_id and c.assignee_id = m.id and c.status <> 'closed') order by m.workspace_id, m.id`
)

// each does batches of work on each place until none is left, and returns how many cases they changed. One place that fails
// keeps no other back.
func (s *Service) each(ctx context.Context, sql string, work func(context.Context, pgx.Tx, place) (int, error)) (total int, err error) {
	var places []place
	err = s.db.AsSystem(ctx, "routing", func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, sql)
		if err != nil {
			return err
		}
		places, err = pgx.CollectRows(rows, pgx.RowToStructByName[place])
		return err
	})
	for _, p := range places {
		for ctx.Err() == nil {
			n := 0
			failed := s.db.InWorkspace(ctx, int64(p.WorkspaceID), func(tx pgx.Tx) (err error) {
				n, err = work(ctx, tx, p)
				return err
			})
			if failed != nil {
				err = errors.Join(err, fmt.Errorf("workspace %d, queue or member %d: %w", p.WorkspaceID, p.ID, failed))
				break
			}
			if n == 0 {
				break
			}
			total += n
			s.cases.Changed(p.WorkspaceID, 0)
		}
	}
	return total, errors.Join(err, ctx.Err())
}

// takeBackTx returns cases of a member who works no more to their queues.
func (s *Service) takeBackTx(ctx context.Context, tx pgx.Tx, p place) (int, error) {
	held, err := cases.HeldTx(ctx, tx, p.WorkspaceID, access.MemberID(p.ID), dealBatch)
	if err != nil {
		return 0, err
	}
	nobody := access.MemberID(0)
	for i := range held {
		if err := s.cases.UpdateTx(ctx, tx, access.JobActor(p.WorkspaceID, Sweep), &held[i], cases.UpdateInput{Assignee: &nobody}); err != nil {
			return 0, err
		}
	}
	return len(held), nil
}

// dealTx gives waiting cases of a queue to those whose turn it is. Whoever deals in a workspace holds the attendance of the
// team, so that nobody is given more than they have room for by two at once.
func (s *Service) dealTx(ctx context.Context, tx pgx.Tx, p place) (int, error) {
	now := s.now()
	team, err := lockTeamTx(ctx, tx, p, now)
	if err != nil || len(team) == 0 {
		return 0, err
	}
	ready, err := cases.ReadyTx(ctx, tx, p.WorkspaceID, team, now)
	if err != nil || len(ready) == 0 {
		return 0, err
	}
	waiting, err := cases.WaitingTx(ctx, tx, p.WorkspaceID, []int64{p.ID}, now, min(dealBatch, room(ready)))
	if err != nil {
		return 0, err
	}
	turns := turns(ready, len(waiting))
	for i, m := range turns {
		if err := s.cases.UpdateTx(ctx, tx, access.JobActor(p.WorkspaceID, Sweep), &waiting[i], cases.UpdateInput{Assignee: &m}); err != nil {
			return 0, err
		}
	}
	return len(turns), saveTurnsTx(ctx, tx, p.WorkspaceID, turns, now)
}

// lockTeamTx holds the attendance of those of a queue's team who are there; nobody where the queue does not deal out any more.
func lockTeamTx(ctx context.Context, tx pgx.Tx, p place, now time.Time) ([]access.MemberID, error) {
	t, err := teamTx(ctx, tx, p.WorkspaceID, workspace.QueueID(p.ID), "for key share")
	if err != nil || !t.DealsOut {
		return nil, err
	}
	rows, err := tx.Query(ctx, `select member_id from attendance where workspace_id = $1 and seen_at > $2 and (cardinality($3::bigint[]) = 0 or member_id = any ($3))
		order by member_id for update`, p.WorkspaceID, now.Add(-cases.OnlineFor), t.Members)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[access.MemberID])
}

func room(ready []cases.Ready) (n int) {
	for _, r := range ready {
		n += r.Room
	}
	return n
}

// turns says who gets the first, the second … of n cases: one each in turn, beginning with whose last was longest ago, for as
// long as there is room.
func turns(ready []cases.Ready, n int) (list []access.MemberID) {
	row := slices.Clone(ready) // in order of their turn
	for len(list) < n && len(row) > 0 {
		next := row[0]
		row = row[1:]
		list = append(list, next.ID)
		if next.Room--; next.Room > 0 {
			row = append(row, next)
		}
	}
	return list
}

// saveTurnsTx remembers whose last turn was when, in their order.
func saveTurnsTx(ctx context.Context, tx pgx.Tx, ws access.WorkspaceID, turns []access.MemberID, now time.Time) error {
	_, err := tx.Exec(ctx, `update attendance a
		set dealt_at = (select greatest(max(dealt_at), $3) from attendance where workspace_id = $1) + t.place * interval '1 microsecond'
		from (select member_id, max(place) as place from unnest($2::bigint[]) with ordinality u (member_id, place) group by member_id) t
		where a.workspace_id = $1 and a.member_id = t.member_id`, ws, turns, now)
	return err
}
