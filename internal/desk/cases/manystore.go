package cases

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"caseward/internal/desk/access"
	"caseward/internal/desk/audit"
)

// lockManyTx is LockByIDTx for many, in one order so that two of them cannot deadlock. Those that are gone are left out.
func lockManyTx(ctx context.Context, tx pgx.Tx, ws access.WorkspaceID, ids []ID) ([]Case, error) {
	rows, err := tx.Query(ctx, `select `+columns+` from cases where workspace_id = $1 and id = any ($2) order by id for update`, ws, ids)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByName[Case])
}

// saveTx writes all that was changed, in a handful of statements however many cases there are.
func (e *manyEdit) saveTx(ctx context.Context, tx pgx.Tx) error {
	ws := e.actor.Workspace
	if err := e.tagsRemoved.deleteTx(ctx, tx, ws); err != nil {
		return err
	}
	if err := e.tagsAdded.insertTx(ctx, tx, ws); err != nil {
		return err
	}
	// First, for a deleted case is read-only; none is deleted and edited at once.
	if err := saveDeletionsTx(ctx, tx, ws, e.hidden); err != nil {
		return err
	}
	if err := saveManyTx(ctx, tx, ws, e.edited); err != nil {
		return err
	}
	if err := e.dropMissingTx(ctx, tx); err != nil {
		return err
	}
	if err := e.sendAfterAllTx(ctx, tx); err != nil {
		return err
	}
	e.tellWithout()
	if err := e.saveLinesTx(ctx, tx); err != nil {
		return err
	}
	return e.tellTx(ctx, tx)
}

// dropMissingTx is for cases that came back, or went back to what they had.
func (e *manyEdit) dropMissingTx(ctx context.Context, tx pgx.Tx) error {
	var list []*Case
	for i := range e.cases {
		if slices.Contains(e.back, e.cases[i].ID) {
			list = append(list, &e.cases[i])
		}
	}
	if len(list) == 0 {
		return nil
	}
	missing, err := dropMissingTx(ctx, tx, e.actor.Workspace, list)
	for id, without := range missing {
		e.without[id] = append(e.without[id], without...)
	}
	return err
}

// sendAfterAllTx is for cases that are live again.
func (e *manyEdit) sendAfterAllTx(ctx context.Context, tx pgx.Tx) error {
	var live []ID
	for _, l := range e.lines {
		if (l.kind == ActRestored || l.kind == ActNotSpam || l.kind == ActContactRestored) && l.c.Visibility() == Live {
			live = append(live, l.c.ID)
		}
	}
	late, err := sendAfterAllTx(ctx, tx, e.actor.Workspace, live, e.now)
	for _, id := range late {
		e.without[id] = append(e.without[id], unsentReply)
	}
	return err
}

// tellWithout says of each case what did not come back with it.
func (e *manyEdit) tellWithout() {
	for i, r := range e.results {
		if without := e.without[r.ID]; len(without) > 0 {
			e.results[i].Reason = "It came back without " + strings.Join(without, "; and without ") + "."
		}
	}
}

// saveManyTx is saveTx for what a change to many may change.
func saveManyTx(ctx context.Context, tx pgx.Tx, ws access.WorkspaceID, list []Case) error {
	if len(list) == 0 {
		return nil
	}
	_, err := tx.Exec(ctx, `update cases c set status = u.status, priority = u.priority, queue_id = u.queue_id,
			assignee_id = u.assignee_id, last_activity_at = u.last_activity_at, closed_at = u.closed_at,
			spam_at = u.spam_at, spam_by = u.spam_by, spam_cause = u.spam_cause, snoozed_until = u.snoozed_until, clock_from = u.clock_from
		from unnest($2::bigint[], $3::text[], $4::smallint[], $5::bigint[], $6::bigint[], $7::timestamptz[], $8::timestamptz[],
			$9::timestamptz[], $10::bigint[], $11::text[], $12::timestamptz[], $13::timestamptz[])
			as u(id, status, priority, queue_id, assignee_id, last_activity_at, closed_at, spam_at, spam_by, spam_cause, snoozed_until, clock_from)
		where c.workspace_id = $1 and c.id = u.id`, ws, idsOf(list),
		column(list, func(c Case) string { return string(c.Status) }),
		column(list, func(c Case) int16 { return int16(c.Priority) }),
		column(list, func(c Case) int64 { return c.QueueID }),
		column(list, func(c Case) *access.MemberID { return c.AssigneeID }),
		column(list, func(c Case) time.Time { return c.LastActivityAt }),
		column(list, func(c Case) *time.Time { return c.ClosedAt }),
		column(list, func(c Case) *time.Time { return c.SpamAt }),
		column(list, func(c Case) *access.MemberID { return c.SpamBy }),
		column(list, func(c Case) *string { return c.SpamCause }),
		column(list, func(c Case) *time.Time { return c.SnoozedUntil }),
		column(list, func(c Case) *time.Time { return c.ClockFrom }))
	return err
}

