-- Spam that was purged or erased before it was counted (00074), in the trash or with its contact: since facts are written, whatever
-- the ledger has without a fact that it is gone was spam. What was gone before that the backfill has written, or will. Of a workspace
-- that has none, only cases that are younger than facts are: it had no others left to begin with. Nobody waits for this, and once more
-- it writes nothing.
-- +goose Up
with gone as (
	insert into facts (workspace_id, at, kind, case_id, queue_id)
		select distinct on (l.workspace_id, l.case_id) l.workspace_id, l.at, 10, l.case_id, -1
		from erasure_ledger l left join fact_backfills b on b.workspace_id = l.workspace_id
		where l.kind in ('case purged', 'case erased', 'case erased with contact') and coalesce((l.counts ->> 'messages')::bigint, 0) > 0
			and not exists (select from facts f where f.workspace_id = l.workspace_id and f.case_id = l.case_id and f.kind in (8, 9, 10))
			and case when b.workspace_id is null then l.case_id > coalesce((select max(last_id) from fact_backfills), 0)
				else b.cursor_id > 0 or b.done_at is not null end
		order by l.workspace_id, l.case_id, l.at
		returning workspace_id, at)
	insert into fact_marks (workspace_id, at) select workspace_id, at from gone;

-- +goose Down
select from facts where false; -- what was written is true, and 00074 takes it back
