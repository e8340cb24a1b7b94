package message

import (
	"cmp"
	"context"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"caseward/internal/desk/access"
	"caseward/internal/desk/cases"
	"caseward/internal/desk/contact"
	"caseward/internal/desk/notify"
)

// Incoming is a mail that was read, addressed to a workspace.
type Incoming struct {
	MessageID  string   // never empty; made from the content where the mail has none
	Held       bool     // an automatic mail that was held back with a deleted case, until now
	FromUs     bool     // the sender is the workspace's own address: an echo of what we sent
	Content    string   // a hash of who wrote what; it tells mails apart that share a Message-ID
	References []string // In-Reply-To first, then References from the newest to the oldest
	ReplyCase  cases.ID // from a reply address whose signature was checked; 0 without
	FromName   string
	FromEmail  string
	To, Cc     []string
	Subject    string
	Text, HTML string
	Date       time.Time // zero when the mail has none that can be read
	Auto       bool      // auto-reply or bounce
	BouncedID  string    // the Message-ID of ours that a bounce is about
	// BounceReason is what the recipient's server said, with the recipient; "" where it said nothing.
	BounceReason string
	Defects      string
	Attachments  []NewAttachment
	Queue        int64     // of the address it was sent to
	Since        time.Time // when it was written, for imported history; zero: it comes now

	channel    cases.Channel // of a new case; "": it is a mail
	submission []byte        // of a form of the portal
}

// at is the time that the mail stands at in its case.
func (in Incoming) at(now time.Time) time.Time {
	if in.Since.IsZero() {
		return now
	}
	return in.Since
}

// Outcome says what became of a mail.
type Outcome string

// The outcomes.
const (
	Created   Outcome = "created"   // a new case
	Appended  Outcome = "appended"  // to a case it belongs to
	Restored  Outcome = "restored"  // appended, and the deleted case came back (product section 2)
	Duplicate Outcome = "duplicate" // the same mail came before
	Blocked   Outcome = "blocked"   // its sender is suspended: it is in no case
	HeldBack  Outcome = "held back" // an automatic mail to a deleted case: shown once the case is restored
)

// Received is what became of a mail and where.
type Received struct {
	Outcome Outcome
	Case    *cases.Case    // nil for a duplicate of a mail whose case is gone, and for Blocked
	Message *ID            // nil for Duplicate, Blocked and HeldBack
	Joined  []cases.Number // cases that turned out to be part of Case and are redirects to it now

	ids claimedIDs // of the mail, to be settled with its raw form; none of a duplicate
}

// receiveTx puts a mail into the case it belongs to, or makes one; person is who wrote it, 0 for somebody new. It is the only way
// in for mail, and it runs in the transaction that also finishes the raw mail, so a mail is taken in once or not at all.
func (s *Service) receiveTx(ctx context.Context, tx pgx.Tx, ws access.WorkspaceID, in Incoming, person contact.ID) (Received, error) {
	ids, err := claimIDsTx(ctx, tx, ws, in)
	if err != nil {
		return Received{}, err
	}
	if ids.own.Seen && !in.Held {
		known, err := cameBeforeTx(ctx, tx, in, ids, s.now())
		if err != nil {
			return Received{}, err
		}
		if known != nil {
			return duplicateTx(ctx, tx, ws, *known)
		}
		// Other words under an id that is taken: scanners and web forms use one for all their mail.
		ids.own, in.MessageID = ids.pair, in.pairID()
	}
	if person == 0 {
		if person, err = contact.CreateMissingTx(ctx, tx, ws, in.FromName, in.FromEmail, s.now()); err != nil {
			return Received{}, err
		}
	}
	actor := access.ContactActor(ws, int64(person))
	b, err := s.belongsToTx(ctx, tx, actor, in, ids)
	if err != nil {
		return Received{}, err
	}
	c := b.target
	if c != nil && c.DeletedAt != nil && !in.Auto && !b.signed {
		// A Message-ID is no secret: only who is on a deleted case, or writes to its signed address, brings it back.
		known, err := isOnTx(ctx, tx, *c, person)
		if err != nil {
			return Received{}, err
		}
		if !known {
			c = nil
		}
	}
	var closed *cases.Case // which the mail answers too late to go on with
	if c != nil && !in.Auto {
		if c, closed, err = s.continuesTx(ctx, tx, c, in); err != nil {
			return Received{}, err
		}
	}
	var r Received
	switch {
	case c != nil && c.DeletedAt != nil && in.Auto:
		r, err = s.holdBackTx(ctx, tx, actor, c)
	case c != nil:
		r, err = s.appendTx(ctx, tx, actor, c, person, in)
	default:
		r, err = s.createTx(ctx, tx, actor, person, in)
		if err == nil && !in.Auto {
			err = s.answersDeletedTx(ctx, tx, actor, *r.Case, person, in, ids)
		}
		if err == nil && closed != nil {
			err = cases.FollowTx(ctx, tx, actor, *r.Case, *closed, s.now())
		}
	}
	if err != nil {
		return Received{}, err
	}
	r.Joined, r.ids = b.joined, ids
	return r, nil
}

