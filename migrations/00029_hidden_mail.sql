-- A mail that was queued knows whether only the hiding of its case cancelled it, and under which subject it was written.
-- +goose Up

alter table outbound_mails
	add column hidden_at     timestamptz, -- when it was cancelled because its case was hidden; null again once that is back
	-- Those of the case that it was written on, where its messages have become another case's before it was sent.
	add column subject       text,
	add column reference_ids text[]; -- the newest first, without angle brackets

-- +goose Down
alter table outbound_mails drop column hidden_at, drop column subject, drop column reference_ids;
