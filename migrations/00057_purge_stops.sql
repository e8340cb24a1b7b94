-- The circuit breaker of the purge: when far more cases than usual are due in a workspace, nothing is removed until somebody agrees.
-- +goose NO TRANSACTION
-- +goose Up
-- +goose StatementBegin
do $$
begin
	drop table if exists purge_stops; -- of an earlier try
	create table purge_stops (
		workspace_id   bigint not null references workspaces,
		id             bigint generated always as identity,
		stopped_at     timestamptz not null,
		-- Cases due later than this are stopped; what is due until then was agreed to before.
		after          timestamptz not null,
		due            int not null, -- how many were due when it was stopped
		usual          numeric not null, -- purges a day
		-- Who deleted most of them, in which bulk update, and how many that were.
		most_by        bigint,
		most_bulk      bigint,
		most           int not null,
		released_by    bigint, -- null also where it ended by itself, since the cases were restored
		released_at    timestamptz,
		released_until timestamptz, -- what was due until then may go
		primary key (workspace_id, id),
		foreign key (workspace_id, most_by) references members,
		foreign key (workspace_id, released_by) references members
	);
	create unique index purge_stops_open on purge_stops (workspace_id) where released_at is null;
	create index purge_stops_most_by on purge_stops (workspace_id, most_by) where most_by is not null;
	create index purge_stops_released_by on purge_stops (workspace_id, released_by) where released_by is not null;
	perform tenant_table('purge_stops', 'select, update');
end $$;
-- +goose StatementEnd
create index concurrently if not exists erasure_ledger_by_time on erasure_ledger (workspace_id, at);

-- +goose Down
drop index concurrently if exists erasure_ledger_by_time;
drop table if exists purge_stops;
