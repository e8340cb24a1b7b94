-- Contacts, queues, tags, cases and what hangs on a case.
-- +goose Up

create table contacts (
	workspace_id bigint not null references workspaces,
	id           bigint generated always as identity,
	name         text not null,
	phone        text not null default '',
	job_title    text not null default '',
	address      text not null default '',
	created_at   timestamptz not null,
	deleted_at   timestamptz,
	suspended_at timestamptz,
	primary key (workspace_id, id)
);
create index contacts_list on contacts (workspace_id, id desc) where deleted_at is null;
select tenant_table('contacts', 'select, insert, update');

create table contact_emails (
	workspace_id bigint not null,
	email        text not null check (email = lower(email)),
	contact_id   bigint not null,
	is_primary   boolean not null,
	primary key (workspace_id, email),
	foreign key (workspace_id, contact_id) references contacts
);
create index contact_emails_contact on contact_emails (workspace_id, contact_id);
create unique index contact_emails_primary on contact_emails (workspace_id, contact_id) where is_primary;
select tenant_table('contact_emails', 'select, insert, update, delete');

create table queues (
	workspace_id bigint not null references workspaces,
	id           bigint generated always as identity,
	name         text not null check (name <> ''),
	is_default   boolean not null default false,
	created_at   timestamptz not null,
	archived_at  timestamptz,
	primary key (workspace_id, id)
);
create unique index queues_name on queues (workspace_id, lower(name)) where archived_at is null;
create unique index queues_default on queues (workspace_id) where is_default;
select tenant_table('queues', 'select, insert, update');

-- An address that receives mail for a workspace. Looked up before a workspace is known.
create table inbound_addresses (
	workspace_id bigint not null references workspaces,
	address      text not null unique check (address = lower(address)),
	queue_id     bigint not null,
	is_default   boolean not null default false,
	created_at   timestamptz not null,
	primary key (workspace_id, address),
	foreign key (workspace_id, queue_id) references queues
);
create index inbound_addresses_queue on inbound_addresses (workspace_id, queue_id);
create unique index inbound_addresses_default on inbound_addresses (workspace_id) where is_default;
select tenant_table('inbound_addresses', 'select, insert, update, delete');

create table tags (
	workspace_id bigint not null references workspaces,
	id           bigint generated always as identity,
	name         text not null check (name <> ''),
	created_at   timestamptz not null,
	archived_at  timestamptz,
	primary key (workspace_id, id)
);
create unique index tags_name on tags (workspace_id, lower(name)) where archived_at is null;
select tenant_table('tags', 'select, insert, update');

create table cases (
	workspace_id        bigint not null references workspaces,
	id                  bigint generated always as identity,
	number              bigint not null,
	subject             text not null,
	contact_id          bigint not null,
	status              text not null default 'open' check (status in ('open', 'pending', 'on_hold', 'closed')),
	priority            smallint not null default 2 check (priority between 1 and 4), -- low, normal, high, urgent
	queue_id            bigint not null,
	assignee_id         bigint,
	channel             text not null check (channel in ('email', 'portal', 'agent', 'api')),
	created_at          timestamptz not null,
	-- Last inbound message, outbound message or status change: the place in the list, and later the inactivity
	-- clock (seed 003). Notes, tags, reassignment, redaction, deletion and restore leave it alone.
	last_activity_at    timestamptz not null,
	last_inbound_at     timestamptz,
	last_outbound_at    timestamptz,
	closed_at           timestamptz,
	-- A merged case is a redirect: its messages moved to the other case.
	merged_into_id      bigint,
	-- Visibility is separate from status. Live means neither in spam nor deleted nor merged: see the view live_cases.
	spam_at             timestamptz,
	spam_by             bigint,
	spam_cause          text check (spam_cause in ('agent', 'contact deleted')),
	deleted_at          timestamptz,
	deleted_by          bigint,
	deleted_cause       text check (deleted_cause in ('agent', 'bulk')),
	delete_reason       text check (delete_reason in ('test inquiry', 'spam', 'duplicate', 'other')),
	delete_reason_text  text not null default '',
	-- When the purge may remove it. Null on a deleted case: kept until erasure is requested, or frozen by a request.
	purge_at            timestamptz,
	-- Set while a request for permanent deletion is open; purge_left is what was left of the countdown.
	erasure_requested_at timestamptz,
	purge_left          interval,
	primary key (workspace_id, id),
	unique (workspace_id, number),
	foreign key (workspace_id, contact_id) references contacts,
	foreign key (workspace_id, queue_id) references queues,
	foreign key (workspace_id, assignee_id) references members,
	foreign key (workspace_id, spam_by) references members,
	foreign key (workspace_id, deleted_by) references members,
	foreign key (workspace_id, merged_into_id) references cases,
	check (deleted_at is not null or (purge_at is null and erasure_requested_at is null))
);
select tenant_table('cases', 'select, insert, update');

