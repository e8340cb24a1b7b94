-- Files of contacts: lists that are imported, and everything held on one contact for whoever asks for it. Both hold personal
-- data and are removed within a day.
-- +goose Up

create table contact_imports (
	workspace_id bigint not null references workspaces,
	id           bigint generated always as identity,
	member_id    bigint not null,
	state        text not null default 'draft' check (state in ('draft', 'working', 'done')),
	header       text[] not null, -- emptied with the rows
	mapping      text[] not null, -- what each column is, in the words of desk/people
	total        int not null,    -- rows
	created      int not null default 0,
	changed      int not null default 0,
	unchanged    int not null default 0,
	refused      int not null default 0,
	created_at   timestamptz not null,
	worked_at    timestamptz not null, -- which has waited longest is next
	finished_at  timestamptz,
	emptied_at   timestamptz, -- when its rows were removed
	primary key (workspace_id, id),
	foreign key (workspace_id, member_id) references members
);
create index contact_imports_member on contact_imports (workspace_id, member_id);
create index contact_imports_due on contact_imports (worked_at) where state = 'working';
create index contact_imports_to_empty on contact_imports (created_at) where emptied_at is null;
select tenant_table('contact_imports', 'select, insert, update');

create table contact_import_rows (
	workspace_id bigint not null,
	import_id    bigint not null,
	line         int not null, -- of the file
	cells        jsonb not null,
	outcome      text check (outcome in ('created', 'changed', 'unchanged', 'refused')), -- null: not done yet
	reason       text not null default '', -- without a word of the row
	primary key (workspace_id, import_id, line),
	foreign key (workspace_id, import_id) references contact_imports
);
create index contact_import_rows_left on contact_import_rows (workspace_id, import_id, line) where outcome is null;
select tenant_table('contact_import_rows', 'select, insert, update, delete');

create table contact_packages (
	workspace_id bigint not null,
	id           bigint generated always as identity,
	contact_id   bigint not null,
	member_id    bigint not null,
	state        text not null default 'waiting' check (state in ('waiting', 'ready', 'failed')),
	tries        int not null default 0,
	size         bigint not null default 0, -- bytes
	created_at   timestamptz not null,
	ready_at     timestamptz,
	expires_at   timestamptz not null,
	primary key (workspace_id, id),
	foreign key (workspace_id, contact_id) references contacts,
	foreign key (workspace_id, member_id) references members
);
create index contact_packages_contact on contact_packages (workspace_id, contact_id, id desc);
create index contact_packages_member on contact_packages (workspace_id, member_id, id desc);
create index contact_packages_due on contact_packages (created_at) where state = 'waiting';
create index contact_packages_expired on contact_packages (expires_at);
select tenant_table('contact_packages', 'select, insert');

create table contact_package_parts (
	workspace_id bigint not null,
	package_id   bigint not null,
	part         int not null,
	data         bytea not null,
	primary key (workspace_id, package_id, part),
	foreign key (workspace_id, package_id) references contact_packages on delete cascade
);
select tenant_table('contact_package_parts', 'select');

-- +goose Down
drop table contact_package_parts, contact_packages, contact_import_rows, contact_imports;
