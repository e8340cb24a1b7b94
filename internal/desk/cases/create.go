package cases

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"caseward/internal/desk/access"
	"caseward/internal/desk/contact"
)

// NewCase is what CreateTx needs. Queue 0 is the default queue, Priority 0 is Normal.
type NewCase struct {
	Subject  string
	Contact  contact.ID
	Queue    int64
	Priority Priority
	Assignee *access.MemberID
	Channel  Channel
	People   string    // names and addresses by which the case is found, besides those of its contact
	Words    string    // the first message: what the case is found by, besides its subject
	Inbound  bool      // the customer begins it, so the clock of the last inbound message starts
	Since    time.Time // when it began, where that is not now: imported history
}

// CreateTx makes a live, open case in the caller's transaction and gives it the next number. Its first message
// comes from desk/message, which is also where pages and mail begin.
func CreateTx(ctx context.Context, tx pgx.Tx, actor access.Actor, in NewCase, now time.Time) (Case, error) {
	if in.Priority == 0 {
		in.Priority = Normal
	}
	began, clockFrom := now, (*time.Time)(nil)
	if !in.Since.IsZero() {
		began, clockFrom = in.Since, &now // or old cases would be closed for inactivity the next minute
	}
	rows, err := tx.Query(ctx, `insert into cases (workspace_id, number, subject, contact_id, priority, queue_id,
			assignee_id, channel, created_at, last_activity_at, last_inbound_at, clock_from)
		values ($1, next_case_number($1), $2, $3, $4,
			coalesce((select id from queues where workspace_id = $1 and id = $5 and archived_at is null),
				(select id from queues where workspace_id = $1 and is_default)), $6, $7, $8, $8,
			case when $9 then $8::timestamptz end, $10)
		returning `+columns,
		actor.Workspace, in.Subject, in.Contact, in.Priority, in.Queue, in.Assignee, in.Channel, began, in.Inbound, clockFrom)
	if err != nil {
		return Case{}, err
	}
	c, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[Case])
	if err != nil {
		return Case{}, err
	}
	batch := &pgx.Batch{}
	QueueIndex(batch, c.WorkspaceID, c.ID, Words{c.Subject, in.People, in.Words})
	if err := queueNote(batch, actor, c, ActCreated, map[string]any{"channel": in.Channel}, now); err != nil {
		return Case{}, err
	}
	return c, tx.SendBatch(ctx, batch).Close()
}

// ActivityBy says what a new message means for its case.
type ActivityBy struct {
	Inbound  bool      // from the customer; otherwise an agent's reply
	Auto     bool      // auto-reply or bounce: never counts as activity, never reopens
	Courtesy bool      // it only says thanks: a closed case stays closed
	Since    time.Time // when the customer wrote, where that is not now: imported history
}

// TouchTx records a message on a locked, live or spam case: the inactivity clock, and the status back to open
// when the customer wrote. It reports whether that reopened the case. A closed case goes back to whoever had it, if they are
// there and have room.
func TouchTx(ctx context.Context, tx pgx.Tx, actor access.Actor, c *Case, by ActivityBy, now time.Time) (reopened bool, err error) {
	if by.Auto {
		return false, nil
	}
	if !by.Inbound {
		c.LastOutboundAt, c.LastActivityAt = &now, now
		return false, saveTx(ctx, tx, *c)
	}
	from, had := c.Status, c.AssigneeID
	if stays := by.Courtesy && from == Closed; !stays {
		reopened = c.setStatus(Open, now)
	}
	if reopened && from == Closed {
		if c.AssigneeID, err = returnTx(ctx, tx, *c, now); err != nil {
			return false, err
		}
	}
	c.inbound(by, now)
	if err := saveTx(ctx, tx, *c); err != nil || !reopened {
		return reopened, err
	}
	if !equal(had, c.AssigneeID) {
		if err := NoteTx(ctx, tx, access.JobActor(c.WorkspaceID, "routing"), *c, ActAssigned, map[string]any{"from": had, "to": c.AssigneeID}, now); err != nil {
			return true, err
		}
	}
	return true, NoteTx(ctx, tx, actor, *c, ActStatus, map[string]any{"from": from, "to": Open}, now)
}

// inbound sets the clocks to a message of the customer. History may be imported in any order, and turns none of them back.
func (c *Case) inbound(by ActivityBy, now time.Time) {
	at := now
	if !by.Since.IsZero() {
		at, c.ClockFrom = by.Since, &now
	}
	c.LastInboundAt, c.LastActivityAt, c.SnoozedUntil = later(c.LastInboundAt, &at), *later(&c.LastActivityAt, &at), nil
}
