package retention

// erased are the tables whose rows go with their case, found by the column case_id, in an order that suits the
// foreign keys. A test walks the database's catalogue: a table that is neither here nor in kept fails it.
var erased = []string{
	"inbound_mails", "outbound_mails", "attachments", "case_search", "case_tags", "case_field_values", "case_reads", "followups", "ratings", "bulk_items", "activities", "erasure_replies",
	"notifications", // but those without a case: an erasure that was done, or how many cases were changed together
	"case_merges",   // of redirects, which go with the case that they lead to
	"legal_holds",   // those that were released, with their reasons; the trail keeps who set and released them
	"contact_mentions", "redactions", "drafts", "case_presence", "case_views", "case_downloads", "case_links", "messages",
}

// Two more go with a case but not by case_id: blobs, by the attachments that point at them, and the case itself.
// Of mail_ids only the hash stays, so that a mail that comes again is known (product section 8).
var erasedOtherwise = []string{"cases", "blobs", "mail_ids"}

// kept names, table by table, every column that outlives a case, for what reason. A new column must be added here
// or the test fails: whoever adds it has to think about erasure.
var kept = map[string]struct {
	why     string
	columns []string
}{
	"workspaces":         {"the workspace itself", []string{"id", "slug", "name", "plan", "time_zone", "retention_days", "deletion_digest", "is_demo", "created_at"}},
	"users":              {"members and staff, no customers", []string{"id", "email", "name", "password_hash", "is_staff", "session_epoch", "created_at"}},
	"members":            {"members, no customers", []string{"workspace_id", "id", "user_id", "role", "default_view", "time_zone", "table_columns", "shortcuts_off", "away", "capacity", "created_at", "deactivated_at"}},
	"member_grants":      {"members, no customers", []string{"workspace_id", "member_id", "permission"}},
	"invitations":        {"members to be, no customers", []string{"workspace_id", "id", "email", "role", "token_hash", "invited_by", "created_at", "expires_at", "accepted_at", "revoked_at"}},
	"sign_in_throttles":  {"hashes of accounts and addresses, for minutes", []string{"key", "failures", "window_start"}},
	"password_resets":    {"members and staff, no customers", []string{"id", "user_id", "created_at", "token_hash", "expires_at", "used_at", "next_try_at", "tries"}},
	"sessions":           {"signed-in members", []string{"token", "data", "expiry"}},
	"contacts":           {"the person outlives the case; erased by Delete Forever", []string{"workspace_id", "id", "name", "phone", "job_title", "address", "created_at", "deleted_at", "deleted_by", "erasing_at", "suspended_at", "version", "merged_into_id"}},
	"released_addresses": {"as contacts: of deleted ones", []string{"workspace_id", "contact_id", "email", "is_primary"}},
	"contact_moves": {"how far a contact's cases are on their way into spam and back; ids and counts", []string{"workspace_id", "id", "contact_id", "kind", "state",
		"member_id", "deleted_at", "total", "done", "cursor_id", "created_at", "worked_at", "finished_at"}},
	"contact_works": {"how far the cases of a renamed or merged contact are; ids and counts", []string{"workspace_id", "id", "kind", "contact_id", "into_id", "member_id",
		"state", "total", "done", "cursor_id", "created_at", "worked_at", "finished_at"}},
	"contact_imports": {"how many contacts a list made; the names of its columns are emptied after a day", []string{"workspace_id", "id", "member_id", "state", "header", "mapping",
		"total", "created", "changed", "unchanged", "refused", "created_at", "worked_at", "finished_at", "emptied_at"}},
	"contact_import_rows": {"what somebody uploads to make contacts of; removed within a day, and with a contact whose address stands in it", []string{"workspace_id", "import_id",
		"line", "cells", "outcome", "reason"}},
	"contact_packages": {"everything held on a contact, on its way to whoever asked for it; removed within a day, with the contact, and when something of a case is erased that may be in it", []string{"workspace_id", "id", "contact_id",
		"member_id", "state", "tries", "size", "created_at", "ready_at", "expires_at", "leased_until"}},
	"contact_package_parts": {"as contact_packages", []string{"workspace_id", "package_id", "part", "data"}},
	"contact_former":        {"as contacts: what they were called before, to search for them by", []string{"workspace_id", "id", "contact_id", "kind", "content"}},
	"contact_emails":        {"as contacts", []string{"workspace_id", "email", "contact_id", "is_primary"}},
	"contact_suspensions": {"as contacts: that and why mail of them is blocked, and how many", []string{"workspace_id", "contact_id", "suspended_at", "suspended_by",
		"cause", "case_number", "blocked", "day", "day_mails", "day_bytes"}},
	"blocked_mails": {"as contacts: mail that is in no case; it goes after 14 days, and with its contact", []string{"workspace_id", "mail_id", "contact_id",
		"from_name", "from_email", "subject", "size", "id_hash", "blocked_at"}},
	"protected_domains": {"settings", []string{"workspace_id", "domain"}},
	"contact_field_values": {"as contacts: what a workspace wants to know of the person; erased by Delete Forever", []string{"workspace_id", "contact_id", "field_id", "choice",
		"number", "day", "content"}},
	"contact_erasures": {"who asked for the erasure of a contact and how far it is; what is searched for is emptied when it is done", []string{"workspace_id", "id",
		"group_id", "contact_id", "requested_by", "requested_at", "step", "planned", "removed", "erased", "traces", "addresses", "place", "cursor_id",
		"columns", "failures", "due_at", "gone_at", "finished_at", "replayed", "merged", "telling", "told_at"}},
	"erasure_notices": {"the address at which somebody is told that they were erased, until the mail has gone or cannot go", []string{"workspace_id", "erasure_id", "email",
		"asked_at", "due_at", "tries"}},
	"fields": {"settings: what custom fields are called and offer, no values", []string{"workspace_id", "id", "object", "key", "name", "help", "kind", "choices",
		"place", "version", "created_at", "archived_at"}},
	"contact_accounts": {"as contacts: that they may sign in to the portal", []string{"workspace_id", "contact_id", "password_hash", "confirmed_at"}},
	"contact_sessions": {"as contacts", []string{"workspace_id", "token_hash", "contact_id", "begun_at", "expires_at", "by_link"}},
	"portal_links": {"what somebody asked for who may be anybody, for a day", []string{"workspace_id", "id", "kind", "email", "name", "password_hash", "browser_hash",
		"created_at", "token_hash", "expires_at", "used_at", "next_try_at", "tries"}},
	"privacy_requests": {"the proof of who asked for erasure, and when: numbers and dates", []string{"workspace_id", "id", "contact_id", "state", "requested_at", "due_at",
		"reviewed_by", "reviewed_at", "decided_by", "closed_at", "review_mail_at", "review_tries"}},
	"privacy_refusals": {"as contacts: why a request of theirs was refused", []string{"workspace_id", "request_id", "contact_id", "reason", "created_at", "next_try_at",
		"tries"}},
	"portal_settings":   {"settings", []string{"workspace_id", "on_since"}},
	"rating_settings":   {"settings", []string{"workspace_id", "delay_minutes", "question", "since", "looked_until"}},
	"queues":            {"settings", []string{"workspace_id", "id", "name", "is_default", "deals_out", "created_at", "archived_at"}},
	"routing_rules":     {"settings, in the words of members; the residue scan finds those that name a person", []string{"workspace_id", "id", "field", "value", "queue_id", "place", "created_at"}},
	"queue_members":     {"members, no customers", []string{"workspace_id", "queue_id", "member_id"}},
	"attendance":        {"members, no customers", []string{"workspace_id", "member_id", "seen_at", "dealt_at"}},
	"inbound_addresses": {"settings", []string{"workspace_id", "address", "queue_id", "is_default", "created_at"}},
	"tags":              {"names of the workspace's own, used by many cases", []string{"workspace_id", "id", "name", "created_at", "archived_at"}},
	"macros": {"texts and changes that members keep to use again, in their own words and with placeholders for what is a customer's", []string{"workspace_id", "id",
		"owner_id", "name", "body", "set_status", "assign", "assignee_id", "set_priority", "queue_id", "add_tags", "place", "version", "created_at"}},
	"saved_filters": {"searches that members keep, in their own words; the residue scan finds those that name a case by its subject", []string{"workspace_id", "id",
		"owner_id", "name", "query", "place", "version", "created_at"}},
	"inactivity_settings": {"settings, in the words of members", []string{"workspace_id", "on_since", "threshold_hours", "statuses", "survey",
		"sends_message", "message", "reopen_hours", "keeps_courtesy", "version"}},
	"facts": {"what insights count: that something happened, when, in which queue and whose it was; numbers and times, and the case's number leads nowhere", []string{
		"workspace_id", "at", "id", "kind", "amount", "auto", "case_id", "queue_id", "agent_id", "seconds", "case_created_at"}},
	"fact_tags":      {"under which of the workspace's tags the facts of a case count that is gone; numbers", []string{"workspace_id", "case_id", "tag_id"}},
	"fact_marks":     {"what insights have to count anew; numbers, for seconds", []string{"workspace_id", "id", "at", "case_id", "made_at"}},
	"fact_backfills": {"how far the facts of old cases are written; numbers", []string{"workspace_id", "cursor_id", "last_id", "before", "done_at"}},
	"insight_zones":  {"settings", []string{"workspace_id", "id", "zone", "used_at", "days", "ready", "dropped_at"}},
	"insight_dirty":  {"as fact_marks", []string{"workspace_id", "zone_id", "day", "made_at"}},
	"insight_days": {"counts", []string{"workspace_id", "zone_id", "grain", "day", "tag_id", "queue_id", "agent_id", "removed", "created", "closed", "auto_closed",
		"reopened", "responses", "response_secs", "handle_secs", "auto_secs", "good", "bad", "deleted", "purged", "erased", "spam_gone", "gaps", "gap_closed", "gap_auto"}},
	"audit_entries": {"ids, counts and field names only", []string{"workspace_id", "id", "at", "actor_kind", "actor_id", "actor_job", "action",
		"object_kind", "object_id", "details", "address", "seq", "hash"}},
	"erasure_requests": {"the proof of who asked; numbers and dates only, since the reason of a refusal is emptied with the case", []string{"workspace_id", "id", "case_id", "case_number", "state",
		"requested_by", "requested_at", "withdrawn_by", "decided_by", "decided_at", "refusal_reason", "finished_at"}},
	"bulk_actions": {"what was done to how many cases; its search is emptied when the cases are found, the reason for deleting when it is done", []string{
		"workspace_id", "id", "member_id", "change", "scope", "state", "stopped", "problem", "total", "changed", "unchanged", "refused",
		"undone", "kept", "undone_by", "created_at", "finished_at", "forgotten"}},
	"bulk_lanes": {"how far a bulk update is", []string{"workspace_id", "bulk_id", "lane", "lanes", "cursor_at", "cursor_id", "changed", "unchanged",
		"refused", "undone", "kept", "failures", "due_at"}},
	"deletion_digests": {"which weeks were told of", []string{"workspace_id", "week", "told_at"}},
	"purge_stops": {"that the purge was stopped, and who let it go on; counts and members", []string{"workspace_id", "id", "stopped_at", "after", "due", "usual",
		"most_by", "most_bulk", "most", "released_by", "released_at", "released_until", "agreed"}},
	"erasure_ledger": {"the proof of the erasure", []string{"workspace_id", "seq", "id", "kind", "case_id", "case_number", "contact_id", "contact_erasure_id",
		"request_id", "requested_by", "approved_by", "at", "counts", "verification", "hash"}},
	"notification_settings": {"members, no customers", []string{"workspace_id", "member_id", "kind", "in_app",
		"email"}},
	"erasure_replays": {"counts and dates of what was erased again from a restored backup", []string{"workspace_id", "id", "begun_at", "finished_at", "entries",
		"cases", "contacts", "absent", "held", "residues"}},
	"lost_workspaces": {"numbers and hashes", []string{"id", "seq", "hash"}},
	"installation":    {"a number that a database and its backups have in common", []string{"only_one", "id"}},
	"ledger_heads":    {"hashes", []string{"workspace_id", "chain", "seq", "hash"}},
	"audit_checks": {"numbers, hashes and dates of the trail's chain", []string{"workspace_id", "verified_seq", "verified_hash", "verified_at", "whole_at", "walk_seq",
		"walk_hash", "walk_end", "asked_at", "broken_seq", "broken_reason", "broken_at"}},
	"refused_looks": {"ids, for an hour", []string{"workspace_id", "actor_kind", "actor_id", "permission", "object_kind", "object_id", "since", "last_at", "times"}},
	"plan_requests": {"which plan an owner asks for", []string{"workspace_id", "plan", "requested_by", "requested_at"}},
}

// foreign are the tables of libraries; their rows carry job names, never case data.
var foreign = []string{"goose_db_version", "river_job", "river_leader", "river_migration", "river_notification", "river_queue"}
