package certificate

import "strings"

// places say in plain words what a column is that the search after an erasure reads.
var places = map[string]string{
	"messages.body_text": "Text of a message or note", "messages.body_html": "Text of a message, as it was formatted", "messages.to_recipients": "Recipients of a message",
	"messages.cc_recipients": "Recipients of a message", "messages.message_id": "Message-ID", "inbound_mails.raw": "A mail as it came", "blobs.data": "An attachment",
	"inbound_mails.envelope_from": "Sender of a mail", "inbound_mails.envelope_to": "Recipients of a mail",
	"attachments.filename": "Name of an attachment", "cases.subject": "Subject", "drafts.body": "An unsent draft", "followups.note": "A follow-up",
	"contacts.name": "Name of another contact", "contacts.address": "Postal address of another contact", "contact_emails.email": "Address of another contact",
	"released_addresses.email": "Address of a deleted contact", "contact_former.content": "Former name or address of another contact", "contact_field_values.content": "A custom field of another contact",
	"saved_filters.name": "Name of a saved filter", "saved_filters.query": "A saved filter", "macros.name": "Name of a macro", "macros.body": "A macro",
	"routing_rules.value": "A routing rule", "tags.name": "Name of a tag", "queues.name": "Name of a queue", "inbound_addresses.address": "An address of the workspace",
	"fields.name": "Name of a custom field", "fields.help": "Hint of a custom field", "fields.choices": "Choices of a custom field",
	"users.name": "Name of a member", "users.email": "Address of a member", "invitations.email": "An invitation", "workspaces.name": "Name of the workspace",
	"inactivity_settings.message": "Message to inactive customers", "rating_settings.question": "Question of the rating mail",
	"blocked_mails.subject": "Subject of a blocked mail", "blocked_mails.from_name": "Sender of a blocked mail", "blocked_mails.from_email": "Sender of a blocked mail",
	"ratings.comment": "Comment of a rating", "case_field_values.content": "A custom field", "activities.data": "Activity",
	"contact_imports.header": "Columns of an uploaded list", "contact_import_rows.cells": "A row of an uploaded list", "privacy_refusals.reason": "Reason of a refusal",
}

// Place says in plain words what the column table.column is; one that has no words of its own yet shows its name, in words.
func Place(name string) string {
	if words, ok := places[name]; ok {
		return words
	}
	table, column, _ := strings.Cut(name, ".")
	text := strings.ReplaceAll(table, "_", " ")
	if column != "" {
		text += ", " + strings.ReplaceAll(column, "_", " ")
	}
	return strings.ToUpper(text[:min(1, len(text))]) + text[min(1, len(text)):]
}

// placeList says what several columns are, each kind once.
func placeList(names []string) string {
	var list []string
	said := map[string]bool{}
	for _, name := range names {
		if words := Place(name); !said[words] {
			said[words] = true
			list = append(list, words)
		}
	}
	return strings.Join(list, ", ")
}
