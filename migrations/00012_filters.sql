-- Saved filters, who has read what, the columns of the Table view, and the orders in which it can be sorted.
-- +goose NO TRANSACTION
-- +goose Up

-- One block, so that an interrupted run leaves all of it or nothing.
-- +goose StatementBegin
do $$
begin
	if to_regclass('saved_filters') is not null then
		return;
	end if;

	-- A search that somebody keeps as a list of the sidebar.
	create table saved_filters (
		workspace_id bigint not null references workspaces,
		id           bigint generated always as identity,
		owner_id     bigint, -- null: shared with everybody in the workspace
		name         text not null check (name <> ''),
		query        text not null check (query <> ''), -- in the language of desk/search
		place        int not null, -- among those of the same owner, or among the shared ones
		version      int not null default 1,
		created_at   timestamptz not null,
		primary key (workspace_id, id),
		foreign key (workspace_id, owner_id) references members
	);
	create unique index saved_filters_name on saved_filters (workspace_id, coalesce(owner_id, 0), lower(name));
	create index saved_filters_list on saved_filters (workspace_id, owner_id, place, id);
	perform tenant_table('saved_filters', 'select, insert, update, delete');

	-- What each member has seen of a case: the case's last_inbound_at when they last opened it. Members are never removed,
	-- so there is no foreign key to them, whose index each opening of a case would have to write.
	create table case_reads (
		workspace_id    bigint not null,
		case_id         bigint not null,
		member_id       bigint not null,
		seen_inbound_at timestamptz not null,
		primary key (workspace_id, case_id, member_id),
		foreign key (workspace_id, case_id) references cases
	);
	perform tenant_table('case_reads', 'select, insert, update');

	-- The columns of the Table view in their order; empty: the usual ones.
	alter table members add column table_columns text[] not null default '{}';
end $$;
-- +goose StatementEnd

-- An order of the Table view has its own index in each list that offers it, so that a page stays a short range. Closed
-- cases are left out where no list of them is offered in that order: they are nearly all cases there are. Each index
-- is dropped first, since an interrupted run may have left it half built.
drop index concurrently if exists cases_by_status_created;
create index concurrently cases_by_status_created on cases (workspace_id, status, created_at desc, id desc)
	where deleted_at is null and spam_at is null and merged_into_id is null;
drop index concurrently if exists cases_by_status_number;
create index concurrently cases_by_status_number on cases (workspace_id, status, number desc)
	where deleted_at is null and spam_at is null and merged_into_id is null and status <> 'closed';
drop index concurrently if exists cases_by_status_priority;
create index concurrently cases_by_status_priority on cases (workspace_id, status, priority desc, last_activity_at desc, id desc)
	where deleted_at is null and spam_at is null and merged_into_id is null and status <> 'closed';
drop index concurrently if exists cases_by_assignee_created;
create index concurrently cases_by_assignee_created on cases (workspace_id, assignee_id, created_at desc, id desc)
	where deleted_at is null and spam_at is null and merged_into_id is null and status <> 'closed';
drop index concurrently if exists cases_by_assignee_number;
create index concurrently cases_by_assignee_number on cases (workspace_id, assignee_id, number desc)
	where deleted_at is null and spam_at is null and merged_into_id is null and status <> 'closed';
drop index concurrently if exists cases_by_assignee_priority;
create index concurrently cases_by_assignee_priority on cases (workspace_id, assignee_id, priority desc, last_activity_at desc, id desc)
	where deleted_at is null and spam_at is null and merged_into_id is null and status <> 'closed';
drop index concurrently if exists cases_unassigned_created;
create index concurrently cases_unassigned_created on cases (workspace_id, created_at desc, id desc)
	where deleted_at is null and spam_at is null and merged_into_id is null and status <> 'closed' and assignee_id is null;
drop index concurrently if exists cases_unassigned_number;
create index concurrently cases_unassigned_number on cases (workspace_id, number desc)
	where deleted_at is null and spam_at is null and merged_into_id is null and status <> 'closed' and assignee_id is null;
drop index concurrently if exists cases_unassigned_priority;
create index concurrently cases_unassigned_priority on cases (workspace_id, priority desc, last_activity_at desc, id desc)
	where deleted_at is null and spam_at is null and merged_into_id is null and status <> 'closed' and assignee_id is null;

-- +goose Down
drop index concurrently if exists cases_unassigned_priority;
drop index concurrently if exists cases_unassigned_number;
drop index concurrently if exists cases_unassigned_created;
drop index concurrently if exists cases_by_assignee_priority;
drop index concurrently if exists cases_by_assignee_number;
drop index concurrently if exists cases_by_assignee_created;
drop index concurrently if exists cases_by_status_priority;
drop index concurrently if exists cases_by_status_number;
drop index concurrently if exists cases_by_status_created;
alter table members drop column if exists table_columns;
drop table if exists case_reads, saved_filters;
