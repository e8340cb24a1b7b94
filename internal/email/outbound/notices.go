package outbound

import (
	"context"
	"crypto/rand"
	"fmt"
	"log/slog"
	"strings"

	"caseward/internal/desk/notify"
	"caseward/internal/email/compose"
	"caseward/internal/platform/clock"
	"caseward/internal/platform/db"
	"caseward/internal/platform/errs"
)

// Notices mails members what they have not seen in the app.
type Notices struct {
	db        *db.DB
	transport Transport
	base      string // how people reach the program, without a slash at the end
	now       clock.Clock
	log       *slog.Logger
}

// NewNotices returns Notices.
func NewNotices(d *db.DB, t Transport, base string, now clock.Clock, log *slog.Logger) *Notices {
	return &Notices{d, t, strings.TrimRight(base, "/"), now, log}
}

// Sweep mails everything that is due. It is the body of the job notify.MailSweep.
func (n *Notices) Sweep(ctx context.Context) (string, error) {
	sent, dropped, failed := 0, 0, 0
	for {
		m, err := notify.ClaimMail(ctx, n.db, n.now())
		if err != nil || m == nil {
			return fmt.Sprintf("mailed %d notifications, dropped %d, %d failed", sent, dropped, failed), err
		}
		if !m.Wanted {
			dropped++
			continue
		}
		failure := n.send(ctx, *m)
		if failure != nil {
			failed++
			n.log.WarnContext(ctx, "a notification could not be mailed", "workspace", m.WorkspaceID, "notification", m.ID, "try", m.Tries+1,
				"kind", errs.KindOf(failure), "code", codeOf(failure))
		} else {
			sent++
		}
		// The outcome must be kept even when the program is stopping: the mail has left.
		if err := notify.SettleMail(context.WithoutCancel(ctx), n.db, *m, n.now(), failure); err != nil {
			return "", err
		}
	}
}

func (n *Notices) send(ctx context.Context, m notify.Mail) error {
	mail, err := n.write(m)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, sendTimeout)
	defer cancel()
	return n.transport.Send(ctx, mail)
}

// write makes the mail. It goes out with an empty reverse path (RFC 3834, section 3.3): if it bounces, nobody's desk
// gets a case of it.
func (n *Notices) write(m notify.Mail) (Mail, error) {
	if m.From == "" {
		return Mail{}, errs.New(errs.Invalid, "This workspace has no e-mail address to send from.")
	}
	t := textOf(m)
	raw, err := compose.Build(compose.Outgoing{
		From: compose.Address{Name: m.WorkspaceName + " (Caseward)", Email: m.From}, To: []compose.Address{{Name: m.Name, Email: m.Email}},
		Subject: t.subject, MessageID: "notice." + strings.ToLower(rand.Text()) + m.From[strings.LastIndexByte(m.From, '@'):],
		Date: n.now(), AutoSubmitted: "auto-generated",
		Text: t.line + "\n" + n.base + "/w/" + m.WorkspaceSlug + t.path + "\n\n" + answerText(m) +
			"Which notifications you get by mail is up to you: " + n.base + "/w/" + m.WorkspaceSlug + "/settings#notifications\n",
	})
	if err != nil {
		return Mail{}, errs.Wrap(errs.Invalid, "This notification could not be written as an e-mail.", err)
	}
	mail := Mail{To: []string{m.Email}, Raw: raw, Workspace: int64(m.WorkspaceID)}
	if m.CaseID != nil {
		mail.Case = *m.CaseID
	}
	return mail, nil
}

// answerText says that nobody gets an answer to the mail.
func answerText(m notify.Mail) string {
	switch m.Kind { // about no case
	case notify.HoldReview, notify.PurgeStopped, notify.DeletionDigest, notify.TrailBroken, notify.PlanChanged, notify.ContactData:
		return "Nobody reads answers to this mail.\n"
	}
	return "An answer to this mail does not reach the customer: write it on the page above.\n"
}

// noticeText is what a mail says: nothing of what anybody wrote, and no customer's name.
type noticeText struct{ subject, line, path string }

