-- Case Auto Close, auto-reopen, and cases that follow others (seed 003).
-- +goose Up

create table inactivity_settings (
	workspace_id    bigint primary key references workspaces,
	on_since        timestamptz, -- when Auto Close was switched on last; null: it is off
	threshold_hours int not null default 72 check (threshold_hours between 1 and 504),
	statuses        text[] not null default '{pending}' check (statuses <@ '{open,pending,on_hold}'),
	survey          boolean not null default false, -- ask for a rating after Auto Close too
	sends_message   boolean not null default false,
	message         text not null default '',
	reopen_hours    int default 96 check (reopen_hours between 1 and 2160), -- null: no answer opens a closed case
	keeps_courtesy  boolean not null default false, -- a mail that only says thanks leaves its case closed
	version         int not null default 1
);
select tenant_table('inactivity_settings', 'select, insert, update');

-- The inactivity clock is last_activity_at, and the index of the lists of work finds what is due. Where a case begins to
-- wait anew without a message or a change of its status, as when its snooze ends, this is when.
alter table cases add column clock_from timestamptz;
create or replace view live_cases with (security_invoker = true) as
	select * from cases where deleted_at is null and spam_at is null and merged_into_id is null;

-- A case that began with an answer to one that had been closed for too long to be opened again. The line goes with either.
create table case_links (
	workspace_id bigint not null,
	case_id      bigint not null,
	follows_id   bigint not null,
	created_at   timestamptz not null,
	primary key (workspace_id, case_id),
	foreign key (workspace_id, case_id) references cases,
	foreign key (workspace_id, follows_id) references cases on delete cascade
);
create index case_links_follows on case_links (workspace_id, follows_id, case_id);
select tenant_table('case_links', 'select, insert');
create trigger deleted_case_is_read_only before insert or update or delete on case_links for each row
	when (current_setting('app.retention', true) is distinct from 'on') execute function refuse_write_below_deleted_case();

-- +goose Down
drop table case_links;
drop view live_cases;
alter table cases drop column clock_from;
create view live_cases with (security_invoker = true) as
	select * from cases where deleted_at is null and spam_at is null and merged_into_id is null;
grant select on live_cases to caseward_app;
drop table inactivity_settings;
