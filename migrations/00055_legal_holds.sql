-- Legal holds: what stands under one is neither purged nor erased, and nothing is redacted in it, until it is released.
-- +goose Up

create table legal_holds (
	workspace_id   bigint not null references workspaces,
	id             bigint generated always as identity,
	case_id        bigint, -- of one case, whatever its state
	contact_id     bigint, -- or of all cases of a contact, those to come too
	reason         text not null check (reason <> ''), -- may name people: it goes with what the hold was about
	review_at      timestamptz not null, -- when somebody is to ask whether it is still needed; it does not end then
	set_by         bigint not null,
	set_at         timestamptz not null,
	reminded_at    timestamptz, -- that review_at has come
	released_by    bigint,
	released_at    timestamptz,
	release_reason text not null default '',
	primary key (workspace_id, id),
	foreign key (workspace_id, case_id) references cases,
	foreign key (workspace_id, contact_id) references contacts,
	foreign key (workspace_id, set_by) references members,
	foreign key (workspace_id, released_by) references members,
	check (num_nonnulls(case_id, contact_id) = 1),
	check ((released_at is null) = (released_by is null))
);
-- Asked by everything that removes: a hold that stands is found by what it is about.
create index legal_holds_case on legal_holds (workspace_id, case_id) where case_id is not null;
create index legal_holds_contact on legal_holds (workspace_id, contact_id) where contact_id is not null;
create index legal_holds_standing on legal_holds (workspace_id, review_at, id) where released_at is null;
create index legal_holds_released on legal_holds (workspace_id, released_at desc, id desc) where released_at is not null;
create index legal_holds_to_review on legal_holds (review_at) where released_at is null and reminded_at is null;
create index legal_holds_set_by on legal_holds (workspace_id, set_by);
create index legal_holds_released_by on legal_holds (workspace_id, released_by) where released_by is not null;
select tenant_table('legal_holds', 'select, insert, update');
-- Whoever releases one lets the erasures of contacts go on that waited for it.
grant update (due_at) on contact_erasures to caseward_app;

-- +goose Down
revoke update (due_at) on contact_erasures from caseward_app;
drop table legal_holds;
