-- The lists of one assignee hold assigned cases only: the others have lists of their own (cases_unassigned …), and every
-- message on a case writes an entry to each index that it is in.
-- +goose NO TRANSACTION
-- +goose Up
drop index concurrently if exists cases_by_assignee_new;
create index concurrently cases_by_assignee_new on cases (workspace_id, assignee_id, last_activity_at desc, id desc) include (snoozed_until)
	where deleted_at is null and spam_at is null and merged_into_id is null and status <> 'closed' and assignee_id is not null;
drop index concurrently if exists cases_by_assignee;
alter index cases_by_assignee_new rename to cases_by_assignee;
drop index concurrently if exists cases_by_assignee_created_new;
create index concurrently cases_by_assignee_created_new on cases (workspace_id, assignee_id, created_at desc, id desc)
	where deleted_at is null and spam_at is null and merged_into_id is null and status <> 'closed' and assignee_id is not null;
drop index concurrently if exists cases_by_assignee_created;
alter index cases_by_assignee_created_new rename to cases_by_assignee_created;
drop index concurrently if exists cases_by_assignee_number_new;
create index concurrently cases_by_assignee_number_new on cases (workspace_id, assignee_id, number desc)
	where deleted_at is null and spam_at is null and merged_into_id is null and status <> 'closed' and assignee_id is not null;
drop index concurrently if exists cases_by_assignee_number;
alter index cases_by_assignee_number_new rename to cases_by_assignee_number;
drop index concurrently if exists cases_by_assignee_priority_new;
create index concurrently cases_by_assignee_priority_new on cases (workspace_id, assignee_id, priority desc, last_activity_at desc, id desc)
	where deleted_at is null and spam_at is null and merged_into_id is null and status <> 'closed' and assignee_id is not null;
drop index concurrently if exists cases_by_assignee_priority;
alter index cases_by_assignee_priority_new rename to cases_by_assignee_priority;

-- +goose Down
drop index concurrently if exists cases_by_assignee_new;
create index concurrently cases_by_assignee_new on cases (workspace_id, assignee_id, last_activity_at desc, id desc) include (snoozed_until)
	where deleted_at is null and spam_at is null and merged_into_id is null and status <> 'closed';
drop index concurrently if exists cases_by_assignee;
alter index cases_by_assignee_new rename to cases_by_assignee;
drop index concurrently if exists cases_by_assignee_created_new;
create index concurrently cases_by_assignee_created_new on cases (workspace_id, assignee_id, created_at desc, id desc)
	where deleted_at is null and spam_at is null and merged_into_id is null and status <> 'closed';
drop index concurrently if exists cases_by_assignee_created;
alter index cases_by_assignee_created_new rename to cases_by_assignee_created;
drop index concurrently if exists cases_by_assignee_number_new;
create index concurrently cases_by_assignee_number_new on cases (workspace_id, assignee_id, number desc)
	where deleted_at is null and spam_at is null and merged_into_id is null and status <> 'closed';
drop index concurrently if exists cases_by_assignee_number;
alter index cases_by_assignee_number_new rename to cases_by_assignee_number;
drop index concurrently if exists cases_by_assignee_priority_new;
create index concurrently cases_by_assignee_priority_new on cases (workspace_id, assignee_id, priority desc, last_activity_at desc, id desc)
	where deleted_at is null and spam_at is null and merged_into_id is null and status <> 'closed';
drop index concurrently if exists cases_by_assignee_priority;
alter index cases_by_assignee_priority_new rename to cases_by_assignee_priority;
