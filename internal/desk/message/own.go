package message

import (
	"context"
	"fmt"
	"math"

	"github.com/jackc/pgx/v5"

	"caseward/internal/desk/access"
	"caseward/internal/desk/cases"
	"caseward/internal/platform/errs"
)

// ownMessages are those of a case that its contact $3 has a right to read: what they wrote themselves, and what was written to
// them or as an answer to them. Notes never; nor what other people wrote or were written, such as on a case that was merged
// into this one. The question for a rating is a mail and no word of the conversation.
const ownMessages = `m.case_id = $2 and (m.kind = 'inbound' and m.author_contact_id = $3 and not m.is_auto
		or m.kind = 'outbound' and not exists (select from ratings g where g.workspace_id = $1 and g.message_id = m.id)
			and (` + AddressedToThem + ` or ` + AnswersThem + `))`

// AddressedToThem holds for a message m that was sent to an address of contact $3 of workspace $1, also one that was released
// when they were deleted.
const AddressedToThem = `m.to_recipients || m.cc_recipients && array(select e.email from contact_emails e where e.workspace_id = $1 and e.contact_id = $3
	union all select r.email from released_addresses r where r.workspace_id = $1 and r.contact_id = $3)`

// AnswersThem holds for a message m that answers one of contact $3 of workspace $1. On a case of somebody else it may have gone
// to that one alone.
const AnswersThem = `exists (select from messages p where p.workspace_id = $1 and p.id = m.reply_to_id and p.author_contact_id = $3)`

// OwnThreadTx returns the newest messages of a case that its contact may read, or those before a message. The caller has
// established that the case is the contact's and live.
func OwnThreadTx(ctx context.Context, tx pgx.Tx, c cases.Case, before ID) (t Thread, err error) {
	if before == 0 {
		before = math.MaxInt64
	}
	rows, err := tx.Query(ctx, fmt.Sprintf(`select * from (select m.id, m.kind, coalesce(u.name, '') as author_name, m.body_text, m.created_at
			from messages m
			left join members a on a.workspace_id = $1 and a.id = m.author_member_id
			left join users u on u.id = a.user_id
			where m.workspace_id = $1 and %s and m.id < $4 order by m.id desc limit %d) newest order by id`, ownMessages, threadSize+1),
		c.WorkspaceID, c.ID, c.ContactID, before)
	if err != nil {
		return Thread{}, err
	}
	if t.Messages, err = pgx.CollectRows(rows, pgx.RowToStructByNameLax[Message]); err != nil {
		return Thread{}, err
	}
	if len(t.Messages) > threadSize {
		t.Messages = t.Messages[1:]
		t.Earlier = t.Messages[0].ID
	}
	return t, addBelowTx(ctx, tx, c, t.Messages, nil)
}

// OwnFile returns a file of a message that the actor may read on their own live case. The moment the case is deleted, marked
// as spam or merged away, the file is out of reach.
//
// Needs UsePortal. Errors: Forbidden, NotFound.
func (s *Service) OwnFile(ctx context.Context, actor access.Actor, n cases.Number, id int64) (f File, err error) {
	if err := actor.Require(access.UsePortal); err != nil {
		return File{}, err
	}
	err = s.db.ReadWorkspace(ctx, int64(actor.Workspace), func(tx pgx.Tx) error {
		c, err := cases.OwnTx(ctx, tx, actor, n)
		if err != nil {
			return err
		}
		rows, err := tx.Query(ctx, `select a.case_id, a.filename, a.content_type, b.data
			from attachments a
			join messages m on m.workspace_id = a.workspace_id and m.id = a.message_id
			join blobs b on b.workspace_id = a.workspace_id and b.id = a.blob_id
			where a.workspace_id = $1 and a.id = $4 and `+ownMessages, c.WorkspaceID, c.ID, c.ContactID, id)
		if err != nil {
			return err
		}
		f, err = pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[File])
		return err
	})
	if errs.Is(err, errs.NotFound) {
		err = errs.New(errs.NotFound, "There is no such file.")
	}
	return f, err
}
