package inbound

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"

	"caseward/internal/desk/cases"
	"caseward/internal/desk/contact"
	"caseward/internal/desk/message"
	"caseward/internal/desk/workspace"
	"caseward/internal/email/replyaddr"
	"caseward/internal/platform/clock"
	"caseward/internal/platform/db"
	"caseward/internal/platform/errs"
)

// IntakeSweep is the job that takes in what was stored but not finished, as in `caseward run NAME`.
const IntakeSweep = "intake"

// Intake is the one path of mail into cases, for SMTP, files and the sweep alike.
type Intake struct {
	db       *db.DB
	messages *message.Service
	routes   *routes
	signer   *replyaddr.Signer
	now      clock.Clock
	log      *slog.Logger
	parse    func(raw []byte) Message
}

// NewIntake returns an Intake.
func NewIntake(d *db.DB, m *message.Service, a Addresses, s *replyaddr.Signer, now clock.Clock, log *slog.Logger) *Intake {
	return &Intake{d, m, &routes{addresses: a, now: now, known: map[string]knownRoute{}}, s, now, log, Parse}
}

// Recipient reports whether mail to the address is ours: an inbound address or a reply address below it.
func (in *Intake) Recipient(ctx context.Context, rcpt string) error {
	_, err := in.routes.find(ctx, rcpt)
	return err
}

// Receive stores the raw mail once for each workspace it is addressed to, then reads it and puts it into its case.
// When it returns nil the mail is safe, even where the second step failed: the sweep tries that again.
func (in *Intake) Receive(ctx context.Context, e Envelope, raw []byte) error {
	type copyOf struct {
		message.Raw
		route workspace.Route
	}
	var copies []copyOf
	for _, rcpt := range in.signedFirst(e.To) {
		route, err := in.routes.find(ctx, rcpt)
		if err != nil {
			return err
		}
		if slices.ContainsFunc(copies, func(c copyOf) bool { return c.WorkspaceID == route.Workspace }) {
			continue
		}
		stored, err := in.messages.StoreRaw(ctx, message.Raw{
			WorkspaceID: route.Workspace, EnvelopeFrom: e.From, EnvelopeTo: strings.ToLower(rcpt), Raw: raw,
		})
		if err != nil {
			return err
		}
		copies = append(copies, copyOf{stored, route})
	}
	mail := in.parse(raw)
	mail.ApplyEnvelope(e)
	for _, c := range copies {
		if _, err := in.messages.TakeIn(ctx, c.Raw, in.incoming(mail, c.route, e)); err != nil {
			in.log.ErrorContext(ctx, "a mail is stored but not in a case yet; it is tried again", "mail", c.ID, "err", err)
		}
	}
	return nil
}

// signedFirst puts reply addresses before others: one recipient is stored with the raw mail, and that one says most.
func (in *Intake) signedFirst(rcpts []string) []string {
	sorted := slices.Clone(rcpts)
	slices.SortStableFunc(sorted, func(a, b string) int {
		switch {
		case replyaddr.IsSigned(a) == replyaddr.IsSigned(b):
			return 0
		case replyaddr.IsSigned(a):
			return -1
		}
		return 1
	})
	return sorted
}

// plainAfter is the number of tries after which a mail is taken in as bare text with the raw mail beside it.
const plainAfter = 3

// Sweep takes in stored mails that nobody finished: their process died, or the database refused them.
func (in *Intake) Sweep(ctx context.Context) (string, error) {
	taken, failed := 0, 0
	for {
		if err := message.ReleaseHeld(ctx, in.db, in.now()); err != nil {
			return "", err
		}
		waiting, err := message.WaitingRaw(ctx, in.db, in.now(), 20)
		if err != nil || len(waiting) == 0 {
			return fmt.Sprintf("took in %d mails, %d to be tried again", taken, failed), err
		}
		for _, r := range waiting {
			if err := in.again(ctx, r); err != nil {
				in.log.ErrorContext(ctx, "a stored mail could not be taken in", "mail", r.ID, "try", r.Attempts, "err", err)
				failed++
				continue
			}
			taken++
		}
	}
}

