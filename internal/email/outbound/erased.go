package outbound

import (
	"context"
	"fmt"
	"strings"

	"caseward/internal/desk/retention"
	"caseward/internal/email/compose"
	"caseward/internal/platform/errs"
)

// erased mails to people that what was kept about them is erased.
func (p *PortalMails) erased(ctx context.Context) (sent int, err error) {
	for {
		n, err := retention.ClaimNotice(ctx, p.db, p.now())
		if err != nil || n == nil {
			return sent, err
		}
		failure := p.sendPrivacy(ctx, Mail{Workspace: int64(n.WorkspaceID), Erasure: int64(n.ID)}, privacyMail{
			from: compose.Address{Name: n.WorkspaceName, Email: n.From}, to: compose.Address{Email: n.Email},
			subject: "What " + n.WorkspaceName + " kept about you was erased", text: erasedText(*n)})
		if failure == nil {
			sent++
		} else {
			p.log.WarnContext(ctx, "that an erasure is done could not be mailed", "workspace", n.WorkspaceID, "erasure", n.ID,
				"try", n.Tries+1, "kind", errs.KindOf(failure), "code", codeOf(failure))
		}
		if err := retention.SettleNotice(context.WithoutCancel(ctx), p.db, *n, p.now(), p.gone(), failure); err != nil {
			return sent, err
		}
	}
}

// gone is what telling somebody is once the mail has gone: without a relay it is only written to a file.
func (p *PortalMails) gone() retention.Telling {
	if _, files := p.transport.(Folder); files {
		return retention.TellingFiled
	}
	return retention.TellingDone
}

// erasedText has numbers and dates only: nothing else is left.
func erasedText(n retention.Notice) string {
	var b strings.Builder
	done := in(n.TimeZone, n.FinishedAt).Format(day + ", 15:04 MST")
	if n.AskedAt != nil {
		fmt.Fprintf(&b, "On %s you asked %s to erase what it kept about you. This was done on %s. Erased are:\n\n", in(n.TimeZone, *n.AskedAt).Format(day), n.WorkspaceName, done)
	} else {
		fmt.Fprintf(&b, "On %s %s erased what it kept about you:\n\n", done, n.WorkspaceName)
	}
	b.WriteString("- your name, addresses, telephone number and other details, and your account in the customer portal if you had one\n")
	others := min(n.Planned.Absorbed, n.Erased)
	if own := n.Erased - others; own > 0 {
		fmt.Fprintf(&b, "- %s that you had begun, with all messages and files\n", several(own, "case", "cases"))
	}
	if others > 0 {
		fmt.Fprintf(&b, "- %s of other people that had become part of yours\n", several(others, "case", "cases"))
	}
	if n.Planned.Replies > 0 {
		fmt.Fprintf(&b, "\n%s on cases of other people stay, without your name or address.\n", several(n.Planned.Replies, "message of yours", "messages of yours"))
	}
	fmt.Fprintf(&b, "\nConfirmation number: %s\n", n.Number())
	b.WriteString("The number belongs to an entry that proves the erasure. It says nothing about you.\n\n" +
		"Your address was kept for this mail alone and is removed now that it is sent. Copies in backups go when those run out. " +
		"If you write again, you are somebody new.\n\n" +
		"If you do not agree, you can answer this mail, or complain to a supervisory authority for data protection.\n")
	return b.String()
}

func several(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}
