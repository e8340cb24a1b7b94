package message

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"caseward/internal/desk/access"
	"caseward/internal/desk/audit"
	"caseward/internal/desk/cases"
	"caseward/internal/platform/db"
	"caseward/internal/platform/errs"
)

// State is how far an outgoing mail is.
type State string

// The states. A mail of a case that is no longer live is cancelled, never sent.
const (
	Queued    State = "queued"
	Sent      State = "sent"
	Failed    State = "failed"
	Bounced   State = "bounced"
	Cancelled State = "cancelled"
)

// maxDeliveryTries is how often a relay is asked before a mail counts as failed; over about two days.
const maxDeliveryTries = 20

// deliveryBackoff is the wait after a failed try; it doubles with each, up to about four hours.
const deliveryBackoff = time.Minute

// Delivered returns a Service that writes replies as sent the moment they are written: for a history that is made
// up or brought in from elsewhere. Nothing of it is ever queued, so no other process can send it either.
func (s *Service) Delivered() *Service {
	past := *s
	past.delivered = true
	return &past
}

// queueTx has a stored message sent after the transaction has committed.
func (s *Service) queueTx(ctx context.Context, tx pgx.Tx, c cases.Case, id ID, now time.Time) error {
	if s.delivered {
		_, err := tx.Exec(ctx, `insert into outbound_mails (workspace_id, case_id, message_id, state, attempts, created_at, next_try_at, sent_at)
			values ($1, $2, $3, 'sent', 1, $4, $4, $4)`, c.WorkspaceID, c.ID, id, now)
		return err
	}
	_, err := tx.Exec(ctx, `insert into outbound_mails (workspace_id, case_id, message_id, created_at, next_try_at) values ($1, $2, $3, $4, $4)`,
		c.WorkspaceID, c.ID, id, now)
	if err != nil {
		return err
	}
	return s.jobs.PokeTx(ctx, tx, OutboxSweep)
}

// Delivery is an outgoing mail to be sent now, with all it takes to write it.
type Delivery struct {
	WorkspaceID   access.WorkspaceID
	ID            int64
	CaseID        cases.ID
	Number        cases.Number
	MessageRow    ID
	Subject       string
	BodyText      string // Markdown
	ToRecipients  []string
	CcRecipients  []string
	MessageID     string
	InReplyTo     *string
	References    []string // newest first
	AuthorName    string
	WorkspaceName string
	From          string // the inbound address it goes out from
	CreatedAt     time.Time
	Attempts      int
	HasFiles      bool // DeliveryFiles returns them
	IsAuto        bool // no person wrote it
	// RatingID is the question to the customer that the mail asks, and RatingAskedAt when; nil: it is a reply.
	RatingID      *int64
	RatingAskedAt *time.Time
}

// lease is how long a claimed mail is left to whoever claimed it. A process that dies leaves it to the next after.
const lease = 10 * time.Minute

// ClaimDelivery takes one mail that is due; nil when there is none. Mails of cases that are no longer live are passed
// over, and cancelled once there is nothing else to send: not with each mail, since that looks at the whole queue. The claim is a lease in the row, not a lock: nobody waits while the mail is being sent.
func ClaimDelivery(ctx context.Context, d *db.DB, now time.Time) (mail *Delivery, err error) {
	err = d.AsSystem(ctx, "outbox", func(tx pgx.Tx) error {
		if mail, err = dueTx(ctx, tx, now); err != nil {
			return err
		}
		if mail == nil {
			return cancelHiddenTx(ctx, tx, now)
		}
		_, err = tx.Exec(ctx, `update outbound_mails set attempts = attempts + 1, next_try_at = $3 where workspace_id = $1 and id = $2`,
			mail.WorkspaceID, mail.ID, now.Add(lease))
		return err
	})
	return mail, err
}

