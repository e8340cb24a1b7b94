-- Telling people by mail that they were erased, and that their request is being reviewed.
-- +goose Up

-- The one thing that outlives a person until they are told: an address, and whom it is of nobody can tell any more. The row goes
-- as soon as the mail has been handed over, or cannot be.
create table erasure_notices (
	workspace_id bigint not null,
	erasure_id   bigint not null,
	email        text not null,
	asked_at     timestamptz, -- when they asked for it in the portal; null: otherwise
	due_at       timestamptz, -- when the mail is due; null: the erasure is not done yet
	tries        int not null default 0,
	primary key (workspace_id, erasure_id),
	foreign key (workspace_id, erasure_id) references contact_erasures
);
create index erasure_notices_due on erasure_notices (due_at) where due_at is not null;
select tenant_table('erasure_notices', 'select (workspace_id, erasure_id), insert');

alter table contact_erasures
	add column telling text not null default '' check (telling in ('', 'waiting', 'told', 'not told')), -- '': nobody is to be told
	add column told_at timestamptz; -- or when it was given up
grant update (telling) on contact_erasures to caseward_app;

alter table privacy_requests
	add column review_mail_at timestamptz, -- when the mail about the review is due; null: it was sent, or is not to be
	add column review_tries int not null default 0;
create index privacy_requests_review_mail on privacy_requests (review_mail_at) where review_mail_at is not null;

-- A file with what is held on a person says when they were last in the portal.
grant select (begun_at) on contact_sessions to caseward_app;

-- +goose Down
revoke select (begun_at) on contact_sessions from caseward_app;
drop index privacy_requests_review_mail;
alter table privacy_requests drop column review_mail_at, drop column review_tries;
alter table contact_erasures drop column telling, drop column told_at;
drop table erasure_notices;