func (in *Intake) again(ctx context.Context, r message.Raw) error {
	r, err := in.messages.LoadRaw(ctx, r)
	if errs.Is(err, errs.NotFound) {
		return nil // whoever stored it was only slow
	}
	if err != nil {
		return err
	}
	_, err = in.takeAgain(ctx, r)
	return err
}

// takeAgain takes in a mail that was stored before; nil where somebody else has.
func (in *Intake) takeAgain(ctx context.Context, r message.Raw) (*message.Received, error) {
	route, err := in.routes.find(ctx, r.EnvelopeTo)
	switch {
	case err != nil && !errs.Is(err, errs.NotFound):
		return nil, err
	case err != nil || route.Workspace != r.WorkspaceID:
		// The address was removed or moved meanwhile: the mail still belongs to the workspace that had it.
		route = workspace.Route{Workspace: r.WorkspaceID}
	}
	incoming := in.Read(r.Raw, route, Envelope{From: r.EnvelopeFrom, To: []string{r.EnvelopeTo}})
	if r.EnvelopeFrom == unknownSender { // Import was stopped
		incoming = in.history(incoming)
	}
	if r.Attempts > plainAfter {
		incoming.HTML, incoming.Attachments = "", nil
		incoming.Defects = strings.TrimSpace(incoming.Defects + "\nThis mail could not be taken in whole. Download the original to see the rest.")
	}
	return in.messages.TakeIn(ctx, r, incoming)
}

// Read turns a raw mail into what a case takes.
func (in *Intake) Read(raw []byte, route workspace.Route, e Envelope) message.Incoming {
	mail := in.parse(raw)
	mail.ApplyEnvelope(e)
	return in.incoming(mail, route, e)
}

// unknownSender stands for a sender that the mail does not name; .invalid can never be somebody's (RFC 2606).
const unknownSender = "unknown@" + contact.NobodysDomain

// incoming turns what was read into what a case takes.
func (in *Intake) incoming(m Message, route workspace.Route, e Envelope) message.Incoming {
	from := m.writer()
	if strings.EqualFold(replyaddr.Base(from.Email), route.Address) {
		from = m.From
	}
	if from.Email == "" {
		from = Address{Name: "Unknown sender", Email: unknownSender}
	}
	fromUs := strings.EqualFold(m.From.Email, route.Address)
	out := message.Incoming{
		MessageID: m.MessageID, Content: m.contentHash(), References: m.threadReferences(),
		FromName: from.Name, FromEmail: from.Email, To: emails(m.To), Cc: emails(m.Cc),
		Subject: m.Subject, Text: m.Text, HTML: m.HTML, Date: m.Date,
		// What comes from our own address is an echo of ours: taken in, but it must not set anything off.
		Auto: m.AutoReply || m.Bounce != nil || fromUs, FromUs: fromUs,
		Defects: strings.Join(m.Defects, "\n"), Queue: int64(route.Queue),
	}
	if m.Bounce.Failed() {
		out.BouncedID, out.BounceReason = m.Bounce.OriginalMessageID, m.Bounce.reason()
	}
	for _, to := range slices.Concat(e.To, m.DeliveredTo, emails(m.To), emails(m.Cc)) {
		if id, err := in.signer.Verify(to, int64(route.Workspace)); err == nil {
			out.ReplyCase = cases.ID(id)
			break
		}
	}
	for _, a := range m.Attachments {
		out.Attachments = append(out.Attachments, message.NewAttachment{
			Filename: a.Filename, ContentType: a.ContentType, ContentID: a.ContentID, Inline: a.Inline, Data: a.Data,
		})
	}
	return out
}

// threadReferences are the mails that this one answers, the nearest first (RFC 5322, section 3.6.4).
func (m Message) threadReferences() []string {
	var refs []string
	if m.Bounce != nil && m.Bounce.OriginalMessageID != "" {
		refs = append(refs, m.Bounce.OriginalMessageID)
	}
	refs = append(refs, m.InReplyTo...)
	for _, r := range slices.Backward(m.References) {
		refs = append(refs, r)
	}
	return refs
}

func emails(list []Address) []string {
	var out []string
	for _, a := range list {
		out = append(out, a.Email)
	}
	return out
}
