-- Which members looked at a case, for its history: one row a member, written in batches besides the page. Ids and times only. No
-- trigger guards it below a deleted case: who reads that is to be told too.
-- +goose Up
create table case_views (
	workspace_id bigint not null,
	case_id      bigint not null,
	member_id    bigint not null,
	first_at     timestamptz not null,
	last_at      timestamptz not null,
	times        int not null, -- those within an hour of another one are not counted
	primary key (workspace_id, case_id, member_id),
	foreign key (workspace_id, case_id) references cases,
	foreign key (workspace_id, member_id) references members
) with (fillfactor = 80);
create index case_views_member on case_views (workspace_id, member_id);
select tenant_table('case_views', 'select, insert, update');

-- +goose Down
drop table case_views;
