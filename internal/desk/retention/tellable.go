package retention

import (
	"context"
	"slices"

	"github.com/jackc/pgx/v5"

	"caseward/internal/desk/access"
	"caseward/internal/desk/contact"
)

// Tellable is where somebody would be told by mail that they were erased.
type Tellable struct {
	Email string // "": nowhere
	Newer string // the name of who has the address by now, and has to be erased too; "": nobody has it
	Why   string // they cannot be told, a clause; "" where they can, and where they have no address
}

// holdersSQL continues "select": who of a workspace ($1) has an address, or had it when they were deleted, and is not being erased.
// To these nobody may write that all is gone.
const holdersSQL = ` from (select workspace_id, contact_id, email, true as live from contact_emails
		union all select workspace_id, contact_id, email, false from released_addresses) h
	join contacts k on k.workspace_id = h.workspace_id and k.id = h.contact_id
	where h.workspace_id = $1 and k.erasing_at is null and k.merged_into_id is null`

// addressed is an address that a deleted contact had, and who else has it.
type addressed struct {
	Email    string
	Holder   contact.ID // 0: nobody
	Name     string     // of the holder
	Live     bool       // the holder is not deleted
	FromHere bool       // the workspace has an address to send from
}

// addressedTx lists the addresses of a contact, those first that nobody has who is not erased with them.
func addressedTx(ctx context.Context, tx pgx.Tx, ws access.WorkspaceID, id contact.ID, with []contact.ID) ([]addressed, error) {
	rows, err := tx.Query(ctx, `select a.email, coalesce(o.id, 0) as holder, coalesce(o.name, '') as name, coalesce(o.live, false) as live,
			exists (select from inbound_addresses where workspace_id = $1) as from_here
		from released_addresses a
		left join lateral (select k.id, k.name, h.live`+holdersSQL+` and h.email = a.email and k.id <> $2 and k.id <> all ($3)
			order by h.live limit 1) o on true
		where a.workspace_id = $1 and a.contact_id = $2 order by o.id is not null, a.is_primary desc, a.email`, ws, id, append([]contact.ID{}, with...))
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByName[addressed])
}

// tellable chooses one of them; newer can be erased too.
func tellable(list []addressed, newer []Newer) Tellable {
	switch {
	case len(list) == 0:
		return Tellable{}
	case !list[0].FromHere:
		return Tellable{Why: "this workspace has no e-mail address to send from"}
	case list[0].Holder == 0:
		return Tellable{Email: list[0].Email}
	}
	for _, a := range list {
		if slices.ContainsFunc(newer, func(n Newer) bool { return a.Live && n.By == a.Holder && n.Held == "" }) {
			return Tellable{Email: a.Email, Newer: a.Name}
		}
	}
	return Tellable{Why: "their address is also that of " + list[0].Name + ", who is not erased"}
}
