package workspace

import (
	"context"

	"github.com/jackc/pgx/v5"

	"caseward/internal/desk/access"
)

// Ref names a workspace.
type Ref struct {
	ID   access.WorkspaceID
	Slug string
}

// All lists every workspace of the installation, for the command line. Permission: none.
func (s *Service) All(ctx context.Context) (list []Ref, err error) {
	err = s.db.AsSystem(ctx, "list workspaces", func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, `select id, slug from workspaces order by id`)
		if err != nil {
			return err
		}
		list, err = pgx.CollectRows(rows, pgx.RowToStructByName[Ref])
		return err
	})
	return list, err
}
