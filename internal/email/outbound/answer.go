package outbound

import (
	"context"
	"crypto/rand"
	"strings"
	"time"

	"caseward/internal/desk/portal"
	"caseward/internal/email/compose"
	"caseward/internal/platform/errs"
)

const day = "2 January 2006"

// in is a moment in the zone of a workspace, so that a mail says the same day as its pages; UTC where the zone is unknown.
func in(zone string, at time.Time) time.Time {
	loc, err := time.LoadLocation(zone)
	if err != nil {
		return at.UTC()
	}
	return at.In(loc)
}

// answers mails to customers that their requests for erasure are being reviewed, or were refused, and why.
func (p *PortalMails) answers(ctx context.Context) (sent int, err error) {
	for {
		m, err := portal.ClaimAnswer(ctx, p.db, p.now())
		if err != nil || m == nil {
			return sent, err
		}
		failure := p.sendAnswer(ctx, *m)
		if failure == nil {
			sent++
		} else {
			p.log.WarnContext(ctx, "the answer to a request for erasure could not be mailed", "workspace", m.WorkspaceID, "request", m.RequestID,
				"try", m.Tries+1, "kind", errs.KindOf(failure), "code", codeOf(failure))
		}
		if err := portal.SettleAnswer(context.WithoutCancel(ctx), p.db, *m, p.now(), failure); err != nil {
			return sent, err
		}
	}
}

func (p *PortalMails) sendAnswer(ctx context.Context, m portal.AnswerMail) error {
	subject, text := p.answerText(m)
	return p.sendPrivacy(ctx, Mail{Workspace: int64(m.WorkspaceID), Answer: int64(m.RequestID)}, privacyMail{
		from: compose.Address{Name: m.WorkspaceName, Email: m.From}, to: compose.Address{Name: m.Name, Email: m.Email}, subject: subject, text: text})
}

func (p *PortalMails) answerText(m portal.AnswerMail) (subject, text string) {
	page := p.base + "/help/" + m.WorkspaceSlug + "/data"
	asked := "On " + in(m.TimeZone, m.RequestedAt).Format(day) + " you asked " + m.WorkspaceName + " to erase what is kept about you. "
	if m.Refused {
		again := "answer this mail"
		if m.HasAccount {
			again = "ask again at " + page + ", answer this mail"
		}
		return "Your request for erasure was refused", asked + "This was refused:\n\n" + m.Reason + "\n\n" +
			"If you do not agree, you can " + again + ", complain to a supervisory authority for data protection, or go to court.\n"
	}
	text = asked + "Your request is being looked at. You have an answer by " + in(m.TimeZone, m.DueAt).Format(day) + ".\n\nNothing is erased yet."
	if m.HasAccount {
		text += " Until it is, you can withdraw the request, and see how far it is, at " + page + "."
	}
	return "Your request for erasure is being reviewed", text + " If you have a question, answer this mail.\n"
}

// privacyMail is a mail about what is kept about its reader.
type privacyMail struct {
	from, to      compose.Address
	subject, text string
}

// sendPrivacy sends one. Its reverse path is empty: a bounce would quote it, and become a case that all members can read.
func (p *PortalMails) sendPrivacy(ctx context.Context, mail Mail, m privacyMail) error {
	if m.to.Email == "" {
		return errs.New(errs.Invalid, "There is no address to send to.")
	}
	if m.from.Email == "" { // the workspace may get one within the day
		return errs.New(errs.Conflict, "This workspace has no e-mail address to send from.")
	}
	raw, err := compose.Build(compose.Outgoing{
		From: m.from, To: []compose.Address{m.to}, Subject: m.subject, Date: p.now(), AutoSubmitted: "auto-generated",
		MessageID: "privacy." + strings.ToLower(rand.Text()) + m.from.Email[strings.LastIndexByte(m.from.Email, '@'):], Text: m.text,
	})
	if err != nil {
		return errs.Wrap(errs.Invalid, "The mail could not be written.", err)
	}
	ctx, cancel := context.WithTimeout(ctx, sendTimeout)
	defer cancel()
	mail.To, mail.Raw = []string{m.to.Email}, raw
	return p.transport.Send(ctx, mail)
}
