package retention

// The second erasure map: what becomes of each column that says which contact a row is about, when that contact is deleted
// forever. A test walks the catalogue: a foreign key to contacts, or a column contact_id, that is not named here fails it.
// Words about a contact can stand in any other column too: the search after the erasure reads them all.

// contactGone are the tables whose rows go with the contact, found by contact_id, in an order that suits the foreign keys.
var contactGone = []string{"contact_field_values", "contact_emails", "released_addresses", "contact_moves"}

// contactLoosened are the columns that forget the contact while their row stays: it is a Deleted User's from then on.
var contactLoosened = []string{"messages.author_contact_id", "ratings.contact_id"}

// contactWithCases are the columns whose rows go with the cases of the contact, before the contact does.
var contactWithCases = []string{"cases.contact_id"}

// contactKept are the columns that keep the number of a contact who is gone, and why.
var contactKept = map[string]string{
	"contact_erasures.contact_id": "the proof of who asked: a number that leads nowhere",
	"erasure_ledger.contact_id":   "likewise",
}
