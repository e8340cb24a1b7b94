-- Spam that is removed for good is counted too, as that and nothing else: fact 10.
-- +goose NO TRANSACTION
-- +goose Up
alter table insight_days add column if not exists spam_gone bigint not null default 0;
alter table facts drop constraint if exists facts_kind_check, add constraint facts_kind_check check (kind between 1 and 10) not valid;
alter table facts validate constraint facts_kind_check;

-- Whoever removes a case for good says in app.cause whether by purge, and in app.at when by the program's clock. Of what was in
-- spam only this stays: that it is gone. Of redirects nothing does: they go with the case that they were merged into.
-- +goose StatementBegin
create or replace function write_gone_fact() returns trigger
	language plpgsql as $$
declare
	gone_at timestamptz := coalesce(nullif(current_setting('app.at', true), '')::timestamptz, now());
	is_spam boolean := old.spam_at is not null and old.spam_cause is distinct from 'contact deleted';
begin
	if old.merged_into_id is not null or is_spam then
		-- Marks of the case lead to no day from here on.
		with gone as (delete from facts where workspace_id = old.workspace_id and case_id = old.id returning at)
			insert into fact_marks (workspace_id, at) select old.workspace_id, at from gone;
	end if;
	if old.merged_into_id is not null then
		delete from fact_tags where workspace_id = old.workspace_id and case_id = old.id;
		return null;
	end if;
	insert into facts (workspace_id, at, kind, case_id, queue_id, agent_id)
		values (old.workspace_id, gone_at,
			case when is_spam then 10 when current_setting('app.cause', true) = 'purge' then 8 else 9 end, old.id, old.queue_id, old.assignee_id);
	insert into fact_marks (workspace_id, case_id) values (old.workspace_id, old.id);
	return null;
end $$;
-- +goose StatementEnd

-- What went before: only the ledger knows, and not from which queue. A case without messages was a redirect; what went to Spam with
-- its contact is counted as erased.
with gone as (
	insert into facts (workspace_id, at, kind, case_id, queue_id)
		select workspace_id, at, 10, case_id, -1 from erasure_ledger l
		where kind = 'spam erased' and coalesce((counts ->> 'messages')::bigint, 0) > 0
			and not exists (select from facts f where f.workspace_id = l.workspace_id and f.case_id = l.case_id and f.kind in (8, 9, 10))
		returning workspace_id, at)
	insert into fact_marks (workspace_id, at) select workspace_id, at from gone;

-- +goose Down
delete from facts where kind = 10;
alter table facts drop constraint facts_kind_check, add constraint facts_kind_check check (kind between 1 and 9);
alter table insight_days drop column spam_gone;
-- +goose StatementBegin
create or replace function write_gone_fact() returns trigger
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
