-- Facts: what insights count. Each is an event with ids and times only, written by the database in the transaction of the event,
-- and it outlives its case. What a case is now (live, deleted, gone) and its tags are looked up when a day is counted.
-- +goose Up

create table facts (
	workspace_id    bigint not null, -- of a row that refers to the workspace; a fact need not prove it again
	at              timestamptz not null,
	id              bigint generated always as identity,
	-- 1 created, 2 closed, 3 reopened, 4 first response, 5 rated good, 6 rated bad, 7 deleted, 8 purged, 9 erased
	kind            smallint not null check (kind between 1 and 9),
	amount          smallint not null default 1 check (amount in (1, -1)), -- -1 takes an earlier one back: undone, restored, rated anew
	auto            boolean not null default false, -- closed due to inactivity
	case_id         bigint not null, -- no foreign key: the fact outlives the case
	queue_id        bigint not null, -- where the case was then; -1: unknown
	agent_id        bigint,          -- the assignee then; of a first response who gave it
	seconds         bigint not null default 0, -- of 2 and 4: how long it took
	case_created_at timestamptz,     -- of 2
	primary key (workspace_id, at, id)
);
create index facts_case on facts (workspace_id, case_id, kind);
select tenant_table('facts', 'select, insert');
create trigger append_only before update or truncate on facts execute function refuse_change_of_record();

-- The tags of cases that are gone.
create table fact_tags (
	workspace_id bigint not null,
	case_id      bigint not null,
	tag_id       bigint not null,
	primary key (workspace_id, case_id, tag_id)
);
select tenant_table('fact_tags', 'select');

-- What has to be counted anew: the day of a moment, or the days of all facts of a case. The job takes marks away.
create table fact_marks (
	workspace_id bigint not null,
	id           bigint generated always as identity,
	at           timestamptz,
	case_id      bigint,
	made_at      timestamptz not null default now(),
	primary key (workspace_id, id),
	check ((at is null) <> (case_id is null))
);
select tenant_table('fact_marks', 'select, insert');

-- What was there before facts were: the job writes theirs once, case by case.
create table fact_backfills (
	workspace_id bigint not null references workspaces,
	cursor_id    bigint not null default 0,
	last_id      bigint not null, -- the newest case without facts
	before       timestamptz not null, -- since then triggers write
	done_at      timestamptz,
	primary key (workspace_id)
);
select tenant_table('fact_backfills', 'select');

-- The zones in which days are counted.
create table insight_zones (
	workspace_id bigint not null references workspaces,
	id           bigint generated always as identity,
	zone         text not null,
	used_at      timestamptz not null,
	days         int, -- with facts, when counting began; null: it has not
	ready        boolean not null default false, -- all of them were counted once
	dropped_at   timestamptz,
	primary key (workspace_id, id)
);
create unique index insight_zones_zone on insight_zones (workspace_id, zone) where dropped_at is null;
select tenant_table('insight_zones', 'select, insert, update');

-- The days that the job is to count.
create table insight_dirty (
	workspace_id bigint not null,
	zone_id      bigint not null,
	day          date not null,
	made_at      timestamptz not null,
	primary key (workspace_id, zone_id, day)
);
select tenant_table('insight_dirty', 'select');

create table insight_days (
	workspace_id  bigint not null,
	zone_id       bigint not null,
	grain         smallint not null, -- which of the three it is counted by: 1 queue, 2 agent, 4 tag, or a sum of these
	day           date not null,
	tag_id        bigint not null, -- 0: all, -1: none
	queue_id      bigint not null,
	agent_id      bigint not null,
	removed       boolean not null, -- of cases that are deleted or gone
	created       bigint not null,
	closed        bigint not null,
	auto_closed   bigint not null,
	reopened      bigint not null,
	responses     bigint not null,
	response_secs bigint not null,
	handle_secs   bigint not null,
	auto_secs     bigint not null,
	good          bigint not null,
	bad           bigint not null,
	deleted       bigint not null,
	purged        bigint not null,
	erased        bigint not null,
	-- Of what was closed: how many days before it was created (ascending), and how many were created that many days before or
	-- less, in all and closed automatically. Null: nothing was closed.
	gaps          int[],
	gap_closed    bigint[],
	gap_auto      bigint[],
	primary key (workspace_id, zone_id, grain, day, tag_id, queue_id, agent_id, removed)
);
select tenant_table('insight_days', 'select');

