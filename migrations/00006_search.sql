-- Finding cases by words.
-- +goose Up

-- Under row level security an index serves only operators that are leakproof, and @@ is not one: the words would be
-- compared case by case. This function looks as the owner instead, and only at the workspace that the policies allow.
-- +goose StatementBegin
create function find_cases(query tsquery) returns setof bigint
	language sql stable security definer rows 100 set search_path from current as $$
	select case_id from case_search where workspace_id = current_workspace() and document @@ query
$$;
-- +goose StatementEnd

-- +goose Down
drop function find_cases(tsquery);
