package workspace

import (
	"context"

	"github.com/jackc/pgx/v5"

	"caseward/internal/desk/access"
)

// TagID names a tag.
type TagID int64

// Tag is a label for cases.
type Tag struct {
	ID   TagID
	Name string
}

// Tags lists the tags in use, in order of name. Permission: read cases. Errors: Forbidden.
func (s *Service) Tags(ctx context.Context, actor access.Actor) ([]Tag, error) {
	if err := s.guard.Require(ctx, actor, access.ReadCases, object(actor)); err != nil {
		return nil, err
	}
	var list []Tag
	err := s.db.ReadWorkspace(ctx, int64(actor.Workspace), func(tx pgx.Tx) (err error) {
		rows, _ := tx.Query(ctx, `select id, name from tags where workspace_id = $1 and archived_at is null
			order by lower(name)`, actor.Workspace)
		list, err = pgx.CollectRows(rows, pgx.RowToStructByName[Tag])
		return err
	})
	return list, err
}
