package cases

import (
	"context"
	"slices"

	"github.com/jackc/pgx/v5"

	"caseward/internal/desk/access"
)

// dropMissingTx takes off cases that come back what no longer exists, and says for each what that was.
func dropMissingTx(ctx context.Context, tx pgx.Tx, ws access.WorkspaceID, list []*Case) (map[ID][]string, error) {
	gone, err := goneTx(ctx, tx, ws, list)
	if err != nil {
		return nil, err
	}
	missing := map[ID][]string{}
	var changed []Case
	for _, c := range list {
		before := len(missing[c.ID])
		if c.AssigneeID != nil && slices.Contains(gone.members, *c.AssigneeID) {
			c.AssigneeID = nil
			missing[c.ID] = append(missing[c.ID], "its assignee, who is no longer active")
		}
		if slices.Contains(gone.queues, c.QueueID) {
			c.QueueID = gone.defaultQueue
			missing[c.ID] = append(missing[c.ID], "its queue, which was archived; it is in the default queue")
		}
		if len(missing[c.ID]) > before {
			changed = append(changed, *c)
		}
	}
	if err := saveManyTx(ctx, tx, ws, changed); err != nil {
		return nil, err
	}
	return missing, dropTagsTx(ctx, tx, ws, list, missing)
}

type goneThings struct {
	members      []access.MemberID
	queues       []int64
	defaultQueue int64
}

// goneTx tells which assignees and queues of the cases are no longer in use.
func goneTx(ctx context.Context, tx pgx.Tx, ws access.WorkspaceID, list []*Case) (g goneThings, err error) {
	var members []access.MemberID
	var queues []int64
	for _, c := range list {
		if c.AssigneeID != nil {
			members = append(members, *c.AssigneeID)
		}
		queues = append(queues, c.QueueID)
	}
	slices.Sort(members)
	slices.Sort(queues)
	err = tx.QueryRow(ctx, `select
			array(select id from members where workspace_id = $1 and id = any ($2) and deactivated_at is not null),
			array(select id from queues where workspace_id = $1 and id = any ($3) and archived_at is not null),
			(select id from queues where workspace_id = $1 and is_default)`,
		ws, slices.Compact(members), slices.Compact(queues)).Scan(&g.members, &g.queues, &g.defaultQueue)
	return g, err
}

func dropTagsTx(ctx context.Context, tx pgx.Tx, ws access.WorkspaceID, list []*Case, missing map[ID][]string) error {
	ids := make([]ID, len(list))
	for i, c := range list {
		ids[i] = c.ID
	}
	rows, err := tx.Query(ctx, `with dropped as (delete from case_tags ct using tags t
			where ct.workspace_id = $1 and ct.case_id = any ($2) and t.workspace_id = $1 and t.id = ct.tag_id and t.archived_at is not null
			returning ct.case_id)
		select distinct case_id from dropped`, ws, ids)
	if err != nil {
		return err
	}
	without, err := pgx.CollectRows(rows, pgx.RowTo[ID])
	for _, id := range without {
		missing[id] = append(missing[id], "tags that no longer exist")
	}
	return err
}