-- The one predicate that says "live". Lists, counts, search, timelines, reports, timers and mail read this view.
create view live_cases with (security_invoker = true) as
	select * from cases where deleted_at is null and spam_at is null and merged_into_id is null;
grant select on live_cases to caseward_app;

-- One index a list, each in the list's own order, so that a page is a short index range at any size.
create index cases_by_status on cases (workspace_id, status, last_activity_at desc, id desc)
	where deleted_at is null and spam_at is null and merged_into_id is null;
create index cases_by_assignee on cases (workspace_id, assignee_id, last_activity_at desc, id desc)
	where deleted_at is null and spam_at is null and merged_into_id is null and status <> 'closed';
-- Its own index: PostgreSQL does not see that rows of which assignee_id is null are in order within the index above.
create index cases_unassigned on cases (workspace_id, last_activity_at desc, id desc)
	where deleted_at is null and spam_at is null and merged_into_id is null and status <> 'closed' and assignee_id is null;
create index cases_by_queue on cases (workspace_id, queue_id, last_activity_at desc, id desc)
	where deleted_at is null and spam_at is null and merged_into_id is null and status <> 'closed';
create index cases_by_contact on cases (workspace_id, contact_id, last_activity_at desc, id desc);
create index cases_in_spam on cases (workspace_id, last_activity_at desc, id desc)
	where deleted_at is null and spam_at is not null and merged_into_id is null;
create index cases_deleted on cases (workspace_id, deleted_at desc, id desc) where deleted_at is not null;
create index cases_to_purge on cases (purge_at) where purge_at is not null;
-- The remaining foreign keys; the partial ones keep the index as small as what it is asked for.
create index cases_fk_queue on cases (workspace_id, queue_id);
create index cases_fk_assignee on cases (workspace_id, assignee_id) where assignee_id is not null;
create index cases_fk_spam_by on cases (workspace_id, spam_by) where spam_by is not null;
create index cases_fk_deleted_by on cases (workspace_id, deleted_by) where deleted_by is not null;
create index cases_fk_merged_into on cases (workspace_id, merged_into_id) where merged_into_id is not null;

-- A deleted case is read-only. Only deletion's own columns may change while it is deleted, and with the change from or
-- to deleted: so it comes back exactly as it was.
-- The setting app.retention is for the erasure of content and for the purge, both in desk/retention.
-- +goose StatementBegin
create function refuse_write_to_deleted_case() returns trigger
	language plpgsql as $$
begin
	if (to_jsonb(new) - '{deleted_at,deleted_by,deleted_cause,delete_reason,delete_reason_text,purge_at,erasure_requested_at,purge_left}'::text[])
		is distinct from
	   (to_jsonb(old) - '{deleted_at,deleted_by,deleted_cause,delete_reason,delete_reason_text,purge_at,erasure_requested_at,purge_left}'::text[])
	then
		raise exception 'case % is deleted and cannot be changed', old.number
			using errcode = 'CW001', hint = 'Restore it first.';
	end if;
	return new;
end $$;
-- +goose StatementEnd
create trigger deleted_case_is_read_only before update on cases for each row
	when ((old.deleted_at is not null or new.deleted_at is not null) and current_setting('app.retention', true) is distinct from 'on')
	execute function refuse_write_to_deleted_case();

-- The same for whatever belongs to a case. The share lock makes "is it deleted" and the write one step.
-- +goose StatementBegin
create function refuse_write_below_deleted_case() returns trigger
	language plpgsql as $$
declare
	ws bigint;
	ids bigint[]; -- both cases, where a row is moved from one to the other
	gone boolean;
begin
	case tg_op
		when 'INSERT' then ws := new.workspace_id; ids := array[new.case_id];
		when 'DELETE' then ws := old.workspace_id; ids := array[old.case_id];
		else ws := old.workspace_id; ids := array[old.case_id, new.case_id];
	end case;
	select bool_or(deleted_at is not null) into gone
		from (select deleted_at from cases where workspace_id = ws and id = any (ids) order by id for share) c;
	if gone then
		raise exception 'case is deleted and cannot be changed' using errcode = 'CW001', hint = 'Restore it first.';
	end if;
	if tg_op = 'DELETE' then return old; end if;
	return new;
end $$;
-- +goose StatementEnd

create table case_tags (
	workspace_id bigint not null,
	case_id      bigint not null,
	tag_id       bigint not null,
	primary key (workspace_id, case_id, tag_id),
	foreign key (workspace_id, case_id) references cases,
	foreign key (workspace_id, tag_id) references tags
);
create index case_tags_tag on case_tags (workspace_id, tag_id, case_id);
select tenant_table('case_tags', 'select, insert, delete');