// DeliveryFiles returns the files of a claimed mail, just before it is written: a redaction or a deletion that came after
// the claim takes them away, and then the mail must not leave without them. Conflict in that case.
func DeliveryFiles(ctx context.Context, d *db.DB, mail Delivery) (files []File, err error) {
	err = d.AsSystem(ctx, "outbox", func(tx pgx.Tx) error {
		var waits bool
		err := tx.QueryRow(ctx, `select exists (select from outbound_mails o join live_cases c on c.workspace_id = o.workspace_id and c.id = o.case_id
			where o.workspace_id = $1 and o.id = $2 and o.state = 'queued')`, mail.WorkspaceID, mail.ID).Scan(&waits)
		if err != nil {
			return err
		}
		if !waits {
			return errs.New(errs.Conflict, "The case was changed while this was being sent.")
		}
		rows, err := tx.Query(ctx, `select a.case_id, a.filename, a.content_type, b.data from attachments a
			join blobs b on b.workspace_id = a.workspace_id and b.id = a.blob_id
			where a.workspace_id = $1 and a.message_id = $2 order by a.id`, mail.WorkspaceID, mail.MessageRow)
		if err != nil {
			return err
		}
		files, err = pgx.CollectRows(rows, pgx.RowToStructByName[File])
		return err
	})
	return files, err
}

// SettleDelivery records how sending went: sent, to be tried again later, or failed for good. A mail that was cancelled while
// it was on its way out has left all the same, and is said to.
func SettleDelivery(ctx context.Context, d *db.DB, mail Delivery, now time.Time, failure error) error {
	state, text, next := Sent, "", now
	if failure != nil {
		state, text = Queued, plain(errs.SafeText(failure))
		next = now.Add(deliveryBackoff << min(mail.Attempts, 8))
		if mail.Attempts+1 >= maxDeliveryTries || errs.Is(failure, errs.Invalid) {
			state = Failed
		}
	}
	return d.AsSystem(ctx, "outbox", func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `update outbound_mails set state = $3, last_error = $4, next_try_at = $5, hidden_at = null,
				sent_at = case when $3 = 'sent' then $6::timestamptz end,
				subject = case when $3 = 'queued' then subject end, reference_ids = case when $3 = 'queued' then reference_ids end
			where workspace_id = $1 and id = $2 and (state = 'queued' or state = 'cancelled' and $3 = 'sent')`, mail.WorkspaceID, mail.ID, state, text, next, now)
		return err
	})
}

// plain makes a text of which a part may come from a strange server fit for the database.
func plain(text string) string {
	text = strings.ToValidUTF8(strings.ReplaceAll(text, "\x00", ""), "\uFFFD")
	if r := []rune(text); len(r) > 500 {
		text = string(r[:500]) + "…"
	}
	return text
}

// liveCase is null where the case of a mail o is not live; as "not exists" it may be joined with all cases.
const liveCase = `(select true from live_cases c where c.workspace_id = o.workspace_id and c.id = o.case_id)`

// asksOfOpen tells of a mail o that asks how the help was whether its case has been opened again; null: it is another mail.
// The ratings belong to desk/rating and are only read here.
const asksOfOpen = `(select c.status <> 'closed' from ratings g join cases c on c.workspace_id = g.workspace_id and c.id = g.case_id
	where g.workspace_id = o.workspace_id and g.message_id = o.message_id)`

// cancelSQL asks for each queued mail whether it may still leave.
const cancelSQL = `update outbound_mails o set state = 'cancelled', hidden_at = case when not hidden.asks then $1::timestamptz end,
		last_error = case when hidden.live then 'The case was opened again before this was sent.'
			else 'The case was deleted or marked as spam before this was sent.' end
	from (select o.workspace_id, o.id, ` + liveCase + ` is not null as live, ` + asksOfOpen + ` is not null as asks from outbound_mails o
		where o.state = 'queued' and (` + liveCase + ` is null or ` + asksOfOpen + `) for update skip locked) hidden
	where o.workspace_id = hidden.workspace_id and o.id = hidden.id`

// cancelHiddenTx drops what is queued for cases that are deleted or in spam, and questions about help that goes on: no
// mail leaves for those. Once a hidden case is back, desk/cases lets its replies be sent, if it is not too late; a question
// stays cancelled.
func cancelHiddenTx(ctx context.Context, tx pgx.Tx, now time.Time) error {
	_, err := tx.Exec(ctx, cancelSQL, now)
	return err
}

// referencesSQL are the mails before the message m on the case of o, the newest first.
const referencesSQL = `array(select r.message_id from messages r where r.workspace_id = o.workspace_id and r.case_id = o.case_id
	and r.id < m.id and r.message_id is not null order by r.id desc limit 20)`

