-- Customers who ask for the erasure of what is kept about them.
-- +goose Up

-- Ids and dates only, so that the request may outlive the person: it is the proof of when they asked.
create table privacy_requests (
	workspace_id bigint not null references workspaces,
	id           bigint generated always as identity,
	contact_id   bigint not null, -- no foreign key: the request outlives the contact
	state        text not null default 'open' check (state in ('open', 'in review', 'refused', 'withdrawn', 'done')),
	requested_at timestamptz not null,
	due_at       timestamptz not null, -- within one month (GDPR, article 12(3))
	reviewed_by  bigint,
	reviewed_at  timestamptz,
	decided_by   bigint, -- who refused it
	closed_at    timestamptz, -- refused, withdrawn or done
	primary key (workspace_id, id),
	foreign key (workspace_id, reviewed_by) references members,
	foreign key (workspace_id, decided_by) references members,
	check ((closed_at is null) = (state in ('open', 'in review')))
);
create unique index privacy_requests_open on privacy_requests (workspace_id, contact_id) where closed_at is null;
create index privacy_requests_contact on privacy_requests (workspace_id, contact_id, id desc);
create index privacy_requests_waiting on privacy_requests (workspace_id, requested_at, id) where closed_at is null;
create index privacy_requests_closed on privacy_requests (workspace_id, closed_at desc, id desc) where closed_at is not null;
create index privacy_requests_reviewed_by on privacy_requests (workspace_id, reviewed_by) where reviewed_by is not null;
create index privacy_requests_decided_by on privacy_requests (workspace_id, decided_by) where decided_by is not null;
select tenant_table('privacy_requests', 'select, insert, update');

-- Why one was refused, in a member's words: that goes with the person. Its mail is due until next_try_at is null.
create table privacy_refusals (
	workspace_id bigint not null,
	request_id   bigint not null,
	contact_id   bigint not null,
	reason       text not null,
	created_at   timestamptz not null,
	next_try_at  timestamptz,
	tries        int not null default 0,
	primary key (workspace_id, request_id),
	foreign key (workspace_id, request_id) references privacy_requests,
	foreign key (workspace_id, contact_id) references contacts on delete cascade
);
create index privacy_refusals_contact on privacy_refusals (workspace_id, contact_id);
create index privacy_refusals_to_mail on privacy_refusals (next_try_at) where next_try_at is not null;
select tenant_table('privacy_refusals', 'select, insert, delete');

-- A contact may change their own name: then no member is behind the work that follows it.
alter table contact_works alter column member_id drop not null;

-- +goose Down
delete from contact_works where member_id is null;
alter table contact_works alter column member_id set not null;
drop table privacy_refusals, privacy_requests;