// isOnTx reports whether a contact is the case's own or has written on it, also as somebody whom they have taken over and
// whose cases are still on their way to them.
func isOnTx(ctx context.Context, tx pgx.Tx, c cases.Case, person contact.ID) (bool, error) {
	if c.ContactID == person {
		return true, nil
	}
	var wrote bool
	err := tx.QueryRow(ctx, `with they as (select id from contacts where workspace_id = $1 and (id = $3 or merged_into_id = $3))
		select $4 in (select id from they) or exists (select from messages where workspace_id = $1 and case_id = $2 and author_contact_id in (select id from they))`,
		c.WorkspaceID, c.ID, person, c.ContactID).Scan(&wrote)
	return wrote, err
}

func duplicateTx(ctx context.Context, tx pgx.Tx, ws access.WorkspaceID, known mailID) (Received, error) {
	if known.CaseID == nil {
		return Received{Outcome: Duplicate}, nil
	}
	c, err := cases.LockByIDTx(ctx, tx, ws, *known.CaseID)
	return Received{Outcome: Duplicate, Case: &c}, err
}

// holdBackTx leaves an automatic mail with a deleted case: it may neither restore the case nor change it.
func (s *Service) holdBackTx(ctx context.Context, tx pgx.Tx, actor access.Actor, c *cases.Case) (Received, error) {
	return Received{Outcome: HeldBack, Case: c}, cases.NoteTx(ctx, tx, actor, *c, cases.ActHeldBack, nil, s.now())
}

func (s *Service) createTx(ctx context.Context, tx pgx.Tx, actor access.Actor, person contact.ID, in Incoming) (Received, error) {
	subject := subjectOf(in)
	queue, err := cases.RouteTx(ctx, tx, actor.Workspace, in.FromEmail, subject)
	if err != nil {
		return Received{}, err
	}
	c, err := cases.CreateTx(ctx, tx, actor, cases.NewCase{
		Subject: subject, Contact: person, Queue: cmp.Or(queue, in.Queue), Channel: cmp.Or(in.channel, cases.ByEmail),
		People: in.people(), Words: in.Text, Inbound: !in.Auto, Since: in.Since,
	}, s.now())
	if err != nil {
		return Received{}, err
	}
	id, err := insertTx(ctx, tx, c, in.draft(person), in.at(s.now()))
	return Received{Outcome: Created, Case: &c, Message: &id}, err
}

// appendTx adds a mail to its case. A customer's mail brings a deleted case back and opens it; a case in spam
// stays in spam.
func (s *Service) appendTx(ctx context.Context, tx pgx.Tx, actor access.Actor, c *cases.Case, person contact.ID, in Incoming) (Received, error) {
	outcome := Appended
	if c.DeletedAt != nil {
		outcome = Restored
		if _, err := s.cases.RestoreTx(ctx, tx, actor, c); err != nil {
			return Received{}, err
		}
	}
	id, err := addTx(ctx, tx, *c, in.draft(person), in.at(s.now()))
	if err != nil {
		return Received{}, err
	}
	if in.BouncedID != "" {
		if err := markBouncedTx(ctx, tx, *c, in); err != nil {
			return Received{}, err
		}
	}
	if err := s.touchTx(ctx, tx, actor, c, in, outcome); err != nil {
		return Received{}, err
	}
	err = cases.NoteTx(ctx, tx, actor, *c, cases.ActReceived, map[string]any{"message": id, "automatic": in.Auto}, s.now())
	if err == nil && outcome == Appended && !in.Auto { // of a restored case the assignee was told just now
		err = cases.TellTx(ctx, tx, actor, *c, notify.Replied, s.now(), c.AssigneeID)
	}
	return Received{Outcome: outcome, Case: c, Message: &id}, err
}

// people are the names and addresses that the case is found by.
func (in Incoming) people() string { return in.FromName + " " + in.FromEmail }

func (in Incoming) draft(person contact.ID) draft {
	d := draft{
		kind: Inbound, contact: &person, text: in.Text, html: in.HTML, people: in.people(), to: in.To, cc: in.Cc,
		auto: in.Auto, defects: in.Defects, attachments: in.Attachments, submission: in.submission,
	}
	if in.MessageID != "" { // what is written in the portal has none
		d.messageID = &in.MessageID
	}
	if !in.Date.IsZero() {
		d.date = &in.Date
	}
	return d
}

// NoSubject is the subject of a case that began with a mail without one.
const NoSubject = "(no subject)"

func subjectOf(in Incoming) string {
	if subject, err := cases.ValidSubject(in.Subject); err == nil {
		return subject
	}
	if subject := []rune(strings.TrimSpace(in.Subject)); len(subject) > 0 {
		return string(subject[:min(len(subject), 499)]) + "…"
	}
	return NoSubject
}