// saveDeletionsTx is saveDeletionTx for many.
func saveDeletionsTx(ctx context.Context, tx pgx.Tx, ws access.WorkspaceID, list []Case) error {
	if len(list) == 0 {
		return nil
	}
	_, err := tx.Exec(ctx, `update cases c set deleted_at = u.deleted_at, deleted_by = u.deleted_by, deleted_cause = u.deleted_cause,
			deleted_bulk_id = u.deleted_bulk_id, delete_reason = u.delete_reason, delete_reason_text = u.delete_reason_text,
			purge_at = u.purge_at
		from unnest($2::bigint[], $3::timestamptz[], $4::bigint[], $5::text[], $6::bigint[], $7::text[], $8::text[], $9::timestamptz[])
			as u(id, deleted_at, deleted_by, deleted_cause, deleted_bulk_id, delete_reason, delete_reason_text, purge_at)
		where c.workspace_id = $1 and c.id = u.id`, ws, idsOf(list),
		column(list, func(c Case) *time.Time { return c.DeletedAt }),
		column(list, func(c Case) *access.MemberID { return c.DeletedBy }),
		column(list, func(c Case) *string { return c.DeletedCause }),
		column(list, func(c Case) *int64 { return c.DeletedBulkID }),
		column(list, func(c Case) *DeleteReason { return c.DeleteReason }),
		column(list, func(c Case) string { return c.DeleteReasonText }),
		column(list, func(c Case) *time.Time { return c.PurgeAt }))
	return err
}

func column[T any](list []Case, of func(Case) T) []T {
	values := make([]T, len(list))
	for i, c := range list {
		values[i] = of(c)
	}
	return values
}

// saveLinesTx is NoteTx for many.
func (e *manyEdit) saveLinesTx(ctx context.Context, tx pgx.Tx) error {
	if len(e.lines) == 0 {
		return nil
	}
	ids, kinds, data := make([]ID, len(e.lines)), make([]string, len(e.lines)), make([]string, len(e.lines))
	entries := make([]audit.Entry, len(e.lines))
	for i, l := range e.lines {
		encoded, err := json.Marshal(l.data)
		if err != nil {
			return err
		}
		ids[i], kinds[i], data[i] = l.c.ID, string(l.kind), string(encoded)
		entries[i] = audit.Entry{Actor: e.actor, Action: "case." + string(l.kind), Object: audit.Case(int64(l.c.Number)), Details: l.data, At: e.now}
	}
	_, err := tx.Exec(ctx, `insert into activities (workspace_id, case_id, kind, actor_kind, actor_id, data, created_at)
		select $1, u.case_id, u.kind, $5, nullif($6::bigint, 0), u.data::jsonb, $7
		from unnest($2::bigint[], $3::text[], $4::text[]) as u(case_id, kind, data)`,
		e.actor.Workspace, ids, kinds, data, e.actor.Kind, e.actor.ID(), e.now)
	if err != nil {
		return err
	}
	return audit.RecordManyTx(ctx, tx, entries)
}

// tagPairs are cases and tags, one each.
type tagPairs struct {
	cases []ID
	tags  []int64
}

func (p *tagPairs) add(id ID, tags []int64) {
	for _, t := range tags {
		p.cases, p.tags = append(p.cases, id), append(p.tags, t)
	}
}

func (p tagPairs) insertTx(ctx context.Context, tx pgx.Tx, ws access.WorkspaceID) error {
	if len(p.cases) == 0 {
		return nil
	}
	_, err := tx.Exec(ctx, `insert into case_tags (workspace_id, case_id, tag_id)
		select $1, u.case_id, u.tag_id from unnest($2::bigint[], $3::bigint[]) as u(case_id, tag_id) on conflict do nothing`, ws, p.cases, p.tags)
	return err
}

func (p tagPairs) deleteTx(ctx context.Context, tx pgx.Tx, ws access.WorkspaceID) error {
	if len(p.cases) == 0 {
		return nil
	}
	_, err := tx.Exec(ctx, `delete from case_tags ct using unnest($2::bigint[], $3::bigint[]) as u(case_id, tag_id)
		where ct.workspace_id = $1 and ct.case_id = u.case_id and ct.tag_id = u.tag_id`, ws, p.cases, p.tags)
	return err
}

// tagsOfTx returns the tags of each case that has any.
func tagsOfTx(ctx context.Context, tx pgx.Tx, ws access.WorkspaceID, ids []ID) (map[ID][]int64, error) {
	rows, err := tx.Query(ctx, `select case_id, array_agg(tag_id) from case_tags where workspace_id = $1 and case_id = any ($2) group by case_id`, ws, ids)
	if err != nil {
		return nil, err
	}
	tags := map[ID][]int64{}
	var id ID
	var list []int64
	_, err = pgx.ForEachRow(rows, []any{&id, &list}, func() error {
		tags[id] = append([]int64(nil), list...)
		return nil
	})
	return tags, err
}
