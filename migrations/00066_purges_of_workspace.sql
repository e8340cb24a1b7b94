-- What is due in one workspace is counted before a purge, and on the page of one that was stopped.
-- +goose NO TRANSACTION
-- +goose Up
drop index concurrently if exists cases_to_purge_of_workspace; -- of an earlier try
create index concurrently cases_to_purge_of_workspace on cases (workspace_id, purge_at) where purge_at is not null;

-- +goose Down
drop index concurrently if exists cases_to_purge_of_workspace;
