-- Looks that were refused within the last hour, to count those that are the same: the first is in the audit trail, and how many
-- followed comes there when the hour is over. Ids only.
-- +goose Up
create table refused_looks (
	workspace_id bigint not null references workspaces,
	actor_kind   text not null,
	actor_id     bigint not null, -- 0: none
	permission   text not null,
	object_kind  text not null,
	object_id    bigint not null, -- 0: none
	since        timestamptz not null,
	last_at      timestamptz not null,
	times        int not null,
	primary key (workspace_id, actor_kind, actor_id, permission, object_kind, object_id)
) with (fillfactor = 80);
create index refused_looks_since on refused_looks (since);
select tenant_table('refused_looks', 'select, insert, update');

-- +goose Down
drop table refused_looks;
