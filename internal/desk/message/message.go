// Package message keeps what people wrote on a case: the customers' mails, the agents' replies and notes, their
// attachments, and the state of mail on its way in and out.
package message

import (
	"context"
	"fmt"
	"math"
	"time"

	"github.com/jackc/pgx/v5"

	"caseward/internal/desk/access"
	"caseward/internal/desk/audit"
	"caseward/internal/desk/cases"
	"caseward/internal/desk/contact"
	"caseward/internal/platform/clock"
	"caseward/internal/platform/db"
	"caseward/internal/platform/jobs"
)

// ID is a message's id; it grows with the order of arrival.
type ID int64

// Kind says which way a message went.
type Kind string

// The kinds. Notes are seen by members only.
const (
	Inbound  Kind = "inbound"
	Outbound Kind = "outbound"
	Note     Kind = "note"
)

// OutboxSweep is the job that sends what is queued; email/outbound provides it.
const OutboxSweep = "outbox"

// Service is what pages, mail and jobs ask of messages.
type Service struct {
	db    *db.DB
	guard *audit.Guard
	cases *cases.Service
	jobs  *jobs.Enqueuer
	now   clock.Clock
	// delivered: what is written here counts as sent already. See Delivered.
	delivered bool
}

// NewService returns a Service.
func NewService(d *db.DB, guard *audit.Guard, c *cases.Service, j *jobs.Enqueuer, now clock.Clock) *Service {
	return &Service{db: d, guard: guard, cases: c, jobs: j, now: now}
}

// Message is one entry of a thread as the case page shows it.
type Message struct {
	ID             ID
	Kind           Kind
	AuthorName     string
	AuthorEmail    string // of a contact; "" for members
	AuthorMemberID *access.MemberID
	BodyText       string
	BodyHTML       string // as received: sanitise before showing
	ToRecipients   []string
	CcRecipients   []string
	IsAuto         bool
	Defects        string // what could not be read of a broken mail; "" when all was read
	Date           *time.Time
	CreatedAt      time.Time
	DeliveryID     *int64
	DeliveryState  *State
	DeliveryError  *string
	HasRaw         bool         // the mail as it came can be downloaded
	Attachments    []Attachment `db:"-"`
	Redactions     []Erasure    `db:"-"` // what was erased of it, oldest first
}

// Attachment is a file on a message, without its bytes.
type Attachment struct {
	ID          int64
	MessageID   ID
	Filename    string
	ContentType string
	ContentID   string // of a part that the HTML refers to as cid:
	IsInline    bool
	Size        int64 // bytes
}

// Thread is a stretch of a case's messages, oldest first.
type Thread struct {
	Messages []Message
	Earlier  ID // pass as before to read on; 0 at the beginning
	Newest   ID // of all messages of the case, wherever the stretch ends; 0: there is none
}

// threadSize is how many messages a page shows at once; longer threads show the newest and offer the earlier.
const threadSize = 100

// Thread returns the newest messages of a case, or those before a message.
//
// Needs ReadCases, and RestoreCases for a deleted case. Errors: Forbidden, NotFound, Gone.
func (s *Service) Thread(ctx context.Context, actor access.Actor, c cases.Case, before ID) (t Thread, err error) {
	need := access.ReadCases
	if c.DeletedAt != nil {
		need = access.RestoreCases
	}
	if err := actor.Require(need); err != nil {
		return Thread{}, err
	}
	err = s.db.ReadWorkspace(ctx, int64(actor.Workspace), func(tx pgx.Tx) error {
		t, err = threadTx(ctx, tx, c, before)
		return err
	})
	return t, err
}