func textOf(m notify.Mail) noticeText {
	if m.Kind == notify.PrivacyAsked {
		return noticeText{path: "/privacy", subject: "A customer asks for erasure",
			line: "A customer asked in the portal for the erasure of what is kept about them. They must have an answer within one month."}
	}
	if m.Kind == notify.ContactData {
		return noticeText{path: "/contacts/data", subject: "What is held on a contact is ready",
			line: "What is held on a contact has been put together, as you asked. It can be downloaded for one day."}
	}
	switch m.Kind {
	case notify.HoldReview:
		return noticeText{path: "/admin/holds", subject: "Legal holds are due for review", line: m.Detail}
	case notify.PurgeStopped:
		return noticeText{path: "/admin/cases/retention", subject: "The removal of deleted cases is stopped", line: m.Detail + "\n\nLook and decide:"}
	case notify.DeletionDigest:
		return noticeText{path: "/deleted", subject: "Deletions of the week", line: m.Detail + "\nThe deleted cases, which can be restored:"}
	case notify.TrailBroken:
		return noticeText{path: "/audit", subject: "The audit trail does not hold",
			line: "An entry of the audit trail was changed, removed or moved: its chain of hashes does not hold. The page names the first such entry."}
	case notify.PlanChanged:
		return noticeText{path: "/admin/billing", subject: "Your workspace has another plan",
			line: "Support staff put the workspace on another plan. What it includes, and what it does not any more:"}
	}
	if m.CaseNumber == 0 {
		return manyText(m)
	}
	name := fmt.Sprintf("Case #%d", m.CaseNumber)
	t := noticeText{path: fmt.Sprintf("/cases/%d", m.CaseNumber)}
	switch m.Kind {
	case notify.Assigned:
		t.subject, t.line = name+" is yours", by(m)+" assigned this case to you"
	case notify.Replied:
		t.subject, t.line = name+": the customer replied", "The customer replied to this case, which is assigned to you"
		if m.Times > 1 {
			t.subject, t.line = fmt.Sprintf("%s: %d replies", name, m.Times), fmt.Sprintf("The customer replied %d times to this case, which is assigned to you", m.Times)
		}
	case notify.Mentioned:
		t.subject, t.line = name+": you are mentioned", by(m)+" mentioned you in an internal note on this case"
	case notify.Restored:
		t.subject, t.line = name+" is back", "This case had been deleted. The customer's reply has restored and opened it"
	case notify.Reopened:
		t.subject, t.line = name+" is open again", by(m)+" reopened this case, which is assigned to you"
	case notify.Woken:
		t.subject, t.line = name+" is back from snooze", "The snooze of this case, which is assigned to you, has ended"
	case notify.FollowUpDue:
		t.subject, t.line = name+": follow-up due", "A follow-up of yours on this case is due"
	case notify.Rated:
		t.subject, t.line = name+": the customer rated your help", "The customer rated the help on this case, which is assigned to you"
	case notify.ErasureReply:
		t.subject = fmt.Sprintf("%s answers case #%d", name, m.RequestNumber)
		t.line = fmt.Sprintf("A mail came for case #%d, whose permanent deletion was requested. It began this new case", m.RequestNumber)
	case notify.ErasureDecided:
		return decisionText(m, name)
	default:
		t.subject, t.line = name, "There is news on this case"
	}
	if m.Subject != "" {
		t.subject += ": " + m.Subject
		t.line += ":\n\n" + name + ": " + m.Subject
	} else {
		t.line += "."
	}
	return t
}

// decisionText is about a deleted case, of which only the number goes out by mail.
func decisionText(m notify.Mail, name string) noticeText {
	t := noticeText{path: fmt.Sprintf("/cases/%d", m.CaseNumber)}
	next := "The erasure is under way."
	if m.Detail != "" { // a legal hold stops it
		next = m.Detail
	}
	switch m.RequestState {
	case "refused":
		t.subject = name + ": permanent deletion refused"
		t.line = "Support staff refused your request to permanently delete case #%d. It stays deleted and can be restored; their reason is on its page."
	case "done":
		t.subject = name + " was permanently deleted"
		t.line = "Case #%d was erased as you requested, and the erasure was verified. Its certificate:"
		t.path += "/certificate"
	default:
		t.subject = name + ": permanent deletion approved"
		t.line = "Support staff approved your request to permanently delete case #%d. " + next
	}
	t.line = fmt.Sprintf(t.line, m.CaseNumber)
	return t
}

// manyText is about cases that were changed together.
func manyText(m notify.Mail) noticeText {
	t := noticeText{path: "/inbox?filter=mine"}
	cases := "1 case"
	if m.Times != 1 {
		cases = fmt.Sprintf("%d cases", m.Times)
	}
	if m.Kind == notify.Reopened {
		t.subject, t.line = cases+" of yours opened again", by(m)+" reopened "+cases+" of yours."
	} else {
		t.subject, t.line = cases+" assigned to you", by(m)+" assigned "+cases+" to you."
	}
	return t
}

// by names the member who did it.
func by(m notify.Mail) string {
	if m.ActorName == "" {
		return "Caseward"
	}
	return m.ActorName
}
