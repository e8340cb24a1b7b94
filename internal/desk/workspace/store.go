package workspace

import (
	"context"

	"github.com/jackc/pgx/v5"

	"caseward/internal/desk/access"
)

const columns = `id, slug, name, plan, time_zone, retention_days, is_demo`

func byID(ctx context.Context, tx pgx.Tx, id access.WorkspaceID) (Workspace, error) {
	rows, _ := tx.Query(ctx, `select `+columns+` from workspaces where id = $1`, id)
	return pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[Workspace])
}

func bySlug(ctx context.Context, tx pgx.Tx, slug string) (Workspace, error) {
	rows, _ := tx.Query(ctx, `select `+columns+` from workspaces where slug = $1`, slug)
	return pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[Workspace])
}

// lock keeps other changes of the workspace's settings out; it lets inserts that refer to the workspace pass.
func lock(ctx context.Context, tx pgx.Tx, id access.WorkspaceID) (Workspace, error) {
	rows, _ := tx.Query(ctx, `select `+columns+` from workspaces where id = $1 for no key update`, id)
	return pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[Workspace])
}

func save(ctx context.Context, tx pgx.Tx, w Workspace) error {
	_, err := tx.Exec(ctx, `update workspaces set name = $2, time_zone = $3, retention_days = $4 where id = $1`,
		w.ID, w.Name, w.TimeZone, w.RetentionDays)
	return err
}
