-- Tenancy. Requests act as the role caseward_app: it is not the owner of any table and cannot bypass row
-- level security, so a query that forgets the workspace sees nothing instead of everything.
-- +goose Up

-- +goose StatementBegin
do $$
begin
	create role caseward_app nologin nosuperuser nobypassrls;
exception
	-- Roles belong to the whole server: another database, or another process this moment, may have made it.
	when duplicate_object or unique_violation then null;
end $$;
-- +goose StatementEnd

-- +goose StatementBegin
do $$
begin
	if not pg_has_role(current_user, 'caseward_app', 'member') then
		execute format('grant caseward_app to %I', current_user);
	end if;
	execute format('grant usage on schema %I to caseward_app', current_schema());
end $$;
-- +goose StatementEnd

-- current_workspace is what every policy compares with. After a "set local" has ended the setting is '', not null.
-- +goose StatementBegin
create function current_workspace() returns bigint
	language sql stable parallel safe
	return nullif(current_setting('app.workspace_id', true), '')::bigint;
-- +goose StatementEnd

-- tenant_table puts a table under the workspace policy and grants the request role just these privileges.
-- +goose StatementBegin
create function tenant_table(tbl regclass, privileges text) returns void
	language plpgsql as $$
begin
	execute format('alter table %s enable row level security', tbl);
	execute format('create policy workspace on %s to caseward_app using (workspace_id = (select current_workspace()))', tbl);
	execute format('grant %s on %s to caseward_app', privileges, tbl);
end $$;
-- +goose StatementEnd

create table workspaces (
	id             bigint generated always as identity primary key,
	slug           text not null unique check (slug ~ '^[a-z0-9][a-z0-9-]{1,38}[a-z0-9]$'),
	name           text not null check (name <> ''),
	plan           text not null default 'enterprise' check (plan in ('starter', 'standard', 'advanced', 'enterprise')),
	time_zone      text not null default 'UTC',
	-- null: deleted cases are kept until an erasure is requested (seed 001); otherwise days until the purge (seed 000).
	retention_days int default 7 check (retention_days between 1 and 90),
	is_demo        boolean not null default false,
	created_at     timestamptz not null
);
alter table workspaces enable row level security;
create policy workspace on workspaces to caseward_app using (id = (select current_workspace()));
grant select, update (name, time_zone, retention_days) on workspaces to caseward_app;

-- Case numbers come from one sequence a workspace: never reused, and creating cases does not queue behind one row.
-- +goose StatementBegin
create function create_case_numbers() returns trigger
	language plpgsql security definer set search_path from current as $$
begin
	execute format('create sequence case_numbers_%s', new.id);
	return new;
end $$;
-- +goose StatementEnd
create trigger case_numbers after insert on workspaces for each row execute function create_case_numbers();

-- +goose StatementBegin
create function next_case_number(workspace bigint) returns bigint
	language plpgsql security definer set search_path from current as $$
begin
	return nextval(format('case_numbers_%s', workspace));
end $$;
-- +goose StatementEnd

-- A user is a person who signs in; one user may be a member of several workspaces.
create table users (
	id            bigint generated always as identity primary key,
	email         text not null unique check (email = lower(email)),
	name          text not null,
	password_hash text not null,
	is_staff      boolean not null default false,
	-- Raised on password change: sessions that carry an older value are over.
	session_epoch int not null default 1,
	created_at    timestamptz not null
);

create table members (
	workspace_id   bigint not null references workspaces,
	id             bigint generated always as identity,
	user_id        bigint not null references users,
	role           text not null check (role in ('owner', 'admin', 'agent', 'viewer')),
	default_view   text not null default 'full' check (default_view in ('full', 'table')),
	created_at     timestamptz not null,
	deactivated_at timestamptz,
	primary key (workspace_id, id),
	unique (workspace_id, user_id)
);
create index members_user on members (user_id);
select tenant_table('members', 'select, insert, update');

alter table users enable row level security;
create policy workspace on users to caseward_app using (
	exists (select from members m where m.user_id = users.id and m.workspace_id = (select current_workspace())));
grant select (id, email, name) on users to caseward_app;

-- The rights an admin gives single agents; what each means is in desk/access.
create table member_grants (
	workspace_id bigint not null,
	member_id    bigint not null,
	permission   text not null,
	primary key (workspace_id, member_id, permission),
	foreign key (workspace_id, member_id) references members
);
select tenant_table('member_grants', 'select, insert, delete');

create table invitations (
	workspace_id bigint not null references workspaces,
	id           bigint generated always as identity,
	email        text not null check (email = lower(email)),
	role         text not null check (role in ('owner', 'admin', 'agent', 'viewer')),
	token_hash   bytea not null unique,
	invited_by   bigint not null,
	created_at   timestamptz not null,
	expires_at   timestamptz not null,
	accepted_at  timestamptz,
	revoked_at   timestamptz,
	primary key (workspace_id, id),
	foreign key (workspace_id, invited_by) references members
);
create index invitations_invited_by on invitations (workspace_id, invited_by);
select tenant_table('invitations', 'select, insert, update');

-- Failed sign-ins, counted by account and by address; the key is a hash, so the table names nobody.
create table sign_in_throttles (
	key          bytea primary key,
	failures     int not null,
	window_start timestamptz not null
);

-- The table that scs' pgxstore expects.
create table sessions (
	token  text primary key,
	data   bytea not null,
	expiry timestamptz not null
);
create index sessions_expiry on sessions (expiry);

-- +goose Down
drop table sessions, sign_in_throttles, invitations, member_grants, members, users, workspaces cascade;
drop function tenant_table, create_case_numbers, next_case_number, current_workspace;
