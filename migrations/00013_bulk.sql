-- Bulk updates: one change to many cases, done in batches, with what became of each case and what it was before.
-- +goose Up

create table bulk_actions (
	workspace_id bigint not null references workspaces,
	id           bigint generated always as identity,
	member_id    bigint not null,
	-- What to do; the words of a reason for deleting are taken out when it is done.
	change       jsonb not null,
	-- A list to be walked, or null when the cases were chosen one by one; its search is taken out when it was walked.
	scope        jsonb,
	state        text not null check (state in ('collecting', 'working', 'done', 'undoing', 'undone')),
	stopped      boolean not null default false,
	-- Where collecting (time and id) or working (id) goes on.
	cursor_at    timestamptz,
	cursor_id    bigint not null default 0,
	total        int not null default 0,
	changed      int not null default 0,
	unchanged    int not null default 0,
	refused      int not null default 0,
	undone       int not null default 0,
	kept         int not null default 0,
	undone_by    bigint,
	created_at   timestamptz not null,
	worked_at    timestamptz not null,
	finished_at  timestamptz,
	primary key (workspace_id, id),
	foreign key (workspace_id, member_id) references members,
	foreign key (workspace_id, undone_by) references members
);
create index bulk_actions_list on bulk_actions (workspace_id, member_id, id desc);
create index bulk_actions_undone_by on bulk_actions (workspace_id, undone_by) where undone_by is not null;
create index bulk_actions_due on bulk_actions (worked_at) where state in ('collecting', 'working', 'undoing');
create index bulk_actions_finished on bulk_actions (finished_at) where finished_at is not null;
select tenant_table('bulk_actions', 'select, insert, update');

-- No trigger guards these rows below a deleted case: deleting is one of the things they tell of.
create table bulk_items (
	workspace_id bigint not null,
	bulk_id      bigint not null,
	case_id      bigint not null,
	state        text not null default 'waiting' check (state in ('waiting', 'changed', 'unchanged', 'refused', 'undone', 'kept')),
	reason       text not null default '',
	before       jsonb, -- what an undo puts back
	primary key (workspace_id, bulk_id, case_id),
	foreign key (workspace_id, bulk_id) references bulk_actions,
	foreign key (workspace_id, case_id) references cases
) with (fillfactor = 50); -- what becomes of a case is written beside it, without touching an index
create index bulk_items_case on bulk_items (workspace_id, case_id);
select tenant_table('bulk_items', 'select, insert, update, delete');

-- Which bulk action deleted the case. It is one of deletion's own columns.
alter table cases add column deleted_bulk_id bigint;
create or replace view live_cases with (security_invoker = true) as
	select * from cases where deleted_at is null and spam_at is null and merged_into_id is null;
-- +goose StatementBegin
create or replace function refuse_write_to_deleted_case() returns trigger
	language plpgsql as $$
begin
	if (to_jsonb(new) - '{deleted_at,deleted_by,deleted_cause,deleted_bulk_id,delete_reason,delete_reason_text,purge_at,erasure_requested_at,purge_left}'::text[])
		is distinct from
	   (to_jsonb(old) - '{deleted_at,deleted_by,deleted_cause,deleted_bulk_id,delete_reason,delete_reason_text,purge_at,erasure_requested_at,purge_left}'::text[])
	then
		raise exception 'case % is deleted and cannot be changed', old.number
			using errcode = 'CW001', hint = 'Restore it first.';
	end if;
	return new;
end $$;
-- +goose StatementEnd

-- +goose Down
drop table bulk_items, bulk_actions;
-- +goose StatementBegin
create or replace function refuse_write_to_deleted_case() returns trigger
	language plpgsql as $$
begin
	if (to_jsonb(new) - '{deleted_at,deleted_by,deleted_cause,delete_reason,delete_reason_text,purge_at,erasure_requested_at,purge_left}'::text[])
		is distinct from
	   (to_jsonb(old) - '{deleted_at,deleted_by,deleted_cause,delete_reason,delete_reason_text,purge_at,erasure_requested_at,purge_left}'::text[])
	then
		raise exception 'case % is deleted and cannot be changed', old.number
			using errcode = 'CW001', hint = 'Restore it first.';
	end if;
	return new;
end $$;
-- +goose StatementEnd
drop view live_cases;
alter table cases drop column deleted_bulk_id;
create view live_cases with (security_invoker = true) as
	select * from cases where deleted_at is null and spam_at is null and merged_into_id is null;
grant select on live_cases to caseward_app;
