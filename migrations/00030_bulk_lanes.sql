-- Bulk updates are worked on in lanes, so that a large one keeps more than one processor busy and one that fails keeps no
-- other back. A lane has its own place and counts, which are added to the action's when the lane is through and goes.
-- +goose Up

create table bulk_lanes (
	workspace_id bigint not null,
	bulk_id      bigint not null,
	lane         smallint not null,
	lanes        smallint not null, -- of the action: this one has the cases whose id leaves lane when divided by it; 0: the cases are being listed
	cursor_at    timestamptz,
	cursor_id    bigint not null default 0,
	changed      int not null default 0,
	unchanged    int not null default 0,
	refused      int not null default 0,
	undone       int not null default 0,
	kept         int not null default 0,
	failures     int not null default 0,
	due_at       timestamptz not null, -- who has waited longest is next; later after a failure
	primary key (workspace_id, bulk_id, lane),
	foreign key (workspace_id, bulk_id) references bulk_actions
);
create index bulk_lanes_due on bulk_lanes (due_at, bulk_id, lane);
select tenant_table('bulk_lanes', 'select, insert, update, delete');

insert into bulk_lanes (workspace_id, bulk_id, lane, lanes, cursor_at, cursor_id, due_at)
	select workspace_id, id, 0, case state when 'collecting' then 0 else 1 end, cursor_at, cursor_id, worked_at
	from bulk_actions where state in ('collecting', 'working', 'undoing');

drop index bulk_actions_due;
alter table bulk_actions drop column cursor_at, drop column cursor_id, drop column worked_at,
	add column problem text not null default ''; -- why it ended before its time, as people read it

-- Where what became of the cases of an ended action is still kept.
drop index bulk_actions_finished;
alter table bulk_actions add column forgotten boolean not null default false;
create index bulk_actions_kept on bulk_actions (finished_at) where finished_at is not null and not forgotten;

-- +goose Down
drop index bulk_actions_kept;
create index bulk_actions_finished on bulk_actions (finished_at) where finished_at is not null;
alter table bulk_actions drop column problem, drop column forgotten,
	add column cursor_at timestamptz, add column cursor_id bigint not null default 0, add column worked_at timestamptz not null default now();
create index bulk_actions_due on bulk_actions (worked_at) where state in ('collecting', 'working', 'undoing');
drop table bulk_lanes;
