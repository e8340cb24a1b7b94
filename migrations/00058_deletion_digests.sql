-- The weekly mail about what was deleted, restored and removed.
-- +goose Up
alter table workspaces add column deletion_digest boolean not null default true;
grant update (deletion_digest) on workspaces to caseward_app;

-- The weeks that are told of, so that each is told once.
create table deletion_digests (
	workspace_id bigint not null references workspaces,
	week         date not null, -- the Monday on which it was told
	told_at      timestamptz not null,
	primary key (workspace_id, week)
);
select tenant_table('deletion_digests', 'select');

-- +goose Down
drop table deletion_digests;
revoke update (deletion_digest) on workspaces from caseward_app;
alter table workspaces drop column deletion_digest;
