-- What a merge of two cases moved, so that it can be undone while nothing of it was erased.
-- +goose Up

-- Ids, dates and hashes only. The row is the redirect's and goes with it; an undone merge leaves none. No trigger guards it
-- below a deleted case: a redirect is never deleted itself, and what an unmerge would move is guarded.
create table case_merges (
	workspace_id bigint not null,
	id           bigint generated always as identity,
	case_id      bigint not null, -- the redirect
	into_id      bigint not null,
	merged_by    bigint not null,
	merged_at    timestamptz not null,
	moved        jsonb not null, -- the keys of the rows that were moved, by table
	taken        jsonb not null, -- what the other case took over besides: desk/cases knows what
	primary key (workspace_id, id),
	unique (workspace_id, case_id),
	foreign key (workspace_id, case_id) references cases,
	foreign key (workspace_id, into_id) references cases,
	foreign key (workspace_id, merged_by) references members
);
create index case_merges_into on case_merges (workspace_id, into_id, id);
create index case_merges_merged_by on case_merges (workspace_id, merged_by);
select tenant_table('case_merges', 'select, insert, delete');

-- A case that took over such a line from one merged into it gives it back.
grant delete on erasure_replies to caseward_app;

-- +goose Down
revoke delete on erasure_replies from caseward_app;
drop table case_merges;
