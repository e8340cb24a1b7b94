package retention

// The second erasure map: what becomes of each column that says which contact a row is about, when that contact is deleted
// forever. A test walks the catalogue: a foreign key to contacts, or a column contact_id, that is not named here fails it.
// Words about a contact can stand in any other column too: the search after the erasure reads them all.

// contactGone are the columns whose rows go with the contact, in an order that suits the foreign keys.
var contactGone = []string{"contact_field_values.contact_id", "contact_emails.contact_id", "released_addresses.contact_id", "contact_moves.contact_id",
	"contact_works.contact_id", "contact_works.into_id", "contact_suspensions.contact_id", "blocked_mails.contact_id",
	"contact_sessions.contact_id", "contact_accounts.contact_id", "privacy_refusals.contact_id",
	"legal_holds.contact_id",      // those that were released, with their reasons
	"contact_packages.contact_id", // and with it its parts
	"contact_former.contact_id"}   // last: an address that goes is a former one

// goneOtherwise are rows of theirs that no contact_id finds: the mails behind blocked ones, and what was asked for at the portal
// with one of their addresses, or uploaded in a list: whole addresses are compared, and one that is somebody else's by now does not
// count. $2 are the contacts, $3 the addresses.
var goneOtherwise = []struct{ table, query string }{
	{"inbound_mails", `delete from inbound_mails r using blocked_mails b where r.workspace_id = $1 and b.workspace_id = $1 and b.mail_id = r.id
		and b.contact_id = any ($2) and $3::text[] is not null`},
	{"contact_import_rows", `delete from contact_import_rows where workspace_id = $1
		and exists (select from jsonb_array_elements_text(cells) c, regexp_split_to_table(lower(c), '[][\s,;:<>()"|]+') word
			where btrim(word, '.') = any ($3) and ` + nobodyElses("btrim(word, '.')") + `)`},
	{"portal_links", `delete from portal_links where workspace_id = $1 and email = any ($3) and ` + nobodyElses("portal_links.email")},
}

func nobodyElses(address string) string {
	return `not exists (select from contact_emails e where e.workspace_id = $1 and e.email = ` + address + ` and e.contact_id <> all ($2))`
}

// contactLoosened are the columns that forget the contact while their row stays: it is a Deleted User's from then on.
var contactLoosened = []string{"messages.author_contact_id", "ratings.contact_id"}

// contactWithCases are the columns whose rows go with the cases of the contact, before the contact does.
var contactWithCases = []string{"cases.contact_id"}

// contactMerged is the column by which a contact who was merged into another leads there: such a contact goes with that one.
const contactMerged = "contacts.merged_into_id"

// contactKept are the columns that keep the number of a contact who is gone, and why.
var contactKept = map[string]string{
	"contact_erasures.contact_id": "the proof of who asked: a number that leads nowhere",
	"erasure_ledger.contact_id":   "likewise",
	"privacy_requests.contact_id": "the proof of who asked for it: likewise",
}
