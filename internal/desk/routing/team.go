package routing

import (
	"context"
	"slices"

	"github.com/jackc/pgx/v5"

	"caseward/internal/desk/access"
	"caseward/internal/desk/audit"
	"caseward/internal/desk/workspace"
	"caseward/internal/platform/errs"
)

// Team is who works a queue, and how.
type Team struct {
	Members  []access.MemberID // in order; none: everybody who may work cases
	DealsOut bool              // by turns, to those who are there and have room
}

// Team returns who works a queue.
//
// Needs ManageWorkspace. Errors: Forbidden, NotFound.
func (s *Service) Team(ctx context.Context, actor access.Actor, q workspace.QueueID) (t Team, err error) {
	if err := actor.Require(access.ManageWorkspace); err != nil {
		return Team{}, err
	}
	err = s.db.ReadWorkspace(ctx, int64(actor.Workspace), func(tx pgx.Tx) error {
		t, err = teamTx(ctx, tx, actor.Workspace, q, "")
		return err
	})
	return t, err
}

func teamTx(ctx context.Context, tx pgx.Tx, ws access.WorkspaceID, q workspace.QueueID, lock string) (t Team, err error) {
	if err := tx.QueryRow(ctx, `select deals_out from queues where workspace_id = $1 and id = $2 `+lock, ws, q).Scan(&t.DealsOut); err != nil {
		return Team{}, err
	}
	rows, err := tx.Query(ctx, `select member_id from queue_members where workspace_id = $1 and queue_id = $2 order by member_id`, ws, q)
	if err != nil {
		return Team{}, err
	}
	t.Members, err = pgx.CollectRows(rows, pgx.RowTo[access.MemberID])
	return t, err
}

// SetTeam says who works a queue, and whether it deals its cases out. What somebody has already stays theirs. Only what differs
// from the team as it was shown is changed, so that two who change it at once do not undo each other's work.
//
// Needs ManageWorkspace. Errors: Invalid, Forbidden, NotFound.
func (s *Service) SetTeam(ctx context.Context, actor access.Actor, q workspace.QueueID, shown, t Team) error {
	on := audit.Object{Kind: "queue", ID: int64(q)}
	if err := s.guard.Require(ctx, actor, access.ManageWorkspace, on); err != nil {
		return err
	}
	return s.db.InWorkspace(ctx, int64(actor.Workspace), func(tx pgx.Tx) error {
		was, err := teamTx(ctx, tx, actor.Workspace, q, "for no key update")
		if err != nil {
			return err
		}
		t := was.with(shown, t)
		if was.DealsOut == t.DealsOut && slices.Equal(was.Members, t.Members) {
			return nil
		}
		if err := saveTeamTx(ctx, tx, actor.Workspace, q, t); err != nil {
			return err
		}
		return audit.RecordTx(ctx, tx, audit.Entry{Actor: actor, Action: "queue.team.changed", Object: on, At: s.now(),
			Details: map[string]any{"members": t.Members, "deals_out": t.DealsOut}})
	})
}

// with is the team with the changes that lead from one to another.
func (t Team) with(from, to Team) Team {
	if from.DealsOut != to.DealsOut {
		t.DealsOut = to.DealsOut
	}
	list := slices.Clone(t.Members)
	for _, m := range to.Members {
		if !slices.Contains(from.Members, m) {
			list = append(list, m)
		}
	}
	list = slices.DeleteFunc(list, func(m access.MemberID) bool {
		return slices.Contains(from.Members, m) && !slices.Contains(to.Members, m)
	})
	slices.Sort(list)
	t.Members = slices.Compact(list)
	return t
}

func saveTeamTx(ctx context.Context, tx pgx.Tx, ws access.WorkspaceID, q workspace.QueueID, t Team) error {
	var may int
	err := tx.QueryRow(ctx, `select count(*) from members where workspace_id = $1 and id = any ($2) and deactivated_at is null and role <> 'viewer'`,
		ws, t.Members).Scan(&may)
	if err != nil {
		return err
	}
	if may != len(t.Members) {
		return errs.Field("members", "One of them no longer works cases. Look at the list again.")
	}
	batch := &pgx.Batch{}
	batch.Queue(`delete from queue_members where workspace_id = $1 and queue_id = $2 and member_id <> all ($3)`, ws, q, t.Members)
	batch.Queue(`insert into queue_members (workspace_id, queue_id, member_id) select $1, $2, unnest($3::bigint[]) on conflict do nothing`, ws, q, t.Members)
	batch.Queue(`update queues set deals_out = $3 where workspace_id = $1 and id = $2`, ws, q, t.DealsOut)
	return tx.SendBatch(ctx, batch).Close()
}
