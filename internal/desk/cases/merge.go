package cases

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"caseward/internal/desk/access"
	"caseward/internal/desk/notify"
	"caseward/internal/platform/errs"
)

// Taken is what a case took over from one that was merged into it, besides the rows that moved: what an unmerge puts
// back.
type Taken struct {
	Tags      []int64 `json:"tags"`      // that it did not have before
	Requests  []int64 `json:"requests"`  // for permanent deletion, which the other one answered
	Redirects []ID    `json:"redirects"` // cases merged into the other one before
	Told      []int64 `json:"told"`      // notifications
	Fields    []int64 `json:"fields"`    // custom ones that held nothing before: desk/field fills them
	Before    Times   `json:"before"`
	After     Times   `json:"after"`
}

// Times are those by which a case stands in lists.
type Times struct {
	Activity time.Time  `json:"activity"`
	Inbound  *time.Time `json:"inbound"`
	Outbound *time.Time `json:"outbound"`
}

func (c Case) times() Times { return Times{c.LastActivityAt, c.LastInboundAt, c.LastOutboundAt} }

// RequireMergeable refuses what neither can be merged nor takes another case in.
func (c Case) RequireMergeable() error {
	if err := c.RequireEditable(); err != nil {
		return err
	}
	if c.SpamAt != nil {
		return errs.Newf(errs.Conflict, "Case %d is in Spam. Mark it as not spam first.", c.Number)
	}
	return nil
}

// MergeTx makes a locked case whose messages have moved a redirect to the other one, by somebody's decision. The other
// one gets its tags, as many as fit, and the later of both one's times; everything else of both stays as it is.
func MergeTx(ctx context.Context, tx pgx.Tx, actor access.Actor, from Case, into *Case, now time.Time) (Taken, error) {
	t := Taken{Before: into.times()}
	into.takeTimes(from)
	t.After = into.times()
	if err := saveTx(ctx, tx, *into); err != nil {
		return Taken{}, err
	}
	if err := t.takeOverTx(ctx, tx, from, *into, now); err != nil {
		return Taken{}, err
	}
	if err := reindexBothTx(ctx, tx, from, *into); err != nil {
		return Taken{}, err
	}
	if err := NoteTx(ctx, tx, actor, from, ActMergedInto, map[string]any{"into": into.Number}, now); err != nil {
		return Taken{}, err
	}
	return t, NoteTx(ctx, tx, actor, *into, ActMerged, map[string]any{"from": from.Number}, now)
}

// takeOverTx makes a locked case a redirect to the other one, which gets what hangs on it, and keeps what that was: tags, as
// many as fit, requests that it answered, the redirects to it, and notifications.
func (t *Taken) takeOverTx(ctx context.Context, tx pgx.Tx, from, into Case, now time.Time) (err error) {
	batch := &pgx.Batch{}
	batch.Queue(`insert into case_tags (workspace_id, case_id, tag_id)
		select f.workspace_id, $3, f.tag_id from case_tags f where f.workspace_id = $1 and f.case_id = $2
			and not exists (select from case_tags t where t.workspace_id = $1 and t.case_id = $3 and t.tag_id = f.tag_id)
		order by f.tag_id limit greatest($4 - (select count(*) from case_tags where workspace_id = $1 and case_id = $3), 0)
		returning tag_id`, from.WorkspaceID, from.ID, into.ID, maxTags).Query(collect(&t.Tags))
	batch.Queue(`insert into erasure_replies (workspace_id, case_id, request_id, created_at) select workspace_id, $3, request_id, created_at
		from erasure_replies where workspace_id = $1 and case_id = $2 on conflict do nothing
		returning request_id`, from.WorkspaceID, from.ID, into.ID).Query(collect(&t.Requests))
	batch.Queue(`update cases set merged_into_id = $3 where workspace_id = $1 and merged_into_id = $2
		returning id`, from.WorkspaceID, from.ID, into.ID).Query(collect(&t.Redirects))
	batch.Queue(`update cases set merged_into_id = $3 where workspace_id = $1 and id = $2`, from.WorkspaceID, from.ID, into.ID)
	if err := tx.SendBatch(ctx, batch).Close(); err != nil {
		return err
	}
	t.Told, err = notify.MoveTx(ctx, tx, from.WorkspaceID, int64(from.ID), int64(into.ID), now)
	return err
}

