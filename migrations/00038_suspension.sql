-- Suspended contacts, whom nobody can suspend, and the mail that is blocked.
-- +goose Up

-- Why a contact is suspended, and what came from them since. A row is there while contacts.suspended_at is set.
create table contact_suspensions (
	workspace_id bigint not null,
	contact_id   bigint not null,
	suspended_at timestamptz not null,
	suspended_by bigint not null,
	cause        text not null check (cause in ('spam', 'by hand')),
	case_number  bigint, -- of the case that was marked as spam
	blocked      int not null default 0, -- mails since then
	-- What came on one day: beyond a limit mails are counted and not kept.
	day          date,
	day_mails    int not null default 0,
	day_bytes    bigint not null default 0,
	primary key (workspace_id, contact_id),
	foreign key (workspace_id, contact_id) references contacts,
	foreign key (workspace_id, suspended_by) references members
) with (fillfactor = 70); -- the counts change with every mail, without touching an index
create index contact_suspensions_list on contact_suspensions (workspace_id, suspended_at desc, contact_id desc);
create index contact_suspensions_by on contact_suspensions (workspace_id, suspended_by);
select tenant_table('contact_suspensions', 'select, insert, update, delete');

-- Nobody who writes from such a domain, or from one below it, can be suspended.
create table protected_domains (
	workspace_id bigint not null references workspaces,
	domain       text not null check (domain = lower(domain) and domain <> ''),
	primary key (workspace_id, domain)
);
select tenant_table('protected_domains', 'select, insert, delete');

-- What the list of blocked mail shows. The mail itself stays in inbound_mails, and the line goes with it.
create table blocked_mails (
	workspace_id bigint not null,
	mail_id      bigint not null,
	contact_id   bigint not null,
	from_name    text not null,
	from_email   text not null,
	subject      text not null,
	size         bigint not null, -- bytes
	id_hash      bytea not null,  -- of Message-ID and content: the same mail is kept once
	blocked_at   timestamptz not null,
	primary key (workspace_id, mail_id),
	foreign key (workspace_id, mail_id) references inbound_mails on delete cascade,
	foreign key (workspace_id, contact_id) references contacts
);
create unique index blocked_mails_id_hash on blocked_mails (workspace_id, id_hash);
create index blocked_mails_list on blocked_mails (workspace_id, blocked_at desc, mail_id desc);
create index blocked_mails_contact on blocked_mails (workspace_id, contact_id, blocked_at desc);
create index blocked_mails_due on blocked_mails (blocked_at);
select tenant_table('blocked_mails', 'select, insert, delete');

-- A mail that somebody let through is not blocked again.
alter table inbound_mails add column released boolean not null default false;

-- +goose Down
alter table inbound_mails drop column released;
drop table blocked_mails, protected_domains, contact_suspensions;
