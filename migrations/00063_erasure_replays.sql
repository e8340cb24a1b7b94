-- Replays of the erasure ledger into a restored backup: how far they are, and what the backup does not have.
-- +goose Up

-- Counts only. A row without an end is a replay that was interrupted; nothing works on the database until it has one.
create table erasure_replays (
	workspace_id bigint not null references workspaces,
	id           bigint generated always as identity,
	begun_at     timestamptz not null,
	finished_at  timestamptz,
	entries      int not null default 0, -- that were written back
	cases        int not null default 0, -- that were there, and are gone
	contacts     int not null default 0, -- likewise
	absent       int not null default 0, -- entries of what the backup does not have
	held         int not null default 0, -- of the cases: had a legal hold, which does not stop what was decided already
	residues     int not null default 0, -- columns in which a trace was found
	primary key (workspace_id, id)
);
create unique index erasure_replays_open on erasure_replays (workspace_id) where finished_at is null;
select tenant_table('erasure_replays', 'select');

-- Workspaces that were made after the backup: the file has entries of theirs, and their numbers are not given again.
create table lost_workspaces (
	id   bigint primary key,
	seq  bigint not null, -- of the last entry in the file
	hash bytea not null
);

alter table contact_erasures
	add column replayed boolean not null default false, -- its entry in the ledger is there already
	add column merged bigint[] not null default '{}';   -- contacts who were merged into this one, and go with it

-- +goose Down
alter table contact_erasures drop column replayed, drop column merged;
drop table lost_workspaces, erasure_replays;
