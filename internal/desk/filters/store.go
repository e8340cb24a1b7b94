package filters

import (
	"context"

	"github.com/jackc/pgx/v5"

	"caseward/internal/desk/access"
	"caseward/internal/platform/db"
	"caseward/internal/platform/errs"
)

const columns = `id, owner_id, name, query, version, created_at`

// listTx reads what a member sees: their own filters first, each list in its order.
func listTx(ctx context.Context, tx pgx.Tx, actor access.Actor) ([]Filter, error) {
	rows, err := tx.Query(ctx, `select `+columns+` from saved_filters where workspace_id = $1 and (owner_id = $2 or owner_id is null)
		order by owner_id is null, place, id`, actor.Workspace, actor.Member)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByName[Filter])
}

// getTx reads a filter that the member sees; another member's own is not there.
func getTx(ctx context.Context, tx pgx.Tx, actor access.Actor, id ID) (Filter, error) {
	rows, err := tx.Query(ctx, `select `+columns+` from saved_filters where workspace_id = $1 and id = $2 and (owner_id = $3 or owner_id is null)`,
		actor.Workspace, id, actor.Member)
	if err != nil {
		return Filter{}, err
	}
	return pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[Filter])
}

// owner is the owner_id of a list of filters.
func owner(actor access.Actor, shared bool) *access.MemberID {
	if shared {
		return nil
	}
	return &actor.Member
}

// lockTx lets one change of a list's order or length happen at a time: of the shared filters, or of a member's own.
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
	var count int
	err = tx.QueryRow(ctx, `select count(*), coalesce(max(place), 0) + 1 from saved_filters
		where workspace_id = $1 and owner_id is not distinct from $2`, actor.Workspace, owner(actor, shared)).Scan(&count, &place)
	switch {
	case err != nil:
		return 0, err
	case shared && count >= MostShared:
		return 0, errs.Newf(errs.Conflict, "There are %d shared filters already, which is as many as there can be. Delete one first.", MostShared)
	case !shared && count >= MostOwn:
		return 0, errs.Newf(errs.Conflict, "You have %d filters already, which is as many as there can be. Delete one first.", MostOwn)
	}
	return place, nil
}

func nameTaken(err error) error {
	if db.Constraint(err) == "saved_filters_name" {
		return errs.Field("name", "There is a filter of this name already.")
	}
	return err
}