// UnmergeTx makes a locked redirect whose messages are back a case of its own again, and takes from the other one what it
// took over. What has changed there since stays.
func UnmergeTx(ctx context.Context, tx pgx.Tx, actor access.Actor, from Case, into *Case, t Taken, now time.Time) error {
	into.giveTimesBack(t)
	into.ClockFrom = &now // both wait anew: neither is closed for inactivity the next minute
	if err := saveTx(ctx, tx, *into); err != nil {
		return err
	}
	batch := &pgx.Batch{}
	batch.Queue(`delete from case_tags where workspace_id = $1 and case_id = $2 and tag_id = any ($3)`, into.WorkspaceID, into.ID, t.Tags)
	batch.Queue(`delete from erasure_replies where workspace_id = $1 and case_id = $2 and request_id = any ($3)`, into.WorkspaceID, into.ID, t.Requests)
	batch.Queue(`update cases set merged_into_id = $3 where workspace_id = $1 and id = any ($4) and merged_into_id = $2`,
		into.WorkspaceID, into.ID, from.ID, t.Redirects)
	batch.Queue(`update cases set merged_into_id = null, clock_from = $3 where workspace_id = $1 and id = $2`, from.WorkspaceID, from.ID, now)
	if err := tx.SendBatch(ctx, batch).Close(); err != nil {
		return err
	}
	if err := notify.MoveBackTx(ctx, tx, from.WorkspaceID, int64(from.ID), int64(into.ID), t.Told); err != nil {
		return err
	}
	if err := reindexBothTx(ctx, tx, from, *into); err != nil {
		return err
	}
	if err := NoteTx(ctx, tx, actor, from, ActUnmergedFrom, map[string]any{"into": into.Number}, now); err != nil {
		return err
	}
	return NoteTx(ctx, tx, actor, *into, ActUnmerged, map[string]any{"from": from.Number}, now)
}

func reindexBothTx(ctx context.Context, tx pgx.Tx, from, into Case) error {
	if err := ReindexTx(ctx, tx, from.WorkspaceID, from.ID); err != nil {
		return err
	}
	return ReindexTx(ctx, tx, into.WorkspaceID, into.ID)
}

// takeTimes gives a case the later of both one's times.
func (c *Case) takeTimes(from Case) {
	c.LastActivityAt = *later(&c.LastActivityAt, &from.LastActivityAt)
	c.LastInboundAt, c.LastOutboundAt = later(c.LastInboundAt, from.LastInboundAt), later(c.LastOutboundAt, from.LastOutboundAt)
}

// giveTimesBack undoes takeTimes for those times that nothing has moved on since.
func (c *Case) giveTimesBack(t Taken) {
	if c.LastActivityAt.Equal(t.After.Activity) {
		c.LastActivityAt = t.Before.Activity
	}
	if sameTime(c.LastInboundAt, t.After.Inbound) {
		c.LastInboundAt = t.Before.Inbound
	}
	if sameTime(c.LastOutboundAt, t.After.Outbound) {
		c.LastOutboundAt = t.Before.Outbound
	}
}

func sameTime(a, b *time.Time) bool {
	if a == nil || b == nil {
		return a == b
	}
	return a.Equal(*b)
}

func collect[T any](into *[]T) func(pgx.Rows) error {
	return func(rows pgx.Rows) (err error) {
		*into, err = pgx.CollectRows(rows, pgx.RowTo[T])
		return err
	}
}
