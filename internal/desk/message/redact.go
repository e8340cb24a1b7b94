package message

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5"

	"caseward/internal/desk/access"
	"caseward/internal/desk/audit"
	"caseward/internal/desk/cases"
	"caseward/internal/desk/hold"
	"caseward/internal/platform/errs"
	"caseward/internal/platform/markup"
)

// RedactInput says what of a message is to be erased for good.
type RedactInput struct {
	Number      cases.Number // of the case that the message must be on; 0: whichever it is on
	Message     ID
	Body        bool    // everything that it says, with the pictures in it
	Text        string  // or a passage, wherever it stands in the message
	Everywhere  bool    // and where the other messages of the case have the passage, or quote the body
	Attachments []int64 // files of the message
	// Agreed is the Size of the redaction as somebody saw it before they agreed; if more would go now, nothing does.
	// 0: whatever it is.
	Agreed int
}

const minPassage = 2 // characters

// Redaction is what a redaction takes away.
type Redaction struct {
	Number      cases.Number
	Message     Message // as it was before
	Body        bool
	Passages    []Redacted // the messages in which passages go, the message itself first
	Attachments []Attachment
	RawMails    int // mails as they came
	Drafts      int // what members have written and not sent, of which passages go
	FollowUps   int // notes of what is to be done, of which passages go
	Fields      int // custom ones, likewise
	Subjects    int // of cases merged into this one, likewise
	Unsent      int // replies that were still to be sent, and will not be
	Left        Left
}

// Redacted is a message of which passages go.
type Redacted struct {
	Message
	Found markup.Found
}

// Size grows with everything that goes; 0: there is nothing, or nothing any more.
func (r Redaction) Size() int {
	n := len(r.Attachments)
	if r.Body {
		n++
	}
	for _, p := range r.Passages {
		n += p.Found.Count()
	}
	return n
}

// PlanRedaction tells what Redact would take away and what it would leave. Nothing changes.
//
// Needs EraseInformation, and RestoreCases for a deleted case. Errors: as Redact.
func (s *Service) PlanRedaction(ctx context.Context, actor access.Actor, in RedactInput) (r Redaction, err error) {
	err = s.redacting(ctx, actor, in, false, func(tx pgx.Tx, c cases.Case) error {
		p, err := planRedactionTx(ctx, tx, c, in)
		r = p.Redaction
		return err
	})
	return r, err
}

// Redact erases content of a message for good: there is no way back, and a copy in somebody's mailbox is out of reach.
// What stays is who did it and when. The mails as they came go whole, the case is no longer found by the words, and a reply
// that was still to be sent is cancelled. It works on deleted cases and in spam, and moves neither the case in its list nor the
// inactivity clock. To redact again what is gone changes nothing and is no error.
//
// Needs EraseInformation, and RestoreCases for a deleted case. Errors: Invalid, Forbidden, NotFound, Gone; Conflict when more
// would go than was agreed to, or the case is on legal hold.
func (s *Service) Redact(ctx context.Context, actor access.Actor, in RedactInput) (r Redaction, err error) {
	err = s.redacting(ctx, actor, in, true, func(tx pgx.Tx, c cases.Case) error {
		p, err := planRedactionTx(ctx, tx, c, in)
		if r = p.Redaction; err != nil || r.Size() == 0 {
			return err
		}
		if in.Agreed > 0 && r.Size() > in.Agreed {
			return errs.New(errs.Conflict, "Meanwhile there is more to erase than you were shown. Nothing was erased. Look again.")
		}
		return s.takeTx(ctx, tx, actor, c, p)
	})
	if err == nil && r.Size() > 0 {
		s.cases.Changed(actor.Workspace, r.Number)
	}
	return r, err
}

// errNotShown is the refusal to touch a deleted case that the actor may not see, within the package.
var errNotShown = errors.New("the case is deleted")

// redacting asks for the right and finds the case, in one transaction with what is done about it.
func (s *Service) redacting(ctx context.Context, actor access.Actor, in RedactInput, write bool, do func(pgx.Tx, cases.Case) error) error {
	object := audit.Object{Kind: "message", ID: int64(in.Message)}
	if in.Number != 0 {
		object = audit.Case(int64(in.Number))
	}
	if err := s.guard.Require(ctx, actor, access.EraseInformation, object); err != nil {
		return err
	}
	run, find, free := s.db.ReadWorkspace, cases.ReadTx, hold.LooksFreeTx
	if write {
		run, find, free = s.db.InWorkspace, cases.LockTx, hold.RequireFreeTx
	}
	err := run(ctx, int64(actor.Workspace), func(tx pgx.Tx) error {
		n, err := numberOfTx(ctx, tx, actor.Workspace, in)
		if err != nil {
			return err
		}
		c, err := find(ctx, tx, actor.Workspace, n)
		if err != nil {
			return err
		}
		if c.DeletedAt != nil && !actor.Can(access.RestoreCases) {
			return errNotShown
		}
		if err := free(ctx, tx, c); err != nil {
			return err
		}
		return do(tx, c)
	})
	if errors.Is(err, errNotShown) { // as cases.Get: it is not there for them, and that they tried is recorded
		if err = s.guard.Require(ctx, actor, access.RestoreCases, object); err == nil || errs.Is(err, errs.Forbidden) {
			err = errs.New(errs.NotFound, "There is no such message in this workspace.")
		}
	}
	return err
}

// numberOfTx is the case as given, or the one that the message is on.
func numberOfTx(ctx context.Context, tx pgx.Tx, ws access.WorkspaceID, in RedactInput) (n cases.Number, err error) {
	if in.Number != 0 {
		return in.Number, nil
	}
	err = tx.QueryRow(ctx, `select c.number from messages m join cases c on c.workspace_id = $1 and c.id = m.case_id
		where m.workspace_id = $1 and m.id = $2`, ws, in.Message).Scan(&n)
	return n, err
}
