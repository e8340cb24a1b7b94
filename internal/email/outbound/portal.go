package outbound

import (
	"context"
	"crypto/rand"
	"fmt"
	"log/slog"
	"strings"

	"caseward/internal/desk/portal"
	"caseward/internal/email/compose"
	"caseward/internal/platform/clock"
	"caseward/internal/platform/db"
	"caseward/internal/platform/errs"
)

// PortalMails sends the links by which customers confirm their address and sign in, and what becomes of their requests for erasure.
type PortalMails struct {
	db        *db.DB
	transport Transport
	base      string // how people reach the program, without a slash at the end
	now       clock.Clock
	log       *slog.Logger
}

// NewPortalMails returns PortalMails.
func NewPortalMails(d *db.DB, t Transport, base string, now clock.Clock, log *slog.Logger) *PortalMails {
	return &PortalMails{d, t, strings.TrimRight(base, "/"), now, log}
}

// Sweep mails everything that is due. It is the body of the job portal.MailSweep.
func (p *PortalMails) Sweep(ctx context.Context) (string, error) {
	sent, dropped, failed := 0, 0, 0
	for {
		m, err := portal.ClaimMail(ctx, p.db, p.now())
		if err != nil {
			return "", err
		}
		if m == nil {
			answers, err := p.answers(ctx)
			if err != nil {
				return "", err
			}
			erased, err := p.erased(ctx)
			return fmt.Sprintf("mailed to customers %d links, %d answers to requests for erasure and %d times that it is done, dropped %d links, %d failed",
				sent, answers, erased, dropped, failed), err
		}
		if !m.Wanted() {
			dropped++
			continue
		}
		failure := p.send(ctx, *m)
		if failure != nil {
			failed++
			p.log.WarnContext(ctx, "a link to the portal could not be mailed", "workspace", m.WorkspaceID, "link", m.ID, "try", m.Tries+1,
				"kind", errs.KindOf(failure), "code", codeOf(failure))
		} else {
			sent++
		}
		// The outcome must be kept even when the program is stopping: the mail has left.
		if err := portal.SettleMail(context.WithoutCancel(ctx), p.db, *m, p.now(), failure); err != nil {
			return "", err
		}
	}
}

func (p *PortalMails) send(ctx context.Context, m portal.Mail) error {
	mail, err := p.write(m)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, sendTimeout)
	defer cancel()
	return p.transport.Send(ctx, mail)
}

// write makes the mail. Its reverse path is empty (RFC 3834, section 3.3): a bounce would quote the link, and become a
// case that all members can read.
func (p *PortalMails) write(m portal.Mail) (Mail, error) {
	if m.From == "" {
		return Mail{}, errs.New(errs.Invalid, "This workspace has no e-mail address to send from.")
	}
	subject, text := linkText(m)
	raw, err := compose.Build(compose.Outgoing{
		From: compose.Address{Name: m.WorkspaceName, Email: m.From}, To: []compose.Address{{Email: m.Email}},
		Subject: subject, Date: p.now(), AutoSubmitted: "auto-generated",
		MessageID: "portal." + strings.ToLower(rand.Text()) + m.From[strings.LastIndexByte(m.From, '@'):],
		Text: text + "\n" + p.base + "/help/" + m.WorkspaceSlug + "/link/" + m.Token + "\n\n" +
			"The link works once, and for one hour. If it was not you who asked, you need not do anything.\n",
	})
	if err != nil {
		return Mail{}, errs.Wrap(errs.Invalid, "The mail could not be written.", err)
	}
	return Mail{To: []string{m.Email}, Raw: raw, Workspace: int64(m.WorkspaceID), Link: m.ID}, nil
}

// linkText has no name in it: who asks may be anybody, and have written anything there.
func linkText(m portal.Mail) (subject, text string) {
	switch {
	case m.HasAccount && m.SignUp():
		return "You have an account already",
			"Somebody, probably you, wanted an account at " + m.WorkspaceName + " for " + m.Email + ". There is one already. Sign in here:"
	case m.HasAccount:
		return "Sign in to " + m.WorkspaceName,
			"Somebody, probably you, asked for a link to sign in at " + m.WorkspaceName + " as " + m.Email + ":"
	}
	return "Confirm your address",
		"Somebody, probably you, asked for an account at " + m.WorkspaceName + " for " + m.Email + ". Confirm your address here:"
}