const dueSQL = `select o.workspace_id, o.id, c.id as case_id, c.number, m.id as message_row, coalesce(o.subject, c.subject) as subject, m.body_text,
		m.to_recipients, m.cc_recipients, coalesce(m.message_id, '') as message_id, p.message_id as in_reply_to,
		coalesce(o.reference_ids, ` + referencesSQL + `) as "references",
		coalesce(u.name, '') as author_name, w.name as workspace_name, coalesce(a.address, '') as "from", o.created_at, o.attempts,
		coalesce((select true from attachments f where f.workspace_id = o.workspace_id and f.message_id = m.id limit 1), false) as has_files,
		g.id as rating_id, g.asked_at as rating_asked_at, m.is_auto
	from outbound_mails o
	join messages m on m.workspace_id = o.workspace_id and m.id = o.message_id
	join live_cases c on c.workspace_id = o.workspace_id and c.id = o.case_id
	join workspaces w on w.id = o.workspace_id
	left join lateral (select g.id, g.asked_at from ratings g where g.workspace_id = o.workspace_id and g.message_id = o.message_id limit 1) g on true
	left join messages p on p.workspace_id = o.workspace_id and p.id = m.reply_to_id
	left join members b on b.workspace_id = o.workspace_id and b.id = m.author_member_id
	left join users u on u.id = b.user_id
	left join lateral (select address from inbound_addresses a where a.workspace_id = o.workspace_id
		order by a.queue_id = c.queue_id desc, a.is_default desc limit 1) a on true
	where o.state = 'queued' and o.next_try_at <= $1 and ` + asksOfOpen + ` is not true
	order by o.next_try_at limit 1 for update of o skip locked`

// dueTx locks the next mail; one that another process looks at is passed over.
func dueTx(ctx context.Context, tx pgx.Tx, now time.Time) (*Delivery, error) {
	rows, err := tx.Query(ctx, dueSQL, now)
	if err != nil {
		return nil, err
	}
	found, err := pgx.CollectRows(rows, pgx.RowToStructByName[Delivery])
	if err != nil || len(found) == 0 {
		return nil, err
	}
	return &found[0], nil
}

// markBouncedTx records on the message that its mail came back.
func markBouncedTx(ctx context.Context, tx pgx.Tx, c cases.Case, in Incoming) error {
	text := "The recipient's mail server returned it."
	if in.BounceReason != "" {
		text = plain("The recipient's mail server returned it. It said of " + in.BounceReason)
	}
	_, err := tx.Exec(ctx, `update outbound_mails o set state = 'bounced', last_error = $4
		from messages m where o.workspace_id = $1 and o.case_id = $2 and m.workspace_id = $1 and m.id = o.message_id and m.message_id = $3
			and o.state in ('queued', 'sent')`,
		c.WorkspaceID, c.ID, in.BouncedID, text)
	return err
}

// Resend queues a mail again that failed, bounced or was cancelled, unless something of it was erased.
//
// Needs WorkCases. Errors: Forbidden, NotFound, Gone; Conflict when the case is deleted or
// in spam, or the mail is not one of those.
func (s *Service) Resend(ctx context.Context, actor access.Actor, n cases.Number, delivery int64) error {
	if err := s.guard.Require(ctx, actor, access.WorkCases, audit.Case(int64(n))); err != nil {
		return err
	}
	err := s.db.InWorkspace(ctx, int64(actor.Workspace), func(tx pgx.Tx) error {
		c, err := cases.LockTx(ctx, tx, actor.Workspace, n)
		if err != nil {
			return err
		}
		if err := c.RequireEditable(); err != nil {
			return err
		}
		if err := requireNotSpam(c); err != nil {
			return err
		}
		var id ID
		err = tx.QueryRow(ctx, `update outbound_mails set state = 'queued', hidden_at = null, attempts = 0, last_error = '', next_try_at = $4
			where workspace_id = $1 and case_id = $2 and id = $3 and state in ('failed', 'bounced', 'cancelled')
				and not exists (select from redactions r where r.workspace_id = $1 and r.message_id = outbound_mails.message_id)
			returning message_id`,
			actor.Workspace, c.ID, delivery, s.now()).Scan(&id)
		if errors.Is(err, pgx.ErrNoRows) {
			return errs.New(errs.Conflict, "This message is on its way, or was sent already, or some of it was erased. Write a new reply to send it.")
		}
		if err != nil {
			return err
		}
		if err := cases.NoteTx(ctx, tx, actor, c, cases.ActResent, map[string]any{"message": id}, s.now()); err != nil {
			return err
		}
		return s.jobs.PokeTx(ctx, tx, OutboxSweep)
	})
	if err == nil {
		s.cases.Changed(actor.Workspace, n)
	}
	return err
}
