-- +goose NO TRANSACTION
-- What waits in a queue for somebody to take it, the most urgent first and then who has waited longest.
-- +goose Up
drop index concurrently if exists cases_waiting;
create index concurrently cases_waiting on cases (workspace_id, queue_id, priority desc, last_activity_at, id)
	where deleted_at is null and spam_at is null and merged_into_id is null and status = 'open' and assignee_id is null;

-- +goose Down
drop index concurrently if exists cases_waiting;
