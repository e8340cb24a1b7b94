-- Deleting a contact and bringing them back.
-- +goose NO TRANSACTION
-- +goose Up

-- One block, so that an interrupted run leaves all of it or nothing.
-- +goose StatementBegin
do $$
begin
	if to_regclass('contact_moves') is not null then
		return;
	end if;

	alter table contacts add column deleted_by bigint;
	alter table contacts add constraint contacts_deleted_by foreign key (workspace_id, deleted_by) references members not valid;

	-- The addresses of deleted contacts. They are out of contact_emails, so that whoever writes from one of them is a new
	-- contact, and are kept here for the return of the old one.
	create table released_addresses (
		workspace_id bigint not null,
		contact_id   bigint not null,
		email        text not null check (email = lower(email)),
		is_primary   boolean not null,
		primary key (workspace_id, contact_id, email),
		foreign key (workspace_id, contact_id) references contacts
	);
	create index released_addresses_email on released_addresses (workspace_id, email);
	perform tenant_table('released_addresses', 'select, insert, delete');

	-- A contact's cases on their way into spam and back, batch by batch. Which deletion hid a case is told by the case itself:
	-- its spam_cause is 'contact deleted', and its spam_at is the deleted_at of that deletion.
	create table contact_moves (
		workspace_id bigint not null,
		id           bigint generated always as identity,
		contact_id   bigint not null,
		kind         text not null check (kind in ('delete', 'restore')),
		state        text not null default 'working' check (state in ('working', 'done')),
		member_id    bigint not null,
		deleted_at   timestamptz not null, -- of the deletion
		total        int not null,         -- cases to be moved, when it began
		done         int not null default 0,
		cursor_id    bigint not null default 0, -- the cases up to this one have been looked at
		created_at   timestamptz not null,
		worked_at    timestamptz not null, -- who has waited longest is next
		finished_at  timestamptz,
		primary key (workspace_id, id),
		foreign key (workspace_id, contact_id) references contacts,
		foreign key (workspace_id, member_id) references members
	);
	create index contact_moves_contact on contact_moves (workspace_id, contact_id, id desc);
	create index contact_moves_member on contact_moves (workspace_id, member_id);
	create index contact_moves_due on contact_moves (worked_at) where state = 'working';
	perform tenant_table('contact_moves', 'select, insert, update');
end $$;
-- +goose StatementEnd

alter table contacts validate constraint contacts_deleted_by;
create index concurrently if not exists contacts_fk_deleted_by on contacts (workspace_id, deleted_by) where deleted_by is not null;
create index concurrently if not exists contacts_deleted on contacts (workspace_id, deleted_at desc, id desc) where deleted_at is not null;

-- +goose Down
drop index concurrently if exists contacts_deleted;
drop index concurrently if exists contacts_fk_deleted_by;
drop table if exists contact_moves, released_addresses;
alter table contacts drop column if exists deleted_by;
