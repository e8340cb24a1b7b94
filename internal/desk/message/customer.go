package message

import (
	"context"
	"errors"
	"maps"

	"github.com/jackc/pgx/v5"

	"caseward/internal/desk/access"
	"caseward/internal/desk/audit"
	"caseward/internal/desk/cases"
	"caseward/internal/desk/contact"
	"caseward/internal/platform/errs"
)

// CustomerInput is what a customer writes in the portal.
type CustomerInput struct {
	Number     cases.Number // of the case that it answers; 0: it begins one
	Subject    string       // of a case that it begins
	Body       string       // plain text; may be empty where there are files
	Files      []Upload     // together up to MaxFiles
	Submission string       // the random key of the form: the same again is what is there, and nothing happens
}

// Written is where a customer's message is.
type Written struct {
	Case    cases.Case
	Follows cases.Number // the case that was closed too long ago to go on with; 0: it went where it was written
}

// WriteAsCustomer takes in what a customer writes in the portal, as it does a mail from them: it opens a closed case again
// within the time that the workspace has set, and begins one that follows it after that; it moves the inactivity clock and
// tells whose case it is.
//
// Needs UsePortal. Errors: Invalid (fields subject, body, files); Forbidden, also for a contact who was deleted or suspended
// meanwhile; NotFound for what is not live, or not theirs.
func (s *Service) WriteAsCustomer(ctx context.Context, actor access.Actor, in CustomerInput) (w Written, err error) {
	on := audit.Object{Kind: "contact", ID: actor.ContactID}
	if err := s.guard.Require(ctx, actor, access.UsePortal, on); err != nil {
		return Written{}, err
	}
	sent := submission(in.Submission, "customer", actor.ContactID, in.Number, in.Subject, in.Body, digests(in.Files))
	mail, err := in.validate(sent)
	if err != nil {
		return Written{}, err
	}
	err = s.db.InWorkspace(ctx, int64(actor.Workspace), func(tx pgx.Tx) error {
		w = Written{}
		if err := queueUpTx(ctx, tx, actor.Workspace, sent); err != nil {
			return err
		}
		id, known, err := earlierTx(ctx, tx, actor.Workspace, sent)
		if err != nil {
			return err
		}
		if id != 0 {
			w.Case, err = cases.LockByIDTx(ctx, tx, actor.Workspace, known)
			return err
		}
		person, err := contact.HoldActiveTx(ctx, tx, actor.Workspace, contact.ID(actor.ContactID))
		if err != nil {
			return err
		}
		mail.FromName, mail.FromEmail = person.Name, person.Email
		w, err = s.writeTx(ctx, tx, actor, in.Number, mail)
		return err
	})
	if err == nil {
		s.cases.Changed(actor.Workspace, w.Case.Number)
		if w.Follows != 0 {
			s.cases.Changed(actor.Workspace, w.Follows)
		}
	}
	return w, err
}

// writeTx puts the message into its case, or makes one.
func (s *Service) writeTx(ctx context.Context, tx pgx.Tx, actor access.Actor, n cases.Number, mail Incoming) (Written, error) {
	person := contact.ID(actor.ContactID)
	if n == 0 {
		r, err := s.createTx(ctx, tx, actor, person, mail)
		if err != nil {
			return Written{}, err
		}
		return Written{Case: *r.Case}, nil
	}
	c, err := cases.LockOwnTx(ctx, tx, actor, n)
	if err != nil {
		return Written{}, err
	}
	into, closed, err := s.continuesTx(ctx, tx, &c, mail)
	if err != nil {
		return Written{}, err
	}
	if into != nil && into.ContactID != person { // somebody else's answer began what follows: theirs to read, not this one's
		into, closed = nil, &c
	}
	if into != nil {
		r, err := s.appendTx(ctx, tx, actor, into, person, mail)
		if err != nil {
			return Written{}, err
		}
		w := Written{Case: *r.Case}
		if into.ID != c.ID {
			w.Follows = c.Number
		}
		return w, nil
	}
	mail.Subject = c.Subject
	r, err := s.createTx(ctx, tx, actor, person, mail)
	if err != nil {
		return Written{}, err
	}
	return Written{Case: *r.Case, Follows: closed.Number}, cases.FollowTx(ctx, tx, actor, *r.Case, *closed, s.now())
}

// validate collects every problem at once, so that a form shows them all.
func (in CustomerInput) validate(sent []byte) (Incoming, error) {
	problems := map[string]string{}
	collect := func(err error) {
		if e, ok := errors.AsType[*errs.Error](err); ok {
			maps.Copy(problems, e.Fields)
		}
	}
	mail := Incoming{channel: cases.ByPortal, submission: sent}
	var err error
	if in.Number == 0 {
		mail.Subject, err = cases.ValidSubject(in.Subject)
		collect(err)
	}
	mail.Text, mail.Attachments, err = validContent(in.Body, in.Files)
	collect(err)
	if len(problems) > 0 {
		return Incoming{}, &errs.Error{Kind: errs.Invalid, Message: "Some fields need another look.", Fields: problems}
	}
	return mail, nil
}
