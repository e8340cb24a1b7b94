-- What members are writing on cases and have not sent.
-- +goose Up

-- A draft is its writer's and not the case's, so it can be written while the case is deleted: no trigger refuses that. It
-- goes with the case when that goes for good.
create table drafts (
	workspace_id bigint not null,
	case_id      bigint not null,
	member_id    bigint not null,
	kind         text not null check (kind in ('reply', 'note')),
	body         text not null check (body <> ''),
	version      bigint not null, -- another one with each change: it tells a page whether it knows the last one
	writer       text not null default '', -- the random key of the form that wrote it last
	updated_at   timestamptz not null,
	primary key (workspace_id, case_id, member_id, kind),
	foreign key (workspace_id, case_id) references cases,
	foreign key (workspace_id, member_id) references members
);
create index drafts_member on drafts (workspace_id, member_id);
select tenant_table('drafts', 'select, insert, update, delete');

-- +goose Down
drop table drafts;
