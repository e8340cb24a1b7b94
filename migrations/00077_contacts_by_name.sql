-- The list of contacts by name.
-- +goose NO TRANSACTION
-- +goose Up
drop index concurrently if exists contacts_by_name;
create index concurrently contacts_by_name on contacts (workspace_id, lower(name), id) where deleted_at is null and merged_into_id is null;

-- +goose Down
drop index concurrently if exists contacts_by_name;
