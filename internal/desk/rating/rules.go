package rating

import (
	"context"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"caseward/internal/desk/access"
	"caseward/internal/desk/cases"
)

// restFor is how long after a question about a case nobody is asked about it again, however often it is closed.
const restFor = 14 * 24 * time.Hour

// facts are what decides, besides the case itself, whether its customer is asked.
type facts struct {
	Email    string      // of the contact; "" where there is none
	Away     bool        // the contact was deleted or suspended
	Wrote    bool        // the contact did, and not a program of theirs
	Ours     bool        // the address is one of the workspace's own
	Bounced  bool        // the last mail to them came back
	ClosedBy access.Kind // who closed the case
	Surveyed bool        // Auto Close did, for a workspace that wants its customers asked then too
	Asked    bool        // about this very closing
	AskedAt  *time.Time  // about the case, the last time
}

func factsTx(ctx context.Context, tx pgx.Tx, c cases.Case) (facts, error) {
	rows, err := tx.Query(ctx, `select coalesce(e.email, '') as email, k.deleted_at is not null or k.suspended_at is not null as away,
			exists (select from messages m where m.workspace_id = $1 and m.case_id = $2 and m.kind = 'inbound' and not m.is_auto
				and m.author_contact_id = k.id) as wrote,
			exists (select from inbound_addresses a where a.workspace_id = $1 and a.address = e.email) as ours,
			coalesce((select o.state = 'bounced' from outbound_mails o where o.workspace_id = $1 and o.case_id = $2 order by o.id desc limit 1), false) as bounced,
			coalesce(z.actor_kind, '') as closed_by, coalesce((z.data->>'survey')::boolean, false) as surveyed,
			coalesce(g.asked, false) as asked, g.asked_at
		from contacts k
		left join contact_emails e on e.workspace_id = $1 and e.contact_id = k.id and e.is_primary
		left join lateral (select a.actor_kind, a.data from activities a where a.workspace_id = $1 and a.case_id = $2 and a.kind = any ($5)
			order by a.id desc limit 1) z on true
		cross join lateral (select bool_or(g.closed_at = $4) as asked, max(g.asked_at) as asked_at from ratings g
			where g.workspace_id = $1 and g.case_id = $2) g
		where k.workspace_id = $1 and k.id = $3`, c.WorkspaceID, c.ID, c.ContactID, c.ClosedAt,
		[]cases.ActivityKind{cases.ActStatus, cases.ActAutoClosed})
	if err != nil {
		return facts{}, err
	}
	return pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[facts])
}

// refusal says why the customer of a case is not asked about its closing, as the rest of a sentence; "": they are, once
// it is time.
func refusal(c cases.Case, f facts, set Settings, now time.Time) string {
	switch {
	case !set.On:
		return "this workspace asks nobody"
	case c.Visibility() != cases.Live || c.MergedIntoID != nil || c.Status != cases.Closed || c.ClosedAt == nil:
		return "the case is not closed"
	case c.ClosedAt.Before(set.since):
		return "the case was closed before the question was turned on"
	case f.Asked:
		return "the customer was asked already"
	case f.AskedAt != nil && f.AskedAt.After(now.Add(-restFor)):
		return "the customer was asked about this case less than 14 days ago"
	case f.ClosedBy == access.Contact:
		return "the customer closed it, and can rate it in the portal"
	case f.ClosedBy != access.Member && !f.Surveyed:
		return "the case was closed automatically"
	case f.Away:
		return "the contact is deleted or suspended"
	case !f.Wrote:
		return "the customer has not written"
	case f.Email == "":
		return "the contact has no e-mail address"
	case f.Ours || isAutomatic(f.Email):
		return "nobody reads mail at the contact's address"
	case f.Bounced:
		return "the last mail to the contact came back"
	}
	return ""
}

// isAutomatic reports an address that programs write from, and where nobody reads an answer.
func isAutomatic(email string) bool {
	local, _, _ := strings.Cut(strings.ToLower(email), "@")
	plain := strings.NewReplacer("-", "", "_", "", ".", "").Replace(local)
	for _, part := range []string{"noreply", "donotreply", "mailerdaemon", "autoreply", "autoresponder"} {
		if strings.Contains(plain, part) {
			return true
		}
	}
	name, _, _ := strings.Cut(local, "+")
	switch name {
	case "postmaster", "bounce", "bounces", "daemon", "nobody", "listserv", "majordomo":
		return true
	}
	return strings.HasPrefix(local, "bounce-") || strings.HasPrefix(local, "bounces-")
}