-- take_fact_back writes the opposite of a fact, if there is one.
-- +goose StatementBegin
create function take_fact_back(of_workspace bigint, of_case bigint, of_kind int, of_at timestamptz) returns void
	language plpgsql as $$
begin
	insert into facts (workspace_id, at, kind, amount, auto, case_id, queue_id, agent_id, seconds, case_created_at)
		select workspace_id, at, kind, -1, auto, case_id, queue_id, agent_id, seconds, case_created_at from facts
		where workspace_id = of_workspace and case_id = of_case and kind = of_kind and at = of_at order by id desc limit 1;
	insert into fact_marks (workspace_id, at) values (of_workspace, of_at);
end $$;
-- +goose StatementEnd

-- History may be imported closed or deleted, with its own times.
-- +goose StatementBegin
create function write_created_fact() returns trigger
	language plpgsql as $$
begin
	insert into facts (workspace_id, at, kind, case_id, queue_id, agent_id)
		values (new.workspace_id, new.created_at, 1, new.id, new.queue_id, new.assignee_id);
	insert into fact_marks (workspace_id, at) values (new.workspace_id, new.created_at);
	if new.status = 'closed' then
		insert into facts (workspace_id, at, kind, case_id, queue_id, agent_id, seconds, case_created_at)
			values (new.workspace_id, coalesce(new.closed_at, new.last_activity_at), 2, new.id, new.queue_id, new.assignee_id,
				greatest(extract(epoch from coalesce(new.closed_at, new.last_activity_at) - new.created_at)::bigint, 0), new.created_at);
		insert into fact_marks (workspace_id, at) values (new.workspace_id, coalesce(new.closed_at, new.last_activity_at));
	end if;
	if new.deleted_at is not null then
		insert into facts (workspace_id, at, kind, case_id, queue_id, agent_id)
			values (new.workspace_id, new.deleted_at, 7, new.id, new.queue_id, new.assignee_id);
		insert into fact_marks (workspace_id, at) values (new.workspace_id, new.deleted_at);
	end if;
	return null;
end $$;
-- +goose StatementEnd
create trigger facts_created after insert on cases for each row execute function write_created_fact();

-- Nothing but an undo turns the clock of activity back: then what it undoes has not happened.
-- +goose StatementBegin
create function write_status_fact() returns trigger
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
create trigger facts_status after update on cases for each row
	when (old.status <> new.status and (old.status = 'closed' or new.status = 'closed')) execute function write_status_fact();

-- +goose StatementBegin
create function write_visibility_fact() returns trigger
	language plpgsql as $$
begin
	if old.deleted_at is null and new.deleted_at is not null then
		insert into facts (workspace_id, at, kind, case_id, queue_id, agent_id)
			values (new.workspace_id, new.deleted_at, 7, new.id, new.queue_id, new.assignee_id);
	elsif old.deleted_at is not null and new.deleted_at is null then
		insert into facts (workspace_id, at, kind, amount, case_id, queue_id, agent_id)
			select workspace_id, at, kind, -1, case_id, queue_id, agent_id from facts
			where workspace_id = new.workspace_id and case_id = new.id and kind = 7 and at = old.deleted_at order by id desc limit 1;
	end if;
	insert into fact_marks (workspace_id, case_id) values (new.workspace_id, new.id);
	return null;
end $$;
-- +goose StatementEnd
create trigger facts_visibility after update on cases for each row
	when ((old.deleted_at is null) <> (new.deleted_at is null) or (old.spam_at is null) <> (new.spam_at is null)
		or old.spam_cause is distinct from new.spam_cause or (old.merged_into_id is null) <> (new.merged_into_id is null))
	execute function write_visibility_fact();

-- Whoever removes a case for good says in app.cause whether by purge, and in app.at when by the program's clock. Of spam and of
-- redirects nothing was counted, and nothing stays.
-- +goose StatementBegin
create function write_gone_fact() returns trigger
	language plpgsql as $$
