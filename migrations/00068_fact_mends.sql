-- What insights count when clocks differ and when cases are merged.
-- +goose Up

-- An undo says that it is one: the clock of activity also turns back where the clocks of two machines differ.
-- +goose StatementBegin
create or replace function write_status_fact() returns trigger
	language plpgsql as $$
declare
	undone boolean := coalesce(current_setting('app.cause', true) = 'undo', false);
	moment timestamptz;
	since  timestamptz;
begin
	if undone and new.status = 'closed' then
		perform take_fact_back(new.workspace_id, new.id, 3, old.last_activity_at);
	elsif undone then
		perform take_fact_back(new.workspace_id, new.id, 2, old.closed_at);
	elsif new.status = 'closed' then
		moment := coalesce(new.closed_at, new.last_activity_at);
		select f.at into since from facts f where f.workspace_id = new.workspace_id and f.case_id = new.id and f.kind = 3
			group by f.at having sum(f.amount) > 0 order by f.at desc limit 1;
		insert into facts (workspace_id, at, kind, auto, case_id, queue_id, agent_id, seconds, case_created_at)
			values (new.workspace_id, moment, 2, coalesce(current_setting('app.cause', true) = 'inactivity', false), new.id, new.queue_id, new.assignee_id,
				greatest(extract(epoch from moment - coalesce(since, new.created_at))::bigint, 0), new.created_at);
		insert into fact_marks (workspace_id, at) values (new.workspace_id, moment);
	else
		insert into facts (workspace_id, at, kind, case_id, queue_id, agent_id)
			values (new.workspace_id, new.last_activity_at, 3, new.id, new.queue_id, new.assignee_id);
		insert into fact_marks (workspace_id, at) values (new.workspace_id, new.last_activity_at);
	end if;
	return null;
end $$;
-- +goose StatementEnd

-- Whoever was answered on a case that was merged into this one was answered.
-- +goose StatementBegin
create or replace function write_response_fact() returns trigger
	language plpgsql as $$
begin
	if exists (select from facts where workspace_id = new.workspace_id and case_id = new.case_id and kind = 4)
		or exists (select from cases c join facts f on f.workspace_id = c.workspace_id and f.case_id = c.id and f.kind = 4
			where c.workspace_id = new.workspace_id and c.merged_into_id = new.case_id) then
		return null;
	end if;
	insert into facts (workspace_id, at, kind, case_id, queue_id, agent_id, seconds)
		select c.workspace_id, new.created_at, 4, c.id, c.queue_id, new.author_member_id,
			greatest(extract(epoch from new.created_at - c.created_at)::bigint, 0)
		from cases c where c.workspace_id = new.workspace_id and c.id = new.case_id and c.channel <> 'agent';
	if found then
		insert into fact_marks (workspace_id, at) values (new.workspace_id, new.created_at);
	end if;
	return null;
end $$;
-- +goose StatementEnd

-- A rating counts once, at the case that has it: with that it goes to the case it is merged into, and back.
-- +goose StatementBegin
create function move_rating_fact(of_workspace bigint, from_case bigint, to_case bigint, of_kind int, of_at timestamptz) returns void
	language plpgsql as $$
begin
	insert into facts (workspace_id, at, kind, amount, case_id, queue_id, agent_id)
		select f.workspace_id, f.at, f.kind, v.amount, v.case_id, f.queue_id, f.agent_id
		from (select * from facts where workspace_id = of_workspace and case_id = from_case and kind = of_kind and at = of_at and amount = 1
			order by id desc limit 1) f, (values (-1, from_case), (1, to_case)) v (amount, case_id);
	insert into fact_marks (workspace_id, at) values (of_workspace, of_at);
end $$;
-- +goose StatementEnd
-- +goose StatementBegin
create function move_fact_of_rating() returns trigger
	language plpgsql as $$
begin
	perform move_rating_fact(old.workspace_id, old.case_id, new.case_id, case old.score when 'good' then 5 else 6 end, old.rated_at);
	return null;
end $$;
-- +goose StatementEnd
create trigger facts_rating_moved after update on ratings for each row
	when (old.case_id <> new.case_id and old.score is not null and old.score is not distinct from new.score) execute function move_fact_of_rating();

-- Those that were merged before this.
select move_rating_fact(f.workspace_id, f.case_id, r.case_id, f.kind, f.at)
	from ratings r join cases c on c.workspace_id = r.workspace_id and c.merged_into_id = r.case_id
	join lateral (select f.workspace_id, f.case_id, f.kind, f.at from facts f
		where f.workspace_id = c.workspace_id and f.case_id = c.id and f.kind = case r.score when 'good' then 5 else 6 end and f.at = r.rated_at
		group by 1, 2, 3, 4 having sum(f.amount) > 0) f on true
	where r.score is not null;

-- knows_zone tells whether days can be counted in a time zone: the program may know names that the database does not.
-- +goose StatementBegin
create function knows_zone(zone text) returns boolean
	language plpgsql stable as $$
begin
	perform now() at time zone zone;
	return true;
exception when invalid_parameter_value then
	return false;
end $$;
-- +goose StatementEnd

-- +goose Down
drop function knows_zone;
drop trigger facts_rating_moved on ratings;
drop function move_fact_of_rating, move_rating_fact;
-- +goose StatementBegin
create or replace function write_status_fact() returns trigger
	language plpgsql as $$
declare
	undone boolean := new.last_activity_at < old.last_activity_at;
	moment timestamptz;
	since  timestamptz;
begin
	if undone and new.status = 'closed' then
		perform take_fact_back(new.workspace_id, new.id, 3, old.last_activity_at);
	elsif undone then
		perform take_fact_back(new.workspace_id, new.id, 2, old.closed_at);
	elsif new.status = 'closed' then
		moment := coalesce(new.closed_at, new.last_activity_at);
		select f.at into since from facts f where f.workspace_id = new.workspace_id and f.case_id = new.id and f.kind = 3
			group by f.at having sum(f.amount) > 0 order by f.at desc limit 1;
		insert into facts (workspace_id, at, kind, auto, case_id, queue_id, agent_id, seconds, case_created_at)
			values (new.workspace_id, moment, 2, coalesce(current_setting('app.cause', true) = 'inactivity', false), new.id, new.queue_id, new.assignee_id,
				greatest(extract(epoch from moment - coalesce(since, new.created_at))::bigint, 0), new.created_at);
		insert into fact_marks (workspace_id, at) values (new.workspace_id, moment);
	else
		insert into facts (workspace_id, at, kind, case_id, queue_id, agent_id)
			values (new.workspace_id, new.last_activity_at, 3, new.id, new.queue_id, new.assignee_id);
		insert into fact_marks (workspace_id, at) values (new.workspace_id, new.last_activity_at);
	end if;
	return null;
end $$;
-- +goose StatementEnd
-- +goose StatementBegin
create or replace function write_response_fact() returns trigger
	language plpgsql as $$
begin
	if exists (select from facts where workspace_id = new.workspace_id and case_id = new.case_id and kind = 4) then
		return null;
	end if;
	insert into facts (workspace_id, at, kind, case_id, queue_id, agent_id, seconds)
		select c.workspace_id, new.created_at, 4, c.id, c.queue_id, new.author_member_id,
			greatest(extract(epoch from new.created_at - c.created_at)::bigint, 0)
		from cases c where c.workspace_id = new.workspace_id and c.id = new.case_id and c.channel <> 'agent';
	if found then
		insert into fact_marks (workspace_id, at) values (new.workspace_id, new.created_at);
	end if;
	return null;
end $$;
-- +goose StatementEnd
