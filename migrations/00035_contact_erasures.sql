-- Deleting contacts forever: the work, what it left for people to decide, and its entry in the erasure ledger.
-- +goose Up

alter table contacts add column erasing_at timestamptz; -- since then the contact is being erased, which nothing stops

create table contact_erasures (
	workspace_id bigint not null references workspaces,
	id           bigint generated always as identity,
	group_id     bigint, -- the first of those that were confirmed together; null: there was only this one
	contact_id   bigint not null, -- no foreign key: the row outlives the contact
	requested_by bigint not null,
	requested_at timestamptz not null,
	step         text not null default 'cases' check (step in ('cases', 'others', 'person', 'search', 'index', 'done')),
	planned      jsonb not null,              -- what was confirmed: counts
	removed      jsonb not null default '{}', -- rows by table, so far
	erased       int not null default 0,      -- cases, so far
	-- What is searched for once the contact is gone, and their addresses; emptied with the last step.
	traces       text[] not null default '{}',
	addresses    text[] not null default '{}',
	place        text not null default '',    -- of the search: the table
	cursor_id    bigint not null default 0,   -- and the row in it
	columns      int not null default 0,      -- searched so far
	failures     int not null default 0,
	due_at       timestamptz not null,        -- who has waited longest is next; later after a failure
	gone_at      timestamptz,                 -- when the contact's own row went
	finished_at  timestamptz,
	primary key (workspace_id, id),
	foreign key (workspace_id, requested_by) references members
);
create unique index contact_erasures_contact on contact_erasures (workspace_id, contact_id);
create index contact_erasures_group on contact_erasures (workspace_id, group_id) where group_id is not null;
create index contact_erasures_requested_by on contact_erasures (workspace_id, requested_by);
create index contact_erasures_due on contact_erasures (due_at, id) where finished_at is null;
select tenant_table('contact_erasures', 'select, insert');

-- Where the search found an erased contact: in other people's words, or in what came from one of their addresses since. Ids
-- only. A place in a case goes with the case.
create table contact_mentions (
	workspace_id bigint not null,
	id           bigint generated always as identity,
	erasure_id   bigint not null,
	place        text not null,    -- table and column
	row_id       bigint not null,
	since        boolean not null, -- it belongs to somebody who has one of the addresses now
	case_id      bigint,
	message_id   bigint,
	primary key (workspace_id, id),
	unique (workspace_id, erasure_id, place, row_id),
	foreign key (workspace_id, erasure_id) references contact_erasures,
	foreign key (workspace_id, case_id) references cases
);
create index contact_mentions_list on contact_mentions (workspace_id, erasure_id, id);
create index contact_mentions_case on contact_mentions (workspace_id, case_id) where case_id is not null;
select tenant_table('contact_mentions', 'select');

-- Who gave a rating on somebody else's case may be forgotten; what they said stays.
alter table ratings alter column contact_id drop not null;

-- An entry of a contact has no case. Old entries keep their hashes: the new columns count for the new kinds only.
alter table erasure_ledger alter column case_id drop not null, alter column case_number drop not null,
	add column contact_id bigint, add column contact_erasure_id bigint;
alter table erasure_ledger drop constraint erasure_ledger_kind_check;
alter table erasure_ledger add constraint erasure_ledger_kind_check
	check (kind in ('case purged', 'case erased', 'case erased with contact', 'contact erased')) not valid;
alter table erasure_ledger validate constraint erasure_ledger_kind_check;
alter table erasure_ledger add constraint erasure_ledger_of_check
	check (case when kind = 'contact erased' then contact_id is not null else case_id is not null and case_number is not null end) not valid;
alter table erasure_ledger validate constraint erasure_ledger_of_check;
create index erasure_ledger_contact on erasure_ledger (workspace_id, contact_id) where contact_id is not null and kind = 'contact erased';

-- +goose Down
drop index erasure_ledger_contact;
alter table erasure_ledger drop constraint erasure_ledger_of_check, drop constraint erasure_ledger_kind_check,
	drop column contact_id, drop column contact_erasure_id;
alter table erasure_ledger add constraint erasure_ledger_kind_check check (kind in ('case purged', 'case erased'));
alter table ratings alter column contact_id set not null;
drop table contact_mentions, contact_erasures;
alter table contacts drop column erasing_at;
