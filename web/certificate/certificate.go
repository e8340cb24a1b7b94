// Package certificate shows a ledger entry as a document to print: that a case was removed for good, when and on
// whose word, without a word of what it said. The console and the staff console show the same one.
package certificate

import (
	"cmp"
	"encoding/hex"
	"maps"
	"slices"
	"strconv"
	"time"

	"caseward/internal/desk/retention"
)

// View is the certificate as it is shown.
type View struct {
	retention.Certificate
	Location *time.Location
}

// New returns the view of a certificate with its times in loc.
func New(c retention.Certificate, loc *time.Location) View { return View{c, loc} }

// Title names the document: an erasure on request is certified, a purge after the countdown is recorded.
func (v View) Title() string {
	if v.onRequest() {
		return "Erasure certificate"
	}
	return "Record of permanent deletion"
}

func (v View) onRequest() bool {
	return v.Kind == retention.CaseErased || v.Kind == retention.CaseErasedWithContact || v.ofContact()
}

func (v View) ofContact() bool { return v.Kind == retention.ContactErased }

// subject is what the document is about.
func (v View) subject() string {
	if v.ofContact() {
		return "Contact " + strconv.FormatInt(int64(*v.ContactID), 10)
	}
	return "Case " + v.number()
}

// told says what was kept to tell the person at, and that it is gone.
func (v View) told() string {
	found, _ := v.Verified()
	switch {
	case found.Notice:
	case v.Untold:
		return "Nobody was told by mail, so no address was kept for that."
	default:
		return ""
	}
	kept := "One address was kept to tell them by mail that they are erased, in a row of its own (erasure_notices.email) that was not searched. "
	at := ""
	if v.ToldAt != nil {
		at = v.ToldAt.In(v.Location).Format("2 January 2006, 15:04")
	}
	switch v.Telling {
	case retention.TellingWaits:
		return kept + "It goes when the mail has been handed over, or cannot be, which is given up after about a day."
	case retention.TellingDone:
		return kept + "The mail was handed over on " + at + ", and the row removed with that."
	case retention.TellingFiled:
		return kept + "There is no mail server: the mail was put into the outbox folder on " + at + ", where the file stays a day, and the row removed with that."
	case retention.TellingFailed:
		return kept + "The mail could not be delivered, or somebody else has the address. That was given up on " + at + ", and the row removed."
	}
	return kept + "The row was removed."
}

func (v View) number() string { return strconv.FormatInt(int64(v.CaseNumber), 10) }

// statement is what the document certifies, in one sentence.
func (v View) statement() string {
	switch v.Kind {
	case retention.ContactErased:
		return v.subject() + " was erased: the person's name, addresses and all that was kept about them, with every case that they had requested. " +
			"What they wrote on cases of other people is a Deleted User's. None of it can be restored."
	case retention.CaseErasedWithContact:
		return "Case " + v.number() + " and everything that belonged to it was erased together with the contact who had requested it. Its content cannot be restored."
	case retention.CaseErased:
		return "Case " + v.number() + " and everything that belonged to it was erased on request. Its content cannot be restored."
	case retention.SpamErased:
		return "Case " + v.number() + " was spam. It and everything that belonged to it was deleted forever by " + v.deletedBy() + ". Its content cannot be restored."
	}
	return "Case " + v.number() + " and everything that belonged to it was removed when its retention period ended. Its content cannot be restored."
}

func (v View) requestedBy() string { return cmp.Or(v.RequestedByName, "A former member") }

func (v View) deletedBy() string { return cmp.Or(v.RequestedByName, "a former member") }

// approvedBy hides nothing: a workspace does not know support staff by name.
func (v View) approvedBy() string {
	if v.ApprovedByName == "" {
		return "Caseward support staff"
	}
	return v.ApprovedByName
}

// labels are the kinds of data that a person would ask about.
var labels = map[string]string{
	"messages": "Messages and internal notes", "attachments": "Attachments", "inbound_mails": "Mails as received",
	"outbound_mails": "Records of sent mail", "activities": "Activity entries", "case_search": "Search entries", "case_tags": "Tags on the case", "case_field_values": "Values of custom fields",
	"notifications": "Notifications of members", "erasure_replies": "Links to a case erased on request",
	"redactions": "Records of erased content", "case_reads": "Records of who had read it", "followups": "Follow-ups", "bulk_items": "Results of bulk updates",
	"ratings": "Ratings", "case_links": "Links between cases", "contact_mentions": "Records of likely mentions",
	"cases": "Cases", "contacts": "Contact, with those merged into it", "contact_emails": "Addresses", "released_addresses": "Addresses", "contact_former": "Former names and addresses", "contact_field_values": "Custom fields of the contact",
	"contact_moves": "Records of their deletion and return", "contact_works": "Records of changes to the contact", "contact_suspensions": "Suspension", "blocked_mails": "Blocked mails",
	"contact_import_rows": "Rows of uploaded lists of contacts", "contact_packages": "Files with all data of the contact", "contact_package_parts": "Parts of such files",
	"privacy_refusals": "Reasons of refused requests for erasure",
	"contact_accounts": "Portal account", "contact_sessions": "Portal sessions", "portal_links": "Portal links",
	"replies without a name": "Replies on other people's cases that stay as a Deleted User's", "mails of replies": "Mails that those replies came as",
	"ratings without a name": "Ratings of other people's cases that stay as a Deleted User's", "activities without a name": "Activity entries that no longer name them",
	"notifications without a name": "Notifications that no longer name them", "recipients of other messages": "Messages that they are no recipient of any more",
	"senders of mails": "Records of mails that no longer name them as sender", "reports of mail servers": "Reports of mail servers that no longer name them",
	"drafts": "Unsent drafts", "case_presence": "Records of who had it open", "case_merges": "Records of cases merged into it",
}

// label says what the rows of a table are.
func label(table string) string {
	if words, ok := labels[table]; ok {
		return words
	}
	return Place(table)
}

type removed struct {
	what string
	rows int
}

func (v View) removed() []removed {
	rows := v.Removed()
	var list []removed
	for _, table := range slices.Sorted(maps.Keys(rows)) {
		list = append(list, removed{label(table), rows[table]})
	}
	return list
}

func (v View) hash() string { return hex.EncodeToString(v.Hash) }

func (v View) previousHash() string {
	if len(v.PreviousHash) == 0 {
		return "none: the first entry"
	}
	return hex.EncodeToString(v.PreviousHash)
}