begin
	if old.merged_into_id is not null or (old.spam_at is not null and old.spam_cause is distinct from 'contact deleted') then
		-- Marks of the case lead to no day from here on.
		with gone as (delete from facts where workspace_id = old.workspace_id and case_id = old.id returning at)
			insert into fact_marks (workspace_id, at) select old.workspace_id, at from gone;
		delete from fact_tags where workspace_id = old.workspace_id and case_id = old.id;
		return null;
	end if;
	insert into facts (workspace_id, at, kind, case_id, queue_id, agent_id)
		values (old.workspace_id, coalesce(nullif(current_setting('app.at', true), '')::timestamptz, now()),
			case when current_setting('app.cause', true) = 'purge' then 8 else 9 end, old.id, old.queue_id, old.assignee_id);
	insert into fact_marks (workspace_id, case_id) values (old.workspace_id, old.id);
	return null;
end $$;
-- +goose StatementEnd
create trigger facts_gone after delete on cases for each row execute function write_gone_fact();

-- Tags go before their case does: when that is being removed, they are kept for its facts.
-- +goose StatementBegin
create function mark_tags_of_case() returns trigger
	language plpgsql as $$
begin
	if tg_op = 'INSERT' then
		insert into fact_marks (workspace_id, case_id) values (new.workspace_id, new.case_id);
	elsif current_setting('app.retention', true) = 'on' then
		insert into fact_tags (workspace_id, case_id, tag_id) values (old.workspace_id, old.case_id, old.tag_id) on conflict do nothing;
	else
		insert into fact_marks (workspace_id, case_id) values (old.workspace_id, old.case_id);
	end if;
	return null;
end $$;
-- +goose StatementEnd
create trigger facts_tags after insert or delete on case_tags for each row execute function mark_tags_of_case();

-- Whoever begins a case for a customer answers nobody, so such a case has no first response.
-- +goose StatementBegin
create function write_response_fact() returns trigger
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
create trigger facts_response after insert on messages for each row
	when (new.kind = 'outbound' and new.author_member_id is not null and not new.is_auto) execute function write_response_fact();

-- +goose StatementBegin
create function write_rating_fact() returns trigger
	language plpgsql as $$
begin
	if tg_op = 'UPDATE' and old.score is not null then
		perform take_fact_back(old.workspace_id, new.case_id, case old.score when 'good' then 5 else 6 end, old.rated_at);
	end if;
	if new.score is not null then
		insert into facts (workspace_id, at, kind, case_id, queue_id, agent_id)
			select c.workspace_id, new.rated_at, case new.score when 'good' then 5 else 6 end, c.id, c.queue_id, new.assignee_id
			from cases c where c.workspace_id = new.workspace_id and c.id = new.case_id;
		insert into fact_marks (workspace_id, at) values (new.workspace_id, new.rated_at);
	end if;
	return null;
end $$;
-- +goose StatementEnd
create trigger facts_rated after insert on ratings for each row when (new.score is not null) execute function write_rating_fact();
create trigger facts_rated_anew after update on ratings for each row when (old.score is distinct from new.score) execute function write_rating_fact();

-- No case is written while this transaction has its lock, so all that are there now have no facts and all others will.
insert into fact_backfills (workspace_id, last_id, before)
	select w.id, newest.id, now() from workspaces w, lateral (select max(id) as id from cases c where c.workspace_id = w.id) newest
	where newest.id is not null;

-- +goose Down
drop trigger facts_rated on ratings;
drop trigger facts_rated_anew on ratings;
drop trigger facts_response on messages;
drop trigger facts_tags on case_tags;
drop trigger facts_created on cases;
drop trigger facts_status on cases;
drop trigger facts_visibility on cases;
drop trigger facts_gone on cases;
drop function write_rating_fact, write_response_fact, mark_tags_of_case, write_gone_fact, write_visibility_fact, write_status_fact,
	write_created_fact, take_fact_back;
drop table insight_days, insight_dirty, insight_zones, fact_backfills, fact_marks, fact_tags, facts;
