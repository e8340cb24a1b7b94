// Package outbound sends what is queued: it writes each mail and hands it to a relay, or to a folder where none is
// set.
package outbound

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/emersion/go-smtp"

	"caseward/internal/desk/message"
	"caseward/internal/desk/rating"
	"caseward/internal/email/compose"
	"caseward/internal/email/replyaddr"
	"caseward/internal/platform/clock"
	"caseward/internal/platform/db"
	"caseward/internal/platform/errs"
	"caseward/internal/platform/markup"
)

// Mail is a mail ready to be sent.
type Mail struct {
	From string // the envelope's reverse path: bounces come back to it, or to nobody where it is ""
	To   []string
	Raw  []byte
	// Whose mail it is, by the internal ids; a Case or Message of 0: no case's, no message's.
	Workspace, Case, Message int64
	// Of mail without a case: the link to the portal in it, or the request for erasure that it answers, whose row says
	// how long the mail is kept.
	Link, Answer int64
	Erasure      int64 // that it says to be done: nothing is left that could
}

// Transport delivers mail. An Invalid error means that the mail will never be taken; any other, that it is worth
// another try. Its safe text is shown on the case.
type Transport interface {
	Send(ctx context.Context, m Mail) error
}

// Outbox sends queued mail.
type Outbox struct {
	db        *db.DB
	transport Transport
	signer    *replyaddr.Signer
	links     *rating.Links
	now       clock.Clock
	log       *slog.Logger
}

// NewOutbox returns an Outbox. The links are those by which customers rate.
func NewOutbox(d *db.DB, t Transport, s *replyaddr.Signer, links *rating.Links, now clock.Clock, log *slog.Logger) *Outbox {
	return &Outbox{d, t, s, links, now, log}
}

// sendTimeout bounds one delivery; it is well under the lease of a claimed mail.
const sendTimeout = 2 * time.Minute

// Sweep sends everything that is due. It is the body of the job message.OutboxSweep.
func (o *Outbox) Sweep(ctx context.Context) (string, error) {
	sent, failed := 0, 0
	for {
		d, err := message.ClaimDelivery(ctx, o.db, o.now())
		if err != nil || d == nil {
			return fmt.Sprintf("sent %d mails, %d failed", sent, failed), err
		}
		failure := o.send(ctx, *d)
		if failure != nil {
			failed++
			o.log.WarnContext(ctx, "a mail could not be sent", "workspace", d.WorkspaceID, "mail", d.ID, "try", d.Attempts+1,
				"kind", errs.KindOf(failure), "code", codeOf(failure))
		} else {
			sent++
		}
		// The outcome must be kept even when the program is stopping: the mail has left.
		if err := message.SettleDelivery(context.WithoutCancel(ctx), o.db, *d, o.now(), failure); err != nil {
			return "", err
		}
	}
}

// codeOf is the code of the relay's answer, 0 without one. It stands in the log for the answer, which may name people;
// the answer itself is shown on the case.
func codeOf(failure error) int {
	if answer, ok := errors.AsType[*smtp.SMTPError](failure); ok {
		return answer.Code
	}
	return 0
}

func (o *Outbox) send(ctx context.Context, d message.Delivery) error {
	var files []message.File
	if d.HasFiles {
		var err error
		if files, err = message.DeliveryFiles(ctx, o.db, d); err != nil {
			return err
		}
	}
	mail, err := o.write(d, files)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, sendTimeout)
	defer cancel()
	return o.transport.Send(ctx, mail)
}

// write makes the RFC 5322 message. Answers go to the signed address of Reply-To and bounces to the same in the envelope.
// Where an inbound address is too long to carry a signature both go to it, and find the case by the mail they refer to.
func (o *Outbox) write(d message.Delivery, files []message.File) (Mail, error) {
	if d.From == "" {
		return Mail{}, errs.New(errs.Invalid, "This workspace has no e-mail address to send from. An admin can add one under Admin › Email.")
	}
	replyTo, err := o.signer.Sign(d.From, int64(d.WorkspaceID), int64(d.CaseID))
	if err != nil {
		replyTo = d.From
	}
	out := compose.Outgoing{
		From:    compose.Address{Name: senderName(d), Email: d.From},
		ReplyTo: compose.Address{Name: d.WorkspaceName, Email: replyTo},
		To:      addresses(d.ToRecipients), Cc: addresses(d.CcRecipients),
		Subject: replySubject(d), MessageID: d.MessageID, References: oldestFirst(d.References), Date: d.CreatedAt,
		Text: d.BodyText, HTML: markup.Markdown(d.BodyText),
	}
	if d.IsAuto {
		out.AutoSubmitted = "auto-generated"
	}
	for _, f := range files {
		out.Attachments = append(out.Attachments, compose.Attachment{Filename: f.Filename, ContentType: f.ContentType, Data: f.Data})
	}
	if d.InReplyTo != nil {
		out.InReplyTo = *d.InReplyTo
	}
	if d.RatingID != nil {
		o.ask(&out, d)
	}
	raw, err := compose.Build(out)
	if err != nil {
		return Mail{}, errs.Wrap(errs.Invalid, "This message could not be written as an e-mail. Check the recipient's address.", err)
	}
	return Mail{
		From: replyTo, To: append(append([]string{}, d.ToRecipients...), d.CcRecipients...), Raw: raw,
		Workspace: int64(d.WorkspaceID), Case: int64(d.CaseID), Message: int64(d.MessageRow),
	}, nil
}

// ask adds the links by which the customer answers. They are made only now and stand nowhere else, so no colleague can
// answer in the customer's place.
func (o *Outbox) ask(out *compose.Outgoing, d message.Delivery) {
	url := func(s rating.Score) string {
		return o.links.URL(d.WorkspaceID, rating.ID(*d.RatingID), *d.RatingAskedAt, s)
	}
	good, bad := url(rating.Good), url(rating.Bad)
	const more = "You can add a comment on the page that opens."
	out.AutoSubmitted = "auto-generated"
	out.Text += "\n\nGood, I am satisfied:\n" + good + "\n\nBad, I am not satisfied:\n" + bad + "\n\n" + more + "\n"
	out.HTML += markup.Markdown("**[🙂 Good, I am satisfied](" + good + ")**\n\n**[🙁 Bad, I am not satisfied](" + bad + ")**\n\n" + more)
}

func senderName(d message.Delivery) string {
	if d.AuthorName == "" {
		return d.WorkspaceName
	}
	return d.AuthorName + " (" + d.WorkspaceName + ")"
}

func addresses(list []string) []compose.Address {
	var out []compose.Address
	for _, a := range list {
		out = append(out, compose.Address{Email: a})
	}
	return out
}
