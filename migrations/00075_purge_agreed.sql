-- How much of what was purged somebody had to agree to: that is not usual. And what is due is looked up by workspace.
-- +goose NO TRANSACTION
-- +goose Up
alter table purge_stops add column if not exists agreed bigint not null default 0; -- cases purged since that were agreed to
update purge_stops set agreed = due where released_by is not null and agreed = 0;
drop index concurrently if exists cases_to_purge;

-- +goose Down
drop index concurrently if exists cases_to_purge;
create index concurrently cases_to_purge on cases (purge_at) where purge_at is not null;
alter table purge_stops drop column agreed;
