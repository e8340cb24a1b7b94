-- Rules that bring cases to a queue by who writes, by the subject, or by a tag that a case is given.
-- +goose Up
create table routing_rules (
	workspace_id bigint not null references workspaces,
	id           bigint generated always as identity,
	field        text not null check (field in ('sender', 'subject', 'tag')),
	value        text not null check (value <> ''), -- lower case; of a sender an address, or a domain after "@"
	queue_id     bigint not null,
	place        int not null, -- the first that fits counts
	created_at   timestamptz not null,
	primary key (workspace_id, id),
	foreign key (workspace_id, queue_id) references queues
);
create unique index routing_rules_value on routing_rules (workspace_id, field, value);
create index routing_rules_list on routing_rules (workspace_id, place, id);
create index routing_rules_queue on routing_rules (workspace_id, queue_id);
select tenant_table('routing_rules', 'select, insert, update, delete');

-- +goose Down
drop table routing_rules;