create table messages (
	workspace_id      bigint not null,
	id                bigint generated always as identity,
	case_id           bigint not null,
	kind              text not null check (kind in ('inbound', 'outbound', 'note')),
	author_member_id  bigint,
	author_contact_id bigint,
	body_text         text not null,
	body_html         text not null default '', -- as received, sanitised at display
	to_recipients     text[] not null default '{}',
	cc_recipients     text[] not null default '{}',
	message_id        text, -- RFC 5322 Message-ID without the angle brackets
	reply_to_id       bigint, -- the message an outgoing one answers: its In-Reply-To
	is_auto           boolean not null default false, -- auto-reply or bounce: never counts as activity
	defects           text not null default '', -- what could not be read of a broken mail
	date              timestamptz, -- the sender's Date header
	created_at        timestamptz not null,
	primary key (workspace_id, id),
	foreign key (workspace_id, case_id) references cases,
	foreign key (workspace_id, author_member_id) references members,
	foreign key (workspace_id, author_contact_id) references contacts
);
create index messages_case on messages (workspace_id, case_id, id);
create index messages_author_member on messages (workspace_id, author_member_id) where author_member_id is not null;
create index messages_author_contact on messages (workspace_id, author_contact_id) where author_contact_id is not null;
select tenant_table('messages', 'select, insert, update');

create table blobs (
	workspace_id bigint not null references workspaces,
	id           bigint generated always as identity,
	data         bytea not null,
	primary key (workspace_id, id)
);
select tenant_table('blobs', 'select, insert');

create table attachments (
	workspace_id bigint not null,
	id           bigint generated always as identity,
	case_id      bigint not null,
	message_id   bigint not null,
	blob_id      bigint not null,
	filename     text not null,
	content_type text not null,
	content_id   text not null default '',
	is_inline    boolean not null default false,
	size         bigint not null, -- bytes
	created_at   timestamptz not null,
	primary key (workspace_id, id),
	foreign key (workspace_id, case_id) references cases,
	foreign key (workspace_id, message_id) references messages,
	foreign key (workspace_id, blob_id) references blobs
);
create index attachments_case on attachments (workspace_id, case_id);
create index attachments_message on attachments (workspace_id, message_id);
create index attachments_blob on attachments (workspace_id, blob_id);
select tenant_table('attachments', 'select, insert, update');

-- The activity feed of a case. data holds ids, numbers and field values of the case, so it goes with the case.
create table activities (
	workspace_id bigint not null,
	id           bigint generated always as identity,
	case_id      bigint not null,
	kind         text not null,
	actor_kind   text not null check (actor_kind in ('member', 'contact', 'job', 'staff', 'token')),
	actor_id     bigint,
	data         jsonb not null default '{}',
	created_at   timestamptz not null,
	primary key (workspace_id, id),
	foreign key (workspace_id, case_id) references cases
);
create index activities_case on activities (workspace_id, case_id, id);
select tenant_table('activities', 'select, insert');

-- The words of a case: subject, people and messages. Joined with live_cases in every search.
create table case_search (
	workspace_id bigint not null,
	case_id      bigint not null,
	document     tsvector not null,
	primary key (workspace_id, case_id),
	foreign key (workspace_id, case_id) references cases
);
create index case_search_document on case_search using gin (document);
select tenant_table('case_search', 'select, insert, update');

-- add_words joins two documents. A tsvector holds 1 MB; of a thread with more different words the first are kept.
-- +goose StatementBegin
create function add_words(document tsvector, words tsvector) returns tsvector
	language plpgsql immutable parallel safe as $$
begin
	return document || words;
exception when program_limit_exceeded then
	return document;
end $$;
-- +goose StatementEnd

create trigger deleted_case_is_read_only before insert or update or delete on messages for each row
	when (current_setting('app.retention', true) is distinct from 'on') execute function refuse_write_below_deleted_case();
create trigger deleted_case_is_read_only before insert or update or delete on attachments for each row
	when (current_setting('app.retention', true) is distinct from 'on') execute function refuse_write_below_deleted_case();
create trigger deleted_case_is_read_only before insert or update or delete on case_tags for each row
	when (current_setting('app.retention', true) is distinct from 'on') execute function refuse_write_below_deleted_case();
create trigger deleted_case_is_read_only before insert or update or delete on case_search for each row
	when (current_setting('app.retention', true) is distinct from 'on') execute function refuse_write_below_deleted_case();
-- What happened to a deleted case, such as a request for its erasure, is still added to its feed.
create trigger deleted_case_is_read_only before update or delete on activities for each row
	when (current_setting('app.retention', true) is distinct from 'on') execute function refuse_write_below_deleted_case();

-- +goose Down
drop view live_cases;
drop table case_search, activities, attachments, blobs, messages, case_tags, cases, tags, inbound_addresses, queues,
	contact_emails, contacts cascade;
drop function refuse_write_to_deleted_case, refuse_write_below_deleted_case, add_words;
