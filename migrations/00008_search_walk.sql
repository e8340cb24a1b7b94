-- Searching for what very many cases have: at most a few matches are collected, otherwise the list is walked in order.
-- +goose NO TRANSACTION
-- +goose Up

-- The live cases in the order of every list of them, for searches that no index of a single list serves.
create index concurrently if not exists cases_live on cases (workspace_id, last_activity_at desc, id desc)
	where deleted_at is null and spam_at is null and merged_into_id is null;

-- find_cases stops after so many matches: whoever asks for more than fit walks the list instead.
-- +goose StatementBegin
create or replace function find_cases(query tsquery, most int) returns setof bigint
	language sql stable security definer rows 100 set search_path from current as $$
	select case_id from case_search where workspace_id = current_workspace() and document @@ query limit most
$$;
-- +goose StatementEnd
drop function if exists find_cases(tsquery);

-- +goose Down
-- +goose StatementBegin
create or replace function find_cases(query tsquery) returns setof bigint
	language sql stable security definer rows 100 set search_path from current as $$
	select case_id from case_search where workspace_id = current_workspace() and document @@ query
$$;
-- +goose StatementEnd
drop function if exists find_cases(tsquery, int);
drop index concurrently if exists cases_live;
