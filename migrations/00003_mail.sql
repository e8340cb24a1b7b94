-- Mail in and out.
-- +goose Up

-- Every message as it came over the wire, stored before it is parsed.
create table inbound_mails (
	workspace_id  bigint not null references workspaces,
	id            bigint generated always as identity,
	state         text not null default 'received' check (state in ('received', 'processed')),
	envelope_from text not null,
	envelope_to   text not null,
	raw           bytea not null,
	attempts      int not null default 0,
	case_id       bigint,
	message_id    bigint,
	received_at   timestamptz not null,
	next_try_at   timestamptz not null, -- when the sweep may take it for abandoned
	primary key (workspace_id, id),
	foreign key (workspace_id, case_id) references cases,
	foreign key (workspace_id, message_id) references messages
);
create index inbound_mails_case on inbound_mails (workspace_id, case_id);
create index inbound_mails_message on inbound_mails (workspace_id, message_id);
create index inbound_mails_waiting on inbound_mails (next_try_at) where state = 'received';
select tenant_table('inbound_mails', 'select, insert, update, delete');

-- Message-IDs by hash: which case a reply belongs to, and whether a mail came before. A row stays after its case
-- is gone (case_id null, seen true), so a mail that comes again after a purge is still known.
-- seen false: a mail refers to this id but it has not come yet; when it comes it joins that case.
create table mail_ids (
	workspace_id bigint not null references workspaces,
	id_hash      bytea not null,
	case_id      bigint,
	seen         boolean not null,
	created_at   timestamptz not null,
	primary key (workspace_id, id_hash),
	foreign key (workspace_id, case_id) references cases
);
create index mail_ids_case on mail_ids (workspace_id, case_id) where case_id is not null;
select tenant_table('mail_ids', 'select, insert, update');

create table outbound_mails (
	workspace_id  bigint not null,
	id            bigint generated always as identity,
	case_id       bigint not null,
	message_id    bigint not null,
	state         text not null default 'queued' check (state in ('queued', 'sent', 'failed', 'bounced', 'cancelled')),
	attempts      int not null default 0,
	last_error    text not null default '',
	created_at    timestamptz not null,
	next_try_at   timestamptz not null,
	sent_at       timestamptz,
	primary key (workspace_id, id),
	foreign key (workspace_id, case_id) references cases,
	foreign key (workspace_id, message_id) references messages
);
create index outbound_mails_case on outbound_mails (workspace_id, case_id);
create index outbound_mails_message on outbound_mails (workspace_id, message_id);
create index outbound_mails_queued on outbound_mails (next_try_at) where state = 'queued';
select tenant_table('outbound_mails', 'select, insert, update');

-- An automatic mail may still be filed with a deleted case, and a queued one cancelled; what is there stays as it is.
create trigger deleted_case_is_read_only before update of raw, envelope_from, envelope_to, received_at or delete on inbound_mails for each row
	when (current_setting('app.retention', true) is distinct from 'on') execute function refuse_write_below_deleted_case();
create trigger deleted_case_is_read_only before insert or update of case_id, message_id or delete on outbound_mails for each row
	when (current_setting('app.retention', true) is distinct from 'on') execute function refuse_write_below_deleted_case();

-- +goose Down
drop table outbound_mails, mail_ids, inbound_mails cascade;
