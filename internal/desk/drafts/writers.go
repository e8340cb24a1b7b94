package drafts

import (
	"context"

	"github.com/jackc/pgx/v5"

	"caseward/internal/desk/access"
	"caseward/internal/desk/cases"
)

// Writer is a member who has begun to write on a case.
type Writer struct {
	Member access.MemberID
	Name   string
}

// Writers returns the other active members who have drafts on a case that is not deleted, in the order of their names, up to
// 20, and nothing of what they have written: whoever is about to delete the case should know of them.
//
// Needs DeleteCases. Errors: Forbidden.
func (s *Service) Writers(ctx context.Context, actor access.Actor, n cases.Number) (list []Writer, err error) {
	if err := actor.Require(access.DeleteCases); err != nil {
		return nil, err
	}
	err = s.db.ReadWorkspace(ctx, int64(actor.Workspace), func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, `select m.id as member, u.name from cases c
			join members m on m.workspace_id = c.workspace_id and m.id <> $3 and m.deactivated_at is null
			join users u on u.id = m.user_id
			where c.workspace_id = $1 and c.number = $2 and c.deleted_at is null and c.merged_into_id is null
				and m.id in (select member_id from drafts d where d.workspace_id = c.workspace_id and d.case_id = c.id)
			order by lower(u.name), m.id limit 20`, actor.Workspace, n, actor.Member)
		if err != nil {
			return err
		}
		list, err = pgx.CollectRows(rows, pgx.RowToStructByName[Writer])
		return err
	})
	return list, err
}
