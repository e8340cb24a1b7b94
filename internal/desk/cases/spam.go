package cases

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"caseward/internal/desk/access"
	"caseward/internal/desk/contact"
)

// SenderChoice says whether who sent a case that is marked as spam is suspended.
type SenderChoice string

// The choices. SenderUsual suspends them unless some of their cases were solved.
const (
	SenderUsual    SenderChoice = ""
	SuspendSender  SenderChoice = "suspend"
	LeaveTheSender SenderChoice = "leave"
)

// SpamInput says which case is spam.
type SpamInput struct {
	Number Number
	Sender SenderChoice
}

// Spammed is a case marked as spam.
type Spammed struct {
	Case       Case
	Suspended  bool               // its contact was, now
	Protection contact.Protection // why it never is
}

// MarkSpam moves a case to the Spam view and leaves its contact alone. It is not a way around the right to delete: spam is
// never purged.
//
// Needs WorkCases. Errors: Forbidden, NotFound, Gone; Conflict when the case is deleted.
func (s *Service) MarkSpam(ctx context.Context, actor access.Actor, n Number) (Case, error) {
	r, err := s.Spam(ctx, actor, SpamInput{Number: n, Sender: LeaveTheSender})
	return r.Case, err
}

// Spam is MarkSpam that also suspends who sent the case, as the input chooses. Members' addresses and protected domains are
// never suspended. A case that is in spam already is left as it is, and so is its contact.
//
// Needs and errors: those of MarkSpam.
func (s *Service) Spam(ctx context.Context, actor access.Actor, in SpamInput) (r Spammed, err error) {
	c, err := s.edit(ctx, actor, in.Number, func(tx pgx.Tx, c *Case) error {
		r = Spammed{}
		if c.SpamAt != nil {
			return nil
		}
		c.markSpam(actor.Member, s.now())
		if err := saveTx(ctx, tx, *c); err != nil {
			return err
		}
		if err := s.suspendSenderTx(ctx, tx, actor, *c, in.Sender, &r); err != nil {
			return err
		}
		return s.noteTx(ctx, tx, actor, *c, ActSpam, map[string]any{"suspended": r.Suspended})
	})
	r.Case = c
	return r, err
}

func (s *Service) suspendSenderTx(ctx context.Context, tx pgx.Tx, actor access.Actor, c Case, choice SenderChoice, r *Spammed) error {
	if choice == LeaveTheSender {
		return nil
	}
	if choice != SuspendSender {
		solved, err := solvedTx(ctx, tx, c)
		if err != nil || solved > 0 {
			return err
		}
	}
	done, protected, err := contact.SuspendTx(ctx, tx, actor, []contact.Offender{{Contact: c.ContactID, Case: int64(c.Number)}}, s.now())
	r.Suspended, r.Protection = len(done) > 0, protected[c.ContactID]
	return err
}

// NotSpamInput says which case is no spam. Lift lets its contact write again, if a mark as spam had suspended it.
type NotSpamInput struct {
	Number Number
	Lift   bool
}

// Unspammed is a case brought back from Spam.
type Unspammed struct {
	Case      Case
	Lifted    bool // its contact may write again
	OfDeleted bool // only its contact's deletion had hidden it, and the contact stays deleted
}

// NotSpam brings a case back from the Spam view as it was, and leaves its contact alone.
//
// Needs WorkCases. Errors: Forbidden, NotFound, Gone; Conflict when the case is deleted.
func (s *Service) NotSpam(ctx context.Context, actor access.Actor, n Number) (Case, error) {
	r, err := s.TakeFromSpam(ctx, actor, NotSpamInput{Number: n})
	return r.Case, err
}

// TakeFromSpam brings a case back from the Spam view as it was. A reply that had not been sent by then is sent now, within a
// day. A contact that somebody suspended by hand stays so.
//
// Needs and errors: those of NotSpam.
func (s *Service) TakeFromSpam(ctx context.Context, actor access.Actor, in NotSpamInput) (r Unspammed, err error) {
	c, err := s.edit(ctx, actor, in.Number, func(tx pgx.Tx, c *Case) error {
		r = Unspammed{}
		if c.SpamAt == nil {
			return nil
		}
		r.OfDeleted = c.SpamCause != nil && *c.SpamCause == ContactDeleted
		c.SpamAt, c.SpamBy, c.SpamCause = nil, nil, nil
		if err := saveTx(ctx, tx, *c); err != nil {
			return err
		}
		if _, err := sendAfterAllTx(ctx, tx, c.WorkspaceID, []ID{c.ID}, s.now()); err != nil {
			return err
		}
		if in.Lift {
			lifted, err := contact.LiftTx(ctx, tx, actor, []contact.ID{c.ContactID}, contact.SpamCause, s.now())
			if err != nil {
				return err
			}
			r.Lifted = len(lifted) > 0
		}
		return s.noteTx(ctx, tx, actor, *c, ActNotSpam, map[string]any{"lifted": r.Lifted})
	})
	r.Case = c
	return r, err
}

// SpamErasure says which cases are to be removed: those of them that were marked as spam by until, if that is set. Bulk is the
// action that it is part of; 0: none.
type SpamErasure struct {
	IDs   []ID
	Bulk  int64
	Until *time.Time
}
