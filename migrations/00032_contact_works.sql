-- What follows a change of a contact at many cases, batch by batch.
-- +goose Up

create table contact_works (
	workspace_id bigint not null,
	id           bigint generated always as identity,
	-- rename: the cases are found by the new name and addresses. merge: they become those of the other contact.
	kind         text not null check (kind in ('rename', 'merge')),
	contact_id   bigint not null,
	into_id      bigint, -- of a merge
	member_id    bigint not null,
	state        text not null default 'working' check (state in ('working', 'done')),
	total        int not null default 0, -- cases, when it began
	done         int not null default 0,
	cursor_id    bigint not null default 0, -- of a rename: the cases up to this one are done
	created_at   timestamptz not null,
	worked_at    timestamptz not null, -- who has waited longest is next
	finished_at  timestamptz,
	primary key (workspace_id, id),
	foreign key (workspace_id, contact_id) references contacts,
	foreign key (workspace_id, into_id) references contacts,
	foreign key (workspace_id, member_id) references members,
	check ((kind = 'merge') = (into_id is not null))
);
create index contact_works_contact on contact_works (workspace_id, contact_id, id desc);
create index contact_works_into on contact_works (workspace_id, into_id, id desc) where into_id is not null;
create index contact_works_member on contact_works (workspace_id, member_id);
create index contact_works_due on contact_works (worked_at) where state = 'working';
select tenant_table('contact_works', 'select, insert, update');

-- +goose Down
drop table contact_works;
