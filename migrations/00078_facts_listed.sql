-- What a number of insights counts, case by case, the newest first.
-- +goose NO TRANSACTION
-- +goose Up
drop index concurrently if exists facts_listed;
create index concurrently facts_listed on facts (workspace_id, kind, at desc, case_id desc) where kind <= 6;

-- +goose Down
drop index concurrently if exists facts_listed;
