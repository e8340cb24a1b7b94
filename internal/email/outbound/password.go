package outbound

import (
	"context"
	"crypto/rand"
	"fmt"
	"log/slog"
	"strings"

	"caseward/internal/desk/member"
	"caseward/internal/email/compose"
	"caseward/internal/platform/clock"
	"caseward/internal/platform/db"
	"caseward/internal/platform/errs"
)

// PasswordMails sends the links by which people who forgot their password set a new one.
type PasswordMails struct {
	db        *db.DB
	transport Transport
	base      string // how people reach the program, without a slash at the end
	now       clock.Clock
	log       *slog.Logger
}

// NewPasswordMails returns PasswordMails.
func NewPasswordMails(d *db.DB, t Transport, base string, now clock.Clock, log *slog.Logger) *PasswordMails {
	return &PasswordMails{d, t, strings.TrimRight(base, "/"), now, log}
}

// Sweep mails every link that is due. It is the body of the job member.ResetSweep.
func (p *PasswordMails) Sweep(ctx context.Context) (string, error) {
	sent, failed := 0, 0
	for {
		m, err := member.ClaimReset(ctx, p.db, p.now())
		if err != nil {
			return "", err
		}
		if m == nil {
			return fmt.Sprintf("sent %d mails about passwords, %d failed", sent, failed), member.ForgetResets(ctx, p.db, p.now())
		}
		failure := p.send(ctx, *m)
		if failure != nil {
			failed++
			p.log.WarnContext(ctx, "a link to set a new password could not be mailed", "request", m.ID, "try", m.Tries+1,
				"kind", errs.KindOf(failure), "code", codeOf(failure))
		} else {
			sent++
		}
		// The outcome must be kept even when the program is stopping: the mail has left.
		if err := member.SettleReset(context.WithoutCancel(ctx), p.db, *m, p.now(), failure); err != nil {
			return "", err
		}
	}
}

func (p *PasswordMails) send(ctx context.Context, m member.ResetMail) error {
	mail, err := p.write(m)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, sendTimeout)
	defer cancel()
	return p.transport.Send(ctx, mail)
}

// write makes the mail. Its reverse path is empty (RFC 3834, section 3.3): a bounce would quote the link, and become a
// case that all colleagues can read.
func (p *PasswordMails) write(m member.ResetMail) (Mail, error) {
	if m.From == "" {
		return Mail{}, errs.New(errs.Invalid, "There is no address to send from.")
	}
	raw, err := compose.Build(compose.Outgoing{
		From: compose.Address{Name: "Caseward", Email: m.From}, To: []compose.Address{{Name: m.Name, Email: m.Email}},
		Subject: "Set a new password", Date: p.now(), AutoSubmitted: "auto-generated",
		MessageID: "password." + strings.ToLower(rand.Text()) + m.From[strings.LastIndexByte(m.From, '@'):],
		Text: "Somebody, probably you, asked for a new password for the account " + m.Email + ". Set it here:\n" +
			p.base + "/reset/" + m.Token + "\n\n" +
			"The link works once, and for one hour. If it was not you who asked, you need not do anything: your password stays as it is.\n",
	})
	if err != nil {
		return Mail{}, errs.Wrap(errs.Invalid, "The mail could not be written.", err)
	}
	return Mail{To: []string{m.Email}, Raw: raw}, nil
}
