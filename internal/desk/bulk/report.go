package bulk

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"caseward/internal/desk/access"
	"caseward/internal/desk/cases"
	"caseward/internal/desk/hold"
)

// visibleTo: one's own, or all for who manages the workspace.
func (a Action) visibleTo(actor access.Actor) bool {
	return actor.Can(access.WorkCases) && (a.MemberID == actor.Member || actor.Can(access.ManageWorkspace))
}

// Get returns a bulk action.
//
// Needs that it is the actor's own or the actor manages the workspace. Errors: NotFound.
func (s *Service) Get(ctx context.Context, actor access.Actor, id ID) (a Action, err error) {
	err = s.db.ReadWorkspace(ctx, int64(actor.Workspace), func(tx pgx.Tx) error {
		found, err := firstTx(ctx, tx, `where b.workspace_id = $1 and b.id = $2`, actor.Workspace, id)
		if err == nil && (found == nil || !found.visibleTo(actor)) {
			err = notHere(id)
		}
		if err != nil {
			return err
		}
		a = *found
		if a.Ended() && a.Change.Do == cases.EraseMany && a.Refused > 0 {
			return tx.QueryRow(ctx, fmt.Sprintf(`select count(*) from (select from bulk_items where workspace_id = $1 and bulk_id = $2 and reason = $3 limit %d) i`, mostLooked),
				actor.Workspace, id, hold.StaysReason).Scan(&a.Held)
		}
		if a.State != Done || a.Change.Do != cases.DeleteMany {
			return nil
		}
		a.Deletion, err = deletionTx(ctx, tx, a)
		return err
	})
	return a, err
}

// mostLooked bounds how many cases of an action are looked at for one that is still deleted by it.
const mostLooked = 10000

// deletionTx looks for one case that is still as the action left it. All have the same countdown, and none began before
// the action did.
func deletionTx(ctx context.Context, tx pgx.Tx, a Action) (d Deletion, err error) {
	var looked int
	if err := tx.QueryRow(ctx, fmt.Sprintf(`select count(*) from (select from bulk_items where workspace_id = $1 and bulk_id = $2 limit %d) i`, mostLooked),
		a.WorkspaceID, a.ID).Scan(&looked); err != nil {
		return d, err
	}
	err = tx.QueryRow(ctx, fmt.Sprintf(`select c.purge_at - (c.deleted_at - $3::timestamptz) from (select case_id from bulk_items
			where workspace_id = $1 and bulk_id = $2 order by case_id limit %d) i
		join cases c on c.workspace_id = $1 and c.id = i.case_id
		where c.deleted_at is not null and c.deleted_bulk_id = $2 order by c.purge_at limit 1`, mostLooked), a.WorkspaceID, a.ID, a.CreatedAt).Scan(&d.Until)
	if errors.Is(err, pgx.ErrNoRows) {
		return Deletion{Over: looked < mostLooked}, nil
	}
	return d, err
}

// recent is how many actions are listed.
const recent = 50

// Recent lists the newest of the actor's own bulk actions, or of everybody's for who manages the workspace.
//
// Needs WorkCases. Errors: Forbidden.
func (s *Service) Recent(ctx context.Context, actor access.Actor) (list []Action, err error) {
	if err := actor.Require(access.WorkCases); err != nil {
		return nil, err
	}
	whose := "and b.member_id = $2"
	if actor.Can(access.ManageWorkspace) {
		whose = "and $2 > 0"
	}
	err = s.db.ReadWorkspace(ctx, int64(actor.Workspace), func(tx pgx.Tx) error {
		list, err = listTx(ctx, tx, fmt.Sprintf(`where b.workspace_id = $1 %s order by b.id desc limit %d`, whose, recent), actor.Workspace, actor.Member)
		return err
	})
	return list, err
}

// Told is a case that was refused or kept, and why; or one that changed with something to tell.
type Told struct {
	ID     cases.ID
	Number cases.Number
	State  cases.ManyState
	Reason string
}

// ToldInput asks for the cases after one; 0 is the first page.
type ToldInput struct {
	After cases.ID
	Size  int
}

// Told lists the cases of an action that were refused, or kept by its undo, with the reason, and those that did not come
// back whole, in the order they were done.
//
// Needs what Get needs. Errors: NotFound.
func (s *Service) Told(ctx context.Context, actor access.Actor, id ID, in ToldInput) (list []Told, err error) {
	if _, err := s.Get(ctx, actor, id); err != nil {
		return nil, err
	}
	err = s.db.ReadWorkspace(ctx, int64(actor.Workspace), func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, fmt.Sprintf(`select i.case_id as id, c.number, i.state, i.reason from bulk_items i
			join cases c on c.workspace_id = i.workspace_id and c.id = i.case_id
			where i.workspace_id = $1 and i.bulk_id = $2 and i.case_id > $3 and i.reason <> ''
			order by i.case_id limit %d`, in.Size), actor.Workspace, id, in.After)
		if err != nil {
			return err
		}
		list, err = pgx.CollectRows(rows, pgx.RowToStructByName[Told])
		return err
	})
	return list, err
}
