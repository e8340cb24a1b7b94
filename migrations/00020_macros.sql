-- Macros: texts and changes that members keep to use again. And members may turn single-key shortcuts off.
-- +goose Up
alter table members add column shortcuts_off boolean not null default false;

create table macros (
	workspace_id bigint not null references workspaces,
	id           bigint generated always as identity,
	owner_id     bigint, -- null: shared with everybody in the workspace
	name         text not null check (name <> ''),
	body         text not null default '', -- Markdown with placeholders of desk/macro
	set_status   text not null default '' check (set_status in ('', 'open', 'pending', 'on_hold', 'closed')), -- '': leaves it
	assign       text not null default '' check (assign in ('', 'me', 'nobody', 'member')), -- '': leaves it
	assignee_id  bigint,
	set_priority smallint, -- null: leaves it
	queue_id     bigint,   -- null: leaves it
	add_tags     text[] not null default '{}',
	place        int not null, -- among those of the same owner, or among the shared ones
	version      int not null default 1,
	created_at   timestamptz not null,
	primary key (workspace_id, id),
	foreign key (workspace_id, owner_id) references members,
	foreign key (workspace_id, assignee_id) references members,
	foreign key (workspace_id, queue_id) references queues,
	check ((assign = 'member') = (assignee_id is not null))
);
create unique index macros_name on macros (workspace_id, coalesce(owner_id, 0), lower(name));
create index macros_list on macros (workspace_id, owner_id, place, id);
create index macros_fk_assignee on macros (workspace_id, assignee_id) where assignee_id is not null;
create index macros_fk_queue on macros (workspace_id, queue_id) where queue_id is not null;
select tenant_table('macros', 'select, insert, update, delete');

-- +goose Down
drop table macros;
alter table members drop column shortcuts_off;
