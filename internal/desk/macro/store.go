package macro

import (
	"context"

	"github.com/jackc/pgx/v5"

	"caseward/internal/desk/access"
	"caseward/internal/desk/cases"
	"caseward/internal/platform/db"
	"caseward/internal/platform/errs"
)

const columns = `id, owner_id, name, body, set_status, assign, assignee_id, set_priority, queue_id, add_tags, version, created_at`

// List returns the macros that the actor sees: their own first, then the shared ones, each in their order.
//
// Needs WorkCases. Errors: Forbidden.
func (s *Service) List(ctx context.Context, actor access.Actor) (list []Macro, err error) {
	if err := actor.Require(access.WorkCases); err != nil {
		return nil, err
	}
	err = s.db.ReadWorkspace(ctx, int64(actor.Workspace), func(tx pgx.Tx) error {
		rows, _ := tx.Query(ctx, `select `+columns+` from macros where workspace_id = $1 and (owner_id = $2 or owner_id is null)
			order by owner_id is null, place, id`, actor.Workspace, actor.Member)
		list, err = pgx.CollectRows(rows, pgx.RowToStructByName[Macro])
		return err
	})
	return list, err
}

// Get returns a macro that the actor sees; another member's own is not there.
//
// Needs WorkCases. Errors: Forbidden, NotFound.
func (s *Service) Get(ctx context.Context, actor access.Actor, id ID) (m Macro, err error) {
	if err := actor.Require(access.WorkCases); err != nil {
		return Macro{}, err
	}
	err = s.db.ReadWorkspace(ctx, int64(actor.Workspace), func(tx pgx.Tx) error {
		rows, _ := tx.Query(ctx, `select `+columns+` from macros where workspace_id = $1 and id = $2 and (owner_id = $3 or owner_id is null)`,
			actor.Workspace, id, actor.Member)
		m, err = pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[Macro])
		return err
	})
	return m, err
}

// owner is the owner_id of a list of macros.
func owner(actor access.Actor, shared bool) *access.MemberID {
	if shared {
		return nil
	}
	return &actor.Member
}

// lockTx lets one change of a list's order or length happen at a time: of the shared macros, or of a member's own.
func lockTx(ctx context.Context, tx pgx.Tx, actor access.Actor, shared bool) error {
	query, args := `select id from members where workspace_id = $1 and id = $2 for no key update`, []any{actor.Workspace, actor.Member}
	if shared {
		query, args = `select id from workspaces where id = $1 for no key update`, args[:1]
	}
	var id int64
	return tx.QueryRow(ctx, query, args...).Scan(&id)
}

// roomTx locks a list and returns the place at its end. Errors: Conflict when the list is full.
func roomTx(ctx context.Context, tx pgx.Tx, actor access.Actor, shared bool) (place int, err error) {
	if err := lockTx(ctx, tx, actor, shared); err != nil {
		return 0, err
	}
	most := MostOwn
	if shared {
		most = MostShared
	}
	var count int
	err = tx.QueryRow(ctx, `select count(*), coalesce(max(place), 0) + 1 from macros
		where workspace_id = $1 and owner_id is not distinct from $2`, actor.Workspace, owner(actor, shared)).Scan(&count, &place)
	if err == nil && count >= most {
		err = errs.Newf(errs.Conflict, "There are %d macros in this list already, which is as many as there can be. Delete one first.", most)
	}
	return place, err
}

// requireTargetsTx refuses a queue and a person that cannot have cases.
func requireTargetsTx(ctx context.Context, tx pgx.Tx, actor access.Actor, c Content) error {
	if c.QueueID != nil {
		if err := cases.RequireQueueTx(ctx, tx, actor.Workspace, *c.QueueID); err != nil {
			return err
		}
	}
	if c.AssigneeID == nil {
		return nil
	}
	_, err := cases.AssignableTx(ctx, tx, actor.Workspace, *c.AssigneeID)
	return err
}

func nameTaken(err error) error {
	if db.Constraint(err) == "macros_name" {
		return errs.Field("name", "There is a macro of this name already.")
	}
	return err
}
