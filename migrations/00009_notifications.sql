-- What members are told, what each of them wants to be told, and mail that answers a case about to be erased.
-- +goose Up

-- Ids and dates only: what a notification is about is read from its case, as it is and as far as its reader may see it.
create table notifications (
	workspace_id bigint not null,
	id           bigint generated always as identity,
	member_id    bigint not null, -- who is told
	kind         text not null, -- desk/notify knows which there are
	-- Null when the case is gone for good and its requester is told so: request_id then says which one it was. Null too,
	-- with no request, when many cases were changed together: times says how many.
	case_id      bigint,
	request_id   bigint,
	actor_kind   text not null check (actor_kind in ('member', 'contact', 'job', 'staff', 'token')),
	actor_id     bigint,
	times        int not null default 1, -- how often it happened since it was last read; actor and time are the last one's
	in_app       boolean not null, -- false: wanted by mail only
	created_at   timestamptz not null,
	read_at      timestamptz,
	mail_at      timestamptz, -- when to mail it, if it is still unread; null: never, or it was
	mail_lease   timestamptz, -- until when a process may be sending it, or when it may be tried again
	mail_tries   int not null default 0,
	mailed_at    timestamptz,
	primary key (workspace_id, id),
	foreign key (workspace_id, member_id) references members,
	foreign key (workspace_id, case_id) references cases,
	foreign key (workspace_id, request_id) references erasure_requests
);
create index notifications_list on notifications (workspace_id, member_id, created_at desc, id desc);
create index notifications_bell on notifications (workspace_id, member_id, created_at desc, id desc) where read_at is null and in_app;
-- One unread notification of a kind about a case: ten answers are one line that says ten.
create unique index notifications_unread on notifications (workspace_id, member_id, kind, case_id, request_id) nulls not distinct
	where read_at is null;
create index notifications_case on notifications (workspace_id, case_id) where case_id is not null;
create index notifications_request on notifications (workspace_id, request_id) where request_id is not null;
create index notifications_to_mail on notifications (mail_at) where mail_at is not null;
create index notifications_age on notifications (created_at);
select tenant_table('notifications', 'select, insert, update');

-- What a member has chosen; without a row the default of desk/notify holds.
create table notification_settings (
	workspace_id bigint not null,
	member_id    bigint not null,
	kind         text not null,
	in_app       boolean not null,
	email        boolean not null,
	primary key (workspace_id, member_id, kind),
	foreign key (workspace_id, member_id) references members
);
select tenant_table('notification_settings', 'select, insert, update');

-- A case that began with an answer to one whose permanent deletion was requested.
create table erasure_replies (
	workspace_id bigint not null,
	case_id      bigint not null, -- the new case
	request_id   bigint not null,
	created_at   timestamptz not null,
	primary key (workspace_id, case_id),
	foreign key (workspace_id, case_id) references cases,
	foreign key (workspace_id, request_id) references erasure_requests
);
create index erasure_replies_request on erasure_replies (workspace_id, request_id, created_at desc);
select tenant_table('erasure_replies', 'select, insert');
create trigger deleted_case_is_read_only before insert or update or delete on erasure_replies for each row
	when (current_setting('app.retention', true) is distinct from 'on') execute function refuse_write_below_deleted_case();

-- +goose Down
drop table erasure_replies, notification_settings, notifications;
