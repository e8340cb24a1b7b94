package cases

import (
	"context"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"caseward/internal/desk/access"
	"caseward/internal/platform/errs"
)

const (
	maxTags      = 20
	maxTagLength = 50 // characters
)

// SetTags makes names the tags of a case; a name that is new to the workspace becomes a tag.
//
// Needs WorkCases. Errors: Invalid, Forbidden, NotFound, Gone; Conflict when the case is deleted.
func (s *Service) SetTags(ctx context.Context, actor access.Actor, n Number, names []string) (Case, error) {
	return s.Update(ctx, actor, n, UpdateInput{Tags: &names})
}

// updateTags also brings the case to the queue of the first routing rule for a tag that is new to it, unless a queue is chosen.
func (s *Service) updateTags(ctx context.Context, tx pgx.Tx, actor access.Actor, c *Case, in UpdateInput) error {
	if in.Tags == nil {
		return nil
	}
	names, err := ValidTags(*in.Tags)
	if err != nil {
		return err
	}
	ids, err := tagIDsTx(ctx, tx, actor.Workspace, names, s.now())
	if err != nil {
		return err
	}
	removed, err := tx.Exec(ctx, `delete from case_tags where workspace_id = $1 and case_id = $2 and tag_id <> all ($3)`,
		c.WorkspaceID, c.ID, ids)
	if err != nil {
		return err
	}
	rows, _ := tx.Query(ctx, `insert into case_tags (workspace_id, case_id, tag_id)
		select $1, $2, unnest($3::bigint[]) on conflict do nothing returning tag_id`, c.WorkspaceID, c.ID, ids)
	added, err := pgx.CollectRows(rows, pgx.RowTo[int64])
	if err != nil || len(added) == 0 && removed.RowsAffected() == 0 {
		return err
	}
	if err := s.noteTx(ctx, tx, actor, *c, ActTags, map[string]any{"tags": ids}); err != nil || in.Queue != nil || len(added) == 0 {
		return err
	}
	routes, err := tagRoutesTx(ctx, tx, c.WorkspaceID, added)
	if err != nil || len(routes) == 0 {
		return err
	}
	return s.updateQueue(ctx, tx, actor, c, UpdateInput{Queue: &routes[0].QueueID})
}

// addTags gives a case more tags than it has; those that it has stay.
func (s *Service) addTags(ctx context.Context, tx pgx.Tx, actor access.Actor, c *Case, in UpdateInput) error {
	if in.AddTags == nil {
		return nil
	}
	rows, _ := tx.Query(ctx, `select t.name from case_tags ct join tags t on t.workspace_id = ct.workspace_id and t.id = ct.tag_id
		where ct.workspace_id = $1 and ct.case_id = $2`, c.WorkspaceID, c.ID)
	names, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return err
	}
	names = append(names, *in.AddTags...)
	return s.updateTags(ctx, tx, actor, c, UpdateInput{Tags: &names, Queue: in.Queue})
}

// ValidTags are the names as tags have them: lower case, each once. Errors: Invalid (field tags).
func ValidTags(names []string) ([]string, error) {
	var clean []string
	for _, name := range names {
		name = strings.ToLower(strings.Join(strings.Fields(oneLine(name)), " "))
		if name == "" || slices.Contains(clean, name) {
			continue
		}
		if len([]rune(name)) > maxTagLength {
			return nil, errs.Field("tags", "Keep each tag under 50 characters.")
		}
		clean = append(clean, name)
	}
	if len(clean) > maxTags {
		return nil, errs.Field("tags", "A case can have up to 20 tags.")
	}
	return clean, nil
}

// tagIDsTx returns the ids of the names and makes the tags that are missing.
func tagIDsTx(ctx context.Context, tx pgx.Tx, ws access.WorkspaceID, names []string, now any) ([]int64, error) {
	slices.Sort(names) // everybody inserts in the same order, so two who add the same tags cannot deadlock
	_, err := tx.Exec(ctx, `insert into tags (workspace_id, name, created_at)
		select $1, unnest($2::text[]), $3
		on conflict (workspace_id, lower(name)) where archived_at is null do nothing`, ws, names, now)
	if err != nil {
		return nil, err
	}
	return knownTagIDsTx(ctx, tx, ws, names)
}

// knownTagIDsTx returns the ids of those names that are tags.
func knownTagIDsTx(ctx context.Context, tx pgx.Tx, ws access.WorkspaceID, names []string) ([]int64, error) {
	rows, err := tx.Query(ctx, `select id from tags where workspace_id = $1 and lower(name) in (select lower(n) from unnest($2::text[]) n) and archived_at is null`, ws, names)
	if err != nil {
		return nil, err
	}
	ids, err := pgx.CollectRows(rows, pgx.RowTo[int64])
	if ids == nil {
		ids = []int64{}
	}
	return ids, err
}