// messagesSQL reads messages of a case; a condition and an order go in.
const messagesSQL = `select m.id, m.kind, coalesce(u.name, k.name, case when m.kind = 'inbound' then '` + contact.DeletedUser + `' else '' end) as author_name, coalesce(e.email, '') as author_email,
		m.author_member_id, m.body_text, m.body_html, m.to_recipients, m.cc_recipients, m.is_auto, m.defects, m.date,
		m.created_at, o.id as delivery_id, o.state as delivery_state, o.last_error as delivery_error,
		exists (select from inbound_mails r where r.workspace_id = $1 and r.message_id = m.id) as has_raw
	from messages m
	left join members a on a.workspace_id = $1 and a.id = m.author_member_id
	left join users u on u.id = a.user_id
	left join contacts k on k.workspace_id = $1 and k.id = m.author_contact_id
	left join contact_emails e on e.workspace_id = $1 and e.contact_id = k.id and e.is_primary
	left join outbound_mails o on o.workspace_id = $1 and o.message_id = m.id
	where m.workspace_id = $1 and m.case_id = $2 and %s %s`

func threadTx(ctx context.Context, tx pgx.Tx, c cases.Case, before ID) (Thread, error) {
	if before == 0 {
		before = math.MaxInt64
	}
	rows, err := tx.Query(ctx, `select * from (`+fmt.Sprintf(messagesSQL, `m.id < $3`, fmt.Sprintf(`order by m.id desc limit %d`, threadSize+1))+`) newest
		order by id`, c.WorkspaceID, c.ID, before)
	if err != nil {
		return Thread{}, err
	}
	var t Thread
	if t.Messages, err = pgx.CollectRows(rows, pgx.RowToStructByName[Message]); err != nil {
		return Thread{}, err
	}
	if len(t.Messages) > threadSize {
		t.Messages = t.Messages[1:]
		t.Earlier = t.Messages[0].ID
	}
	return t, addBelowTx(ctx, tx, c, t.Messages, &t.Newest)
}

// messageTx reads one message of a case.
func messageTx(ctx context.Context, tx pgx.Tx, c cases.Case, id ID) (Message, error) {
	rows, err := tx.Query(ctx, fmt.Sprintf(messagesSQL, `m.id = $3`, `limit 1`), c.WorkspaceID, c.ID, id)
	if err != nil {
		return Message{}, err
	}
	m, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[Message])
	if err != nil {
		return Message{}, err
	}
	one := []Message{m}
	err = addBelowTx(ctx, tx, c, one, nil)
	return one[0], err
}

// addBelowTx adds to messages their files and what was erased of them, in one round trip, in which the case's newest
// message can be asked for too.
func addBelowTx(ctx context.Context, tx pgx.Tx, c cases.Case, messages []Message, newest *ID) error {
	place := map[ID]int{}
	ids := make([]ID, len(messages))
	for i, m := range messages {
		place[m.ID], ids[i] = i, m.ID
	}
	batch := &pgx.Batch{}
	batch.Queue(`select id, message_id, filename, content_type, content_id, is_inline, size
		from attachments where workspace_id = $1 and message_id = any ($2) order by id`, c.WorkspaceID, ids,
	).Query(func(rows pgx.Rows) error {
		files, err := pgx.CollectRows(rows, pgx.RowToStructByName[Attachment])
		for _, f := range files {
			m := &messages[place[f.MessageID]]
			m.Attachments = append(m.Attachments, f)
		}
		return err
	})
	batch.Queue(erasuresSQL, c.WorkspaceID, ids).Query(func(rows pgx.Rows) error {
		erasures, err := pgx.CollectRows(rows, pgx.RowToStructByName[Erasure])
		for _, e := range erasures {
			m := &messages[place[e.MessageID]]
			m.Redactions = append(m.Redactions, e)
		}
		return err
	})
	if newest != nil {
		batch.Queue(`select coalesce((select id from messages where workspace_id = $1 and case_id = $2 order by id desc limit 1), 0)`,
			c.WorkspaceID, c.ID).QueryRow(func(row pgx.Row) error { return row.Scan(newest) })
	}
	return tx.SendBatch(ctx, batch).Close()
}
