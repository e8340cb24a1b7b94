package message

import (
	"context"
	"fmt"
	"net/mail"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"caseward/internal/desk/access"
	"caseward/internal/desk/cases"
	"caseward/internal/desk/contact"
	"caseward/internal/platform/errs"
	"caseward/internal/platform/mailaddr"
)

// MaxCc is how many people besides the contact a reply can go to.
const MaxCc = 20

// Participant is somebody besides the contact who is on a case, by their address.
type Participant struct {
	Email    string
	Included bool // the next reply goes to them too, unless its writer says otherwise
}

// Participants returns who else is on a case, by the newest part of its thread, those first whom the next reply goes to: whoever
// the last reply went to, and whom the contact, or one of those, has written to since. Who has only written on the case is
// offered and not included: a Message-ID is no secret, and who knows it must not receive what follows. Addresses of the contact
// and of the workspace are left out.
//
// Needs ReadCases; the caller has read case and thread. Errors: Forbidden.
func (s *Service) Participants(ctx context.Context, actor access.Actor, c cases.Case, t Thread) ([]Participant, error) {
	if err := actor.Require(access.ReadCases); err != nil {
		return nil, err
	}
	var ours, own []string
	err := s.db.ReadWorkspace(ctx, int64(actor.Workspace), func(tx pgx.Tx) error {
		return tx.QueryRow(ctx, `select array(select address from inbound_addresses where workspace_id = $1),
				array(select email from contact_emails where workspace_id = $1 and contact_id = $2)`, c.WorkspaceID, c.ContactID).Scan(&ours, &own)
	})
	return participants(t.Messages, ours, own), err
}

// participants reads them from messages, the oldest first.
func participants(messages []Message, ours, own []string) (list []Participant) {
	var included, wrote []string
	for _, m := range messages {
		switch {
		case m.IsAuto || m.Kind == Note:
		case m.Kind == Outbound:
			included = m.CcRecipients
		default:
			wrote = append(wrote, m.AuthorEmail)
			if slices.Contains(own, m.AuthorEmail) || slices.Contains(included, m.AuthorEmail) {
				included = slices.Concat(included, m.ToRecipients, m.CcRecipients)
			}
		}
	}
	add := func(emails []string, chosen bool) {
		for _, email := range emails {
			email = contact.Normalise(email)
			known := slices.ContainsFunc(list, func(p Participant) bool { return p.Email == email })
			if email != "" && !known && len(list) < MaxCc && !isOneOf(email, ours) && !isOneOf(email, own) {
				list = append(list, Participant{email, chosen})
			}
		}
	}
	add(included, true)
	add(wrote, false)
	return list
}

// isOneOf reports whether mail to an address arrives at one of others, also with what may stand after a plus.
func isOneOf(email string, others []string) bool {
	return slices.ContainsFunc(mailaddr.Forms(email), func(form string) bool { return slices.Contains(others, form) })
}

// validCcTx cleans the addresses of those to whom a reply goes besides the contact. An address at which the workspace receives
// mail is refused: the case would answer itself.
func validCcTx(ctx context.Context, tx pgx.Tx, ws access.WorkspaceID, emails []string, to string) (list []string, err error) {
	for _, email := range emails {
		email = contact.Normalise(email)
		if email == to || slices.Contains(list, email) {
			continue
		}
		if len(list) == MaxCc {
			return nil, errs.Field("cc", fmt.Sprintf("A reply can go to %d people besides the contact.", MaxCc))
		}
		if a, err := mail.ParseAddress(email); err != nil || a.Address != email {
			return nil, errs.Field("cc", fmt.Sprintf("%q is no e-mail address. Write addresses such as maria@example.com, with commas between them.", shortened(email)))
		}
		if err := requireNotOursTx(ctx, tx, ws, email); err != nil {
			return nil, errs.Field("cc", "This workspace receives mail at "+email+". A copy to it would come back into the case.")
		}
		list = append(list, email)
	}
	return list, nil
}

// shortened is a typed word as an error repeats it.
func shortened(s string) string {
	if r := []rune(strings.TrimSpace(s)); len(r) > 60 {
		return string(r[:60]) + "…"
	}
	return strings.TrimSpace(s)
}
