-- Contacts as records of their own: lists by tab, found by name, address and telephone number, changed by whoever saw them as
-- they are, and merged.
-- +goose NO TRANSACTION
-- +goose Up

alter table contacts add column if not exists version int not null default 1; -- grows with every change of the record
-- Another contact has taken this one over: it is a redirect, and has no address.
alter table contacts add column if not exists merged_into_id bigint;
alter table contacts drop constraint if exists contacts_merged_into;
alter table contacts add constraint contacts_merged_into foreign key (workspace_id, merged_into_id) references contacts not valid;
alter table contacts validate constraint contacts_merged_into;
drop index concurrently if exists contacts_merged;
create index concurrently contacts_merged on contacts (workspace_id, merged_into_id) where merged_into_id is not null;

-- One index a tab, each in the tab's own order.
drop index concurrently if exists contacts_all;
create index concurrently contacts_all on contacts (workspace_id, created_at desc, id desc) where deleted_at is null and merged_into_id is null;
drop index concurrently if exists contacts_deleted;
create index concurrently contacts_deleted on contacts (workspace_id, deleted_at desc, id desc) where deleted_at is not null and merged_into_id is null;
drop index concurrently if exists contacts_suspended;
create index concurrently contacts_suspended on contacts (workspace_id, suspended_at desc, id desc)
	where suspended_at is not null and deleted_at is null and merged_into_id is null;
drop index concurrently if exists contacts_list;

-- A telephone number by its last digits, which all ways of writing it share.
drop index concurrently if exists contacts_phone;
create index concurrently contacts_phone on contacts (workspace_id, (reverse(regexp_replace(phone, '[^0-9]', '', 'g')) collate "C")) where phone <> '';

-- What of a contact is still to be done; most have many closed cases and few others.
drop index concurrently if exists cases_open_by_contact;
create index concurrently cases_open_by_contact on cases (workspace_id, contact_id)
	where deleted_at is null and spam_at is null and merged_into_id is null and status <> 'closed';

-- find_people returns the contacts of a tab with the words in their name or in one of their addresses, or with a telephone
-- number that ends in the digits, which are given backwards; at most so many. Of a deleted contact, whose addresses are
-- released, it is part of one that is compared. As an owner, since under row level security no index serves @@.
-- +goose StatementBegin
create or replace function find_people(query tsquery, digits text, part text, tab text, most int) returns setof bigint
	language plpgsql stable security definer rows 100 set search_path from current as $$
begin
	return query select found.id from (
		(select k.id from contacts k where k.workspace_id = current_workspace() and name_words(k.name) @@ query
			and k.merged_into_id is null and (k.deleted_at is not null) = (tab = 'deleted') and (k.suspended_at is not null or tab <> 'suspended')
			limit most)
		union
		(select e.contact_id from contact_emails e join contacts k on k.workspace_id = e.workspace_id and k.id = e.contact_id
			where e.workspace_id = current_workspace() and name_words(e.email) @@ query
			and k.merged_into_id is null and (k.deleted_at is not null) = (tab = 'deleted') and (k.suspended_at is not null or tab <> 'suspended')
			limit most)
		union
		(select k.id from contacts k where k.workspace_id = current_workspace() and k.phone <> ''
			and (reverse(regexp_replace(k.phone, '[^0-9]', '', 'g')) collate "C") >= digits
			and (reverse(regexp_replace(k.phone, '[^0-9]', '', 'g')) collate "C") < digits || ':'
			and k.merged_into_id is null and (k.deleted_at is not null) = (tab = 'deleted') and (k.suspended_at is not null or tab <> 'suspended')
			limit most)
		union
		(select r.contact_id from released_addresses r where tab = 'deleted' and r.workspace_id = current_workspace() and strpos(r.email, part) > 0
			limit most)
	) found limit most;
end $$;
-- +goose StatementEnd

-- +goose Down
drop function if exists find_people(tsquery, text, text, text, int);
drop index concurrently if exists cases_open_by_contact;
drop index concurrently if exists contacts_phone;
create index concurrently if not exists contacts_list on contacts (workspace_id, id desc) where deleted_at is null;
drop index concurrently if exists contacts_suspended;
drop index concurrently if exists contacts_deleted;
drop index concurrently if exists contacts_all;
drop index concurrently if exists contacts_merged;
alter table contacts drop constraint if exists contacts_merged_into;
alter table contacts drop column if exists merged_into_id, drop column if exists version;
