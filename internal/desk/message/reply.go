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
	"caseward/internal/desk/contact"
	"caseward/internal/desk/drafts"
	"caseward/internal/platform/errs"
)

// ReplyInput is an agent's answer to the customer.
type ReplyInput struct {
	Number  cases.Number
	Body    string            // Markdown; may be empty where there are files
	Files   []Upload          // together up to MaxFiles
	Cc      []string          // addresses besides the contact's, at most MaxCc
	Status  *cases.Status     // set after sending; nil leaves it
	Then    cases.UpdateInput // set after sending, with Status in one transaction
	Restore bool              // bring a deleted case back first; needs RestoreCases too
	// Seen is the newest message that the writer has seen, 0 where there was none; nil where nobody has asked. If somebody
	// else has written since, be it a note, nothing is sent. It does not hold back what restores a case, only what finds it
	// restored.
	Seen *ID
	// Draft is the version of the draft that this was written as; it goes in the same moment. 0: of none.
	Draft drafts.Version
	// Anyway sends it although another form of the same writer has saved a newer draft, which stays. Otherwise nothing is
	// sent then.
	Anyway bool
	// Submission is the random key of the form that this came from: the same text sent again with the same key returns
	// the message that is there, and nothing happens. "" for what may come twice.
	Submission string
}

// ErrOvertaken is the cause of the Conflict that Reply returns where somebody else wrote while the reply was being written.
var ErrOvertaken = errors.New("there is a newer message")

// Reply adds an outgoing message to a case and queues it to be sent to the contact.
//
// Needs WorkCases. Errors: Invalid, Forbidden, NotFound, Gone; Conflict when the case is deleted or in spam, or, with the
// cause ErrOvertaken, when somebody else's message is newer than Seen, or, with drafts.ErrElsewhere, when the actor's own draft
// is newer than Draft.
func (s *Service) Reply(ctx context.Context, actor access.Actor, in ReplyInput) (ID, error) {
	sent := submission(in.Submission, Outbound, actor.Member, in.Number, in.Body, in.Cc, digests(in.Files))
	written := drafts.SaveInput{Number: in.Number, Kind: drafts.Reply, Body: in.Body, Known: in.Draft, Writer: in.Submission, Anyway: in.Anyway}
	return s.write(ctx, actor, written, in.Restore, sent, func(tx pgx.Tx, c *cases.Case, restored bool) (ID, error) {
		body, files, err := validContent(in.Body, in.Files)
		if err != nil {
			return 0, err
		}
		if !restored {
			if err := notOvertakenTx(ctx, tx, actor, *c, in.Seen); err != nil {
				return 0, err
			}
		}
		id, err := s.sendTx(ctx, tx, actor, c, outgoing{body, in.Cc, files, sent})
		if err != nil {
			return 0, err
		}
		then := in.Then
		if in.Status != nil {
			then.Status = in.Status
		}
		return id, s.cases.UpdateTx(ctx, tx, actor, c, then)
	})
}

// notOvertakenTx holds a reply back whose writer has not seen what others wrote. Whoever adds a message locks the case, so of
// two people's replies at the same moment the second is held back.
func notOvertakenTx(ctx context.Context, tx pgx.Tx, actor access.Actor, c cases.Case, seen *ID) error {
	if seen == nil {
		return nil
	}
	var newer bool
	err := tx.QueryRow(ctx, `select exists (select from messages where workspace_id = $1 and case_id = $2 and id > $3
			and author_member_id is distinct from $4)`, c.WorkspaceID, c.ID, *seen, actor.Member).Scan(&newer)
	if err == nil && newer {
		err = errs.Wrap(errs.Conflict, "Somebody else wrote on this case while you did. Your reply was not sent.", ErrOvertaken)
	}
	return err
}

// NoteInput is a word among members.
type NoteInput struct {
	Number     cases.Number
	Body       string         // Markdown; may be empty where there are files
	Files      []Upload       // as in ReplyInput
	Restore    bool           // as in ReplyInput
	Draft      drafts.Version // as in ReplyInput
	Anyway     bool           // as in ReplyInput
	Submission string         // as in ReplyInput
}

// Note adds an internal note. It is no activity: neither the place in the list nor the inactivity clock moves.
//
// Needs WorkCases. Errors: Invalid, Forbidden, NotFound, Gone; Conflict when the case is deleted, its contact is being deleted forever, or,
// with the cause drafts.ErrElsewhere, as in Reply.
func (s *Service) Note(ctx context.Context, actor access.Actor, in NoteInput) (ID, error) {
	sent := submission(in.Submission, Note, actor.Member, in.Number, in.Body, digests(in.Files))
	written := drafts.SaveInput{Number: in.Number, Kind: drafts.Note, Body: in.Body, Known: in.Draft, Writer: in.Submission, Anyway: in.Anyway}
	return s.write(ctx, actor, written, in.Restore, sent, func(tx pgx.Tx, c *cases.Case, _ bool) (ID, error) {
		body, files, err := validContent(in.Body, in.Files)
		if err != nil {
			return 0, err
		}
		id, err := addTx(ctx, tx, *c, draft{kind: Note, member: &actor.Member, text: body, submission: sent, attachments: files}, s.now())
		if err != nil {
			return 0, err
		}
		if err := cases.NoteTx(ctx, tx, actor, *c, cases.ActNoted, map[string]any{"message": id}, s.now()); err != nil {
			return 0, err
		}
		return id, s.tellMentionedTx(ctx, tx, actor, *c, body)
	})
}

