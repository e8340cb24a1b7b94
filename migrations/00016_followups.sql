-- Follow-ups, snoozed cases, and a time zone of each member's own.
-- +goose NO TRANSACTION
-- +goose Up

-- One block, so that an interrupted run leaves all of it or nothing.
-- +goose StatementBegin
do $$
begin
	if to_regclass('followups') is not null then
		return;
	end if;

	create table followups (
		workspace_id bigint not null,
		id           bigint generated always as identity,
		case_id      bigint not null,
		note         text not null check (note <> ''),
		due_at       timestamptz not null,
		assignee_id  bigint not null,
		created_by   bigint not null,
		created_at   timestamptz not null,
		reminded_at  timestamptz, -- when the assignee was told that it is due; null again when it is put off
		done_at      timestamptz,
		done_by      bigint,
		primary key (workspace_id, id),
		foreign key (workspace_id, case_id) references cases,
		foreign key (workspace_id, assignee_id) references members,
		foreign key (workspace_id, created_by) references members,
		foreign key (workspace_id, done_by) references members
	);
	create index followups_case on followups (workspace_id, case_id, due_at, id);
	create index followups_mine on followups (workspace_id, assignee_id, due_at, id) where done_at is null;
	create index followups_all on followups (workspace_id, due_at, id) where done_at is null;
	create index followups_remind on followups (due_at) where done_at is null and reminded_at is null;
	create index followups_fk_assignee on followups (workspace_id, assignee_id);
	create index followups_fk_created_by on followups (workspace_id, created_by);
	create index followups_fk_done_by on followups (workspace_id, done_by) where done_by is not null;
	perform tenant_table('followups', 'select, insert, update, delete');
	create trigger deleted_case_is_read_only before insert or update or delete on followups for each row
		when (current_setting('app.retention', true) is distinct from 'on') execute function refuse_write_below_deleted_case();

	-- Empty: that of the workspace.
	alter table members add column time_zone text not null default '';
	-- Until when the case is out of the lists of work; the customer's answer ends it sooner.
	alter table cases add column snoozed_until timestamptz;
	create or replace view live_cases with (security_invoker = true) as
		select * from cases where deleted_at is null and spam_at is null and merged_into_id is null;
end $$;
-- +goose StatementEnd

drop index concurrently if exists cases_snoozed;
create index concurrently cases_snoozed on cases (workspace_id, last_activity_at desc, id desc)
	where deleted_at is null and spam_at is null and merged_into_id is null and snoozed_until is not null;
drop index concurrently if exists cases_to_wake;
create index concurrently cases_to_wake on cases (snoozed_until) where snoozed_until is not null;

-- The lists of work leave snoozed cases out, and are still read and counted from their index alone.
drop index concurrently if exists cases_work_by_status;
create index concurrently cases_work_by_status on cases (workspace_id, status, last_activity_at desc, id desc)
	where deleted_at is null and spam_at is null and merged_into_id is null and status <> 'closed' and snoozed_until is null;
drop index concurrently if exists cases_by_assignee_new;
create index concurrently cases_by_assignee_new on cases (workspace_id, assignee_id, last_activity_at desc, id desc) include (snoozed_until)
	where deleted_at is null and spam_at is null and merged_into_id is null and status <> 'closed';
drop index concurrently if exists cases_by_assignee;
alter index cases_by_assignee_new rename to cases_by_assignee;
drop index concurrently if exists cases_unassigned_new;
create index concurrently cases_unassigned_new on cases (workspace_id, last_activity_at desc, id desc) include (snoozed_until)
	where deleted_at is null and spam_at is null and merged_into_id is null and status <> 'closed' and assignee_id is null;
drop index concurrently if exists cases_unassigned;
alter index cases_unassigned_new rename to cases_unassigned;

-- +goose Down
drop index cases_unassigned, cases_by_assignee, cases_work_by_status, cases_snoozed, cases_to_wake;
create index cases_unassigned on cases (workspace_id, last_activity_at desc, id desc)
	where deleted_at is null and spam_at is null and merged_into_id is null and status <> 'closed' and assignee_id is null;
create index cases_by_assignee on cases (workspace_id, assignee_id, last_activity_at desc, id desc)
	where deleted_at is null and spam_at is null and merged_into_id is null and status <> 'closed';
drop view live_cases;
alter table cases drop column snoozed_until;
create view live_cases with (security_invoker = true) as
	select * from cases where deleted_at is null and spam_at is null and merged_into_id is null;
grant select on live_cases to caseward_app;
alter table members drop column time_zone;
drop table followups;
