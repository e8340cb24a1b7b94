-- The trail in the order of time, and by who, what, on what and from where. These indexes hold sealed entries only, so that
-- whoever writes an entry does not wait for them: the job that seals it puts it in. The few unsealed ones are read besides.
-- +goose NO TRANSACTION
-- +goose Up
create index concurrently if not exists audit_sealed_at on audit_entries (workspace_id, at desc, id desc) where seq is not null;
create index concurrently if not exists audit_sealed_actor on audit_entries (workspace_id, actor_kind, actor_id, at desc, id desc)
	where seq is not null and actor_id is not null;
create index concurrently if not exists audit_sealed_actor_action on audit_entries (workspace_id, actor_kind, actor_id, action, at desc, id desc)
	where seq is not null and actor_id is not null;
create index concurrently if not exists audit_sealed_job on audit_entries (workspace_id, actor_job, at desc, id desc)
	where seq is not null and actor_kind = 'job';
create index concurrently if not exists audit_sealed_kind on audit_entries (workspace_id, actor_kind, at desc, id desc)
	where seq is not null and actor_kind <> 'member';
create index concurrently if not exists audit_sealed_action on audit_entries (workspace_id, action, at desc, id desc) where seq is not null;
create index concurrently if not exists audit_sealed_object on audit_entries (workspace_id, object_kind, object_id, at desc, id desc)
	where seq is not null and object_id is not null;
create index concurrently if not exists audit_sealed_address on audit_entries (workspace_id, address, at desc, id desc)
	where seq is not null and address is not null;
drop index concurrently if exists audit_entries_object;

-- +goose Down
create index concurrently if not exists audit_entries_object on audit_entries (workspace_id, object_kind, object_id, id desc);
drop index concurrently if exists audit_sealed_address;
drop index concurrently if exists audit_sealed_object;
drop index concurrently if exists audit_sealed_action;
drop index concurrently if exists audit_sealed_kind;
drop index concurrently if exists audit_sealed_job;
drop index concurrently if exists audit_sealed_actor_action;
drop index concurrently if exists audit_sealed_actor;
drop index concurrently if exists audit_sealed_at;
