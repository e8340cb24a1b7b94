-- The customers' portal: whether a workspace has it, who can sign in, their sessions, and the links that are mailed to them.
-- +goose Up

-- Without a row the portal is off.
create table portal_settings (
	workspace_id bigint primary key references workspaces,
	on_since     timestamptz -- null: it is off
);
select tenant_table('portal_settings', 'select, insert, update');

-- A contact who can sign in, with any of their addresses.
create table contact_accounts (
	workspace_id  bigint not null,
	contact_id    bigint not null,
	password_hash text not null default '', -- '': by links sent by mail alone
	confirmed_at  timestamptz not null, -- when they proved that mail to their address reaches them
	primary key (workspace_id, contact_id),
	foreign key (workspace_id, contact_id) references contacts on delete cascade
);
-- Requests may end accounts; hashes they cannot read.
select tenant_table('contact_accounts', 'select (workspace_id, contact_id, confirmed_at), delete');

-- Of a session's token only the hash is kept: a copy of the database signs nobody in.
create table contact_sessions (
	workspace_id bigint not null,
	token_hash   bytea not null,
	contact_id   bigint not null,
	begun_at     timestamptz not null,
	expires_at   timestamptz not null,
	by_link      boolean not null, -- signed in by a mailed link, and not by password
	primary key (workspace_id, token_hash),
	foreign key (workspace_id, contact_id) references contact_accounts on delete cascade
);
create index contact_sessions_contact on contact_sessions (workspace_id, contact_id);
create index contact_sessions_expired on contact_sessions (expires_at);
select tenant_table('contact_sessions', 'select (workspace_id, contact_id), delete');

-- What somebody asked for who may be anybody: a row for each request, whether or not the address is known, so that neither
-- the answer nor its time tells. A job decides what is mailed. Rows are removed within a day.
create table portal_links (
	workspace_id  bigint not null references workspaces,
	id            bigint generated always as identity,
	kind          text not null check (kind in ('sign up', 'sign in')),
	email         text not null check (email = lower(email)),
	name          text not null default '', -- of who signs up
	password_hash text not null default '', -- likewise; used only in the browser in which it was chosen:
	browser_hash  bytea, -- of a random cookie there. Otherwise a stranger could choose the password of somebody else's account.
	created_at    timestamptz not null,
	token_hash    bytea unique, -- made when the mail is written
	expires_at    timestamptz, -- of the token
	used_at       timestamptz, -- or replaced by what came after it
	next_try_at   timestamptz, -- when its mail is due; null: sent, or given up
	tries         int not null default 0,
	primary key (workspace_id, id)
);
create index portal_links_email on portal_links (workspace_id, email);
create index portal_links_age on portal_links (created_at);
create index portal_links_to_mail on portal_links (next_try_at) where next_try_at is not null;
select tenant_table('portal_links', 'select (workspace_id, id, email), delete');

-- +goose Down
drop table portal_links, contact_sessions, contact_accounts, portal_settings;