// write asks for the right, locks the case, restores it where asked, and refuses what a hidden case refuses; with the
// message made, its draft goes. What was sent before is there, whatever has become of the case since.
func (s *Service) write(ctx context.Context, actor access.Actor, written drafts.SaveInput, restore bool, sent []byte, fn func(tx pgx.Tx, c *cases.Case, restored bool) (ID, error)) (id ID, err error) {
	n := written.Number
	object := audit.Case(int64(n))
	if err := s.guard.Require(ctx, actor, access.WorkCases, object); err != nil {
		return 0, err
	}
	if restore {
		if err := s.guard.Require(ctx, actor, access.RestoreCases, object); err != nil {
			return 0, err
		}
	}
	err = s.db.InWorkspace(ctx, int64(actor.Workspace), func(tx pgx.Tx) error {
		c, err := cases.LockTx(ctx, tx, actor.Workspace, n)
		if err != nil {
			return err
		}
		if id, _, err = earlierTx(ctx, tx, actor.Workspace, sent); err != nil || id != 0 {
			return err
		}
		restored := restore && c.DeletedAt != nil
		if restored {
			if _, err := s.cases.RestoreTx(ctx, tx, actor, &c); err != nil {
				return err
			}
		}
		if err := c.RequireEditable(); err != nil {
			return err
		}
		if err := cases.RequireStayingTx(ctx, tx, actor.Workspace, c); err != nil {
			return err
		}
		if err := drafts.NotElsewhereTx(ctx, tx, actor, c, written); err != nil {
			return err
		}
		if id, err = fn(tx, &c, restored); err != nil {
			return err
		}
		return drafts.SentTx(ctx, tx, actor, c, written)
	})
	if err == nil {
		s.cases.Changed(actor.Workspace, n)
	}
	return id, err
}

// outgoing is what a member sends to the contact of a case.
type outgoing struct {
	body  string   // Markdown
	cc    []string // as typed
	files []NewAttachment
	sent  []byte // the submission
}

// sendTx stores an outgoing message and queues its delivery in the same transaction.
func (s *Service) sendTx(ctx context.Context, tx pgx.Tx, actor access.Actor, c *cases.Case, out outgoing) (ID, error) {
	if err := requireNotSpam(*c); err != nil {
		return 0, err
	}
	to, err := contact.CurrentTx(ctx, tx, c.WorkspaceID, c.ContactID)
	if err != nil {
		return 0, err
	}
	if to.Email == "" {
		return 0, errs.Field("body", "This contact has no e-mail address to send to. Add one first, or write an internal note.")
	}
	cc, err := validCcTx(ctx, tx, c.WorkspaceID, out.cc, to.Email)
	if err != nil {
		return 0, err
	}
	now := s.now()
	id, err := s.mailTx(ctx, tx, *c, draft{
		kind: Outbound, member: &actor.Member, text: out.body, to: []string{to.Email}, cc: cc, submission: out.sent, attachments: out.files,
	}, addTx)
	if err != nil {
		return 0, err
	}
	if _, err := cases.TouchTx(ctx, tx, actor, c, cases.ActivityBy{}, now); err != nil {
		return 0, err
	}
	return id, cases.NoteTx(ctx, tx, actor, *c, cases.ActReplied, map[string]any{"message": id}, now)
}

// SendAutomaticTx stores a mail that the program itself writes to the contact of a locked case, as an answer to their
// last one, and queues it. It is no activity on the case, and no case is found by its words.
func (s *Service) SendAutomaticTx(ctx context.Context, tx pgx.Tx, c cases.Case, to, body string) (ID, error) {
	return s.mailTx(ctx, tx, c, draft{kind: Outbound, text: body, to: []string{to}, auto: true}, insertTx)
}

// mailTx stores a draft as an outgoing mail that answers the customer's last one, and queues its delivery in the same
// transaction.
func (s *Service) mailTx(
	ctx context.Context, tx pgx.Tx, c cases.Case, d draft, store func(context.Context, pgx.Tx, cases.Case, draft, time.Time) (ID, error),
) (ID, error) {
	now := s.now()
	messageID, err := outgoingIDTx(ctx, tx, c, now)
	if err != nil {
		return 0, err
	}
	d.messageID = &messageID
	if d.replyTo, err = lastFromCustomerTx(ctx, tx, c); err != nil {
		return 0, err
	}
	id, err := store(ctx, tx, c, d, now)
	if err != nil {
		return 0, err
	}
	return id, s.queueTx(ctx, tx, c, id, now)
}

// requireNotSpam refuses what would send mail to a spammer.
func requireNotSpam(c cases.Case) error {
	if c.SpamAt != nil {
		return errs.Newf(errs.Conflict, "Case %d is in spam. Mark it as not spam before you answer.", c.Number)
	}
	return nil
}

// outgoingIDTx makes a Message-ID and remembers it, so that the answer to it finds this case.
func outgoingIDTx(ctx context.Context, tx pgx.Tx, c cases.Case, now time.Time) (string, error) {
	var address string
	err := tx.QueryRow(ctx, `select coalesce((select address from inbound_addresses where workspace_id = $1
		order by queue_id = $2 desc, is_default desc limit 1), 'caseward.invalid')`, c.WorkspaceID, c.QueueID).Scan(&address)
	if err != nil {
		return "", err
	}
	id := newMessageID(address[strings.LastIndexByte(address, '@')+1:])
	_, err = tx.Exec(ctx, `insert into mail_ids (workspace_id, id_hash, case_id, seen, created_at) values ($1, $2, $3, true, $4)`,
		c.WorkspaceID, hashID(id), c.ID, now)
	return id, err
}

func lastFromCustomerTx(ctx context.Context, tx pgx.Tx, c cases.Case) (id *ID, err error) {
	err = tx.QueryRow(ctx, `select max(id) from messages where workspace_id = $1 and case_id = $2 and kind = 'inbound'`,
		c.WorkspaceID, c.ID).Scan(&id)
	return id, err
}
