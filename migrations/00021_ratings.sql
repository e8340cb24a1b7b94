-- What customers answer to the question how they were helped, and when a workspace asks it.
-- +goose Up

create table rating_settings (
	workspace_id  bigint not null references workspaces,
	delay_minutes int check (delay_minutes between 0 and 20160), -- after the last word on a closed case; null: nobody is asked
	question      text not null default '', -- '': that of desk/rating
	since         timestamptz not null, -- when it was turned on: what was closed before is not asked about
	looked_until  timestamptz not null, -- the sweep has looked at all whose last word is not after this
	primary key (workspace_id)
);
select tenant_table('rating_settings', 'select, insert, update');

-- One row each time that somebody is asked; score and what follows are null until they answer.
create table ratings (
	workspace_id bigint not null,
	id           bigint generated always as identity,
	case_id      bigint not null,
	contact_id   bigint not null, -- who was asked
	assignee_id  bigint, -- whose case it was then
	message_id   bigint not null, -- the mail that asks
	closed_at    timestamptz not null, -- which closing it is about
	asked_at     timestamptz not null,
	score        text check (score in ('good', 'bad')),
	comment      text not null default '',
	rated_at     timestamptz, -- at first; changed_at: last
	changed_at   timestamptz,
	primary key (workspace_id, id),
	foreign key (workspace_id, case_id) references cases,
	foreign key (workspace_id, contact_id) references contacts,
	foreign key (workspace_id, assignee_id) references members,
	foreign key (workspace_id, message_id) references messages,
	check ((score is null) = (rated_at is null) and (score is null) = (changed_at is null))
);
create index ratings_case on ratings (workspace_id, case_id, id);
create index ratings_contact on ratings (workspace_id, contact_id, rated_at desc nulls last, id desc);
create index ratings_fk_assignee on ratings (workspace_id, assignee_id) where assignee_id is not null;
create index ratings_score on ratings (workspace_id, score, rated_at desc, id desc) include (case_id) where score is not null;
create unique index ratings_message on ratings (workspace_id, message_id);
select tenant_table('ratings', 'select, insert, update');
create trigger deleted_case_is_read_only before insert or update or delete on ratings for each row
	when (current_setting('app.retention', true) is distinct from 'on') execute function refuse_write_below_deleted_case();

-- +goose Down
drop table ratings, rating_settings;
