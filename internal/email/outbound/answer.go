package outbound

import (
	"context"
	"crypto/rand"
	"strings"

	"caseward/internal/desk/portal"
	"caseward/internal/email/compose"
	"caseward/internal/platform/errs"
)

// refusals mails to customers why their requests for erasure were refused.
func (p *PortalMails) refusals(ctx context.Context) (sent int, err error) {
	for {
		m, err := portal.ClaimRefusal(ctx, p.db, p.now())
		if err != nil || m == nil {
			return sent, err
		}
		failure := p.sendRefusal(ctx, *m)
		if failure == nil {
			sent++
		} else {
			p.log.WarnContext(ctx, "the refusal of a request for erasure could not be mailed", "workspace", m.WorkspaceID, "request", m.RequestID,
				"try", m.Tries+1, "kind", errs.KindOf(failure), "code", codeOf(failure))
		}
		if err := portal.SettleRefusal(context.WithoutCancel(ctx), p.db, *m, p.now(), failure); err != nil {
			return sent, err
		}
	}
}

func (p *PortalMails) sendRefusal(ctx context.Context, m portal.RefusalMail) error {
	if m.From == "" || m.Email == "" {
		return errs.New(errs.Invalid, "There is no address to send from, or to.")
	}
	raw, err := compose.Build(compose.Outgoing{
		From: compose.Address{Name: m.WorkspaceName, Email: m.From}, To: []compose.Address{{Name: m.Name, Email: m.Email}},
		Subject: "Your request for erasure was refused", Date: p.now(), AutoSubmitted: "auto-generated",
		MessageID: "privacy." + strings.ToLower(rand.Text()) + m.From[strings.LastIndexByte(m.From, '@'):],
		Text: "On " + m.RequestedAt.Format("2 January 2006") + " you asked " + m.WorkspaceName + " to erase what is kept about you. This was refused:\n\n" +
			m.Reason + "\n\n" +
			"You can ask again at " + p.base + "/help/" + m.WorkspaceSlug + "/data, answer this mail, or complain to a supervisory authority for data protection.\n",
	})
	if err != nil {
		return errs.Wrap(errs.Invalid, "The mail could not be written.", err)
	}
	ctx, cancel := context.WithTimeout(ctx, sendTimeout)
	defer cancel()
	return p.transport.Send(ctx, Mail{To: []string{m.Email}, Raw: raw, Workspace: int64(m.WorkspaceID), Refusal: int64(m.RequestID)})
}
