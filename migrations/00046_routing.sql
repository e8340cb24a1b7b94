-- Routing: who works which queue, who is there, how much each can take on, and queues that deal their cases out by turns.
-- +goose Up
alter table queues add column deals_out boolean not null default false; -- by turns, to those who are there and have room
alter table members
	add column away     boolean not null default false, -- they said so; who only falls silent is offline
	add column capacity int check (capacity between 1 and 500); -- open cases at once; null: no limit

create table queue_members ( -- a queue without any is worked by everybody
	workspace_id bigint not null,
	queue_id     bigint not null,
	member_id    bigint not null,
	primary key (workspace_id, queue_id, member_id),
	foreign key (workspace_id, queue_id) references queues,
	foreign key (workspace_id, member_id) references members
);
create index queue_members_member on queue_members (workspace_id, member_id);
select tenant_table('queue_members', 'select, insert, delete');

create table attendance ( -- apart from members, since it is written twice a minute
	workspace_id bigint not null,
	member_id    bigint not null,
	seen_at      timestamptz, -- a page of theirs was open
	dealt_at     timestamptz, -- a queue gave them a case: whose turn was longest ago is next
	primary key (workspace_id, member_id),
	foreign key (workspace_id, member_id) references members
) with (fillfactor = 50);
select tenant_table('attendance', 'select, insert, update');

-- +goose Down
drop table attendance, queue_members;
alter table members drop column away, drop column capacity;
alter table queues drop column deals_out;
