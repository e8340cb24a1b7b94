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

// participantsLook is how many of the newest mails of a case are looked at for who is on it.
const participantsLook = 50

// Participants returns who else is on a case, those first whom the next reply goes to: whoever the last reply went to, and whom
// the contact, or one of those, has written to since. Who has only written on the case is offered and not included: a Message-ID
// is no secret, and who knows it must not receive what follows. Addresses of the contact and of the workspace are left out.
//
// Needs ReadCases; the caller has read the case. Errors: Forbidden.
func (s *Service) Participants(ctx context.Context, actor access.Actor, c cases.Case) (list []Participant, err error) {
	if err := actor.Require(access.ReadCases); err != nil {
		return nil, err
	}
	var f struct{ sent, answered, wrote, left []string }
	err = s.db.ReadWorkspace(ctx, int64(actor.Workspace), func(tx pgx.Tx) error {
		return tx.QueryRow(ctx, participantsSQL, c.WorkspaceID, c.ID, c.ContactID).Scan(&f.sent, &f.answered, &f.wrote, &f.left)
	})
	if err != nil {
		return nil, err
	}
	add := func(emails []string, included bool) {
		for _, email := range emails {
			known := slices.ContainsFunc(list, func(p Participant) bool { return p.Email == email })
			if !known && len(list) < MaxCc && !isOneOf(email, f.left) {
				list = append(list, Participant{email, included})
			}
		}
	}
	add(f.sent, true)
	add(f.answered, true)
	add(f.wrote, false)
	return list, nil
}

// participantsSQL reads whom the last reply went to, whom the contact or one of those has written to since, who else has
// written, and which addresses are the contact's own or the workspace's.
var participantsSQL = fmt.Sprintf(`with sent as (select id, cc_recipients from messages
		where workspace_id = $1 and case_id = $2 and kind = 'outbound' and not is_auto order by id desc limit 1),
	wrote as (select m.id, m.author_contact_id, m.to_recipients || m.cc_recipients as recipients, e.email
		from messages m left join contact_emails e on e.workspace_id = $1 and e.contact_id = m.author_contact_id and e.is_primary
		where m.workspace_id = $1 and m.case_id = $2 and m.kind = 'inbound' and not m.is_auto order by m.id desc limit %d)
	select coalesce((select cc_recipients from sent), '{}'),
		array(select lower(r) from wrote w, unnest(w.recipients) r where w.id > coalesce((select id from sent), 0)
			and (w.author_contact_id = $3 or w.email in (select unnest(cc_recipients) from sent)) group by 1 order by min(w.id), 1),
		array(select email from wrote where author_contact_id <> $3 and email is not null group by 1 order by min(id), 1),
		array(select address from inbound_addresses where workspace_id = $1 union select email from contact_emails where workspace_id = $1 and contact_id = $3)`,
	participantsLook)

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
