-- What must stay true after a case is gone: the audit trail, erasure requests and the erasure ledger.
-- None of these tables holds a subject, a name, an address or message text.
-- +goose Up

-- Entries are written unsealed in the transaction of the deed, so writers do not wait for each other; a job seals
-- them into a hash chain, one chain a workspace, within seconds.
create table audit_entries (
	workspace_id bigint not null references workspaces,
	id           bigint generated always as identity,
	at           timestamptz not null,
	actor_kind   text not null check (actor_kind in ('member', 'contact', 'job', 'staff', 'token')),
	actor_id     bigint,
	actor_job    text not null default '', -- the job's name where actor_kind is job
	action       text not null,
	object_kind  text not null,
	object_id    bigint,
	details      jsonb not null default '{}', -- ids, counts and field names; never personal values
	address      inet,
	seq          bigint,
	hash         bytea,
	primary key (workspace_id, id),
	unique (workspace_id, seq)
);
create index audit_entries_object on audit_entries (workspace_id, object_kind, object_id, id desc);
create index audit_entries_unsealed on audit_entries (workspace_id, id) where seq is null;
select tenant_table('audit_entries', 'select, insert');

create table erasure_requests (
	workspace_id    bigint not null references workspaces,
	id              bigint generated always as identity,
	-- No foreign key: the request outlives its case.
	case_id         bigint not null,
	case_number     bigint not null,
	state           text not null default 'open' check (state in ('open', 'withdrawn', 'refused', 'approved', 'done')),
	requested_by    bigint not null,
	requested_at    timestamptz not null,
	withdrawn_by    bigint,
	decided_by      bigint references users,
	decided_at      timestamptz,
	refusal_reason  text not null default '',
	finished_at     timestamptz,
	primary key (workspace_id, id),
	foreign key (workspace_id, requested_by) references members,
	foreign key (workspace_id, withdrawn_by) references members
);
create unique index erasure_requests_open on erasure_requests (workspace_id, case_id) where state in ('open', 'approved');
create index erasure_requests_case on erasure_requests (workspace_id, case_id, id desc);
create index erasure_requests_waiting on erasure_requests (requested_at, workspace_id, id) where state in ('open', 'approved');
create index erasure_requests_decided on erasure_requests (decided_at desc, workspace_id, id) where state in ('refused', 'done');
create index erasure_requests_requested_by on erasure_requests (workspace_id, requested_by);
create index erasure_requests_withdrawn_by on erasure_requests (workspace_id, withdrawn_by) where withdrawn_by is not null;
create index erasure_requests_decided_by on erasure_requests (decided_by) where decided_by is not null;
select tenant_table('erasure_requests', 'select, insert, update');

create table erasure_ledger (
	workspace_id  bigint not null references workspaces,
	seq           bigint not null,
	id            bigint generated always as identity unique,
	kind          text not null check (kind in ('case purged', 'case erased')),
	case_id       bigint not null,
	case_number   bigint not null,
	request_id    bigint,
	requested_by  bigint, -- member
	approved_by   bigint, -- staff user
	at            timestamptz not null,
	counts        jsonb not null, -- rows removed, by table
	verification  jsonb not null default '{}', -- what the residue scan looked at and found
	hash          bytea not null,
	primary key (workspace_id, seq)
);
create index erasure_ledger_case on erasure_ledger (workspace_id, case_number);
select tenant_table('erasure_ledger', 'select');

-- The newest link of each chain; its row lock puts the writers of one chain in order.
create table ledger_heads (
	workspace_id bigint not null references workspaces,
	chain        text not null,
	seq          bigint not null,
	hash         bytea not null,
	primary key (workspace_id, chain)
);
select tenant_table('ledger_heads', 'select');

-- Append-only, for every role: a record may be written and, once, sealed; never changed or removed.
-- +goose StatementBegin
create function refuse_change_of_record() returns trigger
	language plpgsql as $$
begin
	raise exception '% is append-only', tg_table_name using errcode = 'CW002';
end $$;
-- +goose StatementEnd
create trigger append_only before delete or truncate on audit_entries execute function refuse_change_of_record();
create trigger append_only before update or delete or truncate on erasure_ledger execute function refuse_change_of_record();
create trigger append_only before update on blobs for each row
	when (current_setting('app.retention', true) is distinct from 'on') execute function refuse_change_of_record();
create trigger sealed_once before update on audit_entries for each row
	when (old.seq is not null or (to_jsonb(new) - '{seq,hash}'::text[]) is distinct from (to_jsonb(old) - '{seq,hash}'::text[]))
	execute function refuse_change_of_record();

-- +goose Down
drop table ledger_heads, erasure_ledger, erasure_requests, audit_entries cascade;
drop trigger append_only on blobs;
drop function refuse_change_of_record;
