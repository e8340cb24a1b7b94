-- What is known of each audit trail's chain, and which plan an owner asks for. Numbers, hashes and dates only.
-- +goose Up
create table audit_checks (
	workspace_id  bigint primary key references workspaces,
	verified_seq  bigint not null default 0, -- every entry up to here held, and was linked to the one before it
	verified_hash bytea not null default '',
	verified_at   timestamptz,
	whole_at      timestamptz, -- when the chain was last walked from its first entry
	walk_seq      bigint,      -- how far such a walk has come; null: none is under way
	walk_hash     bytea,
	walk_end      bigint,      -- where it is to end
	asked_at      timestamptz, -- somebody wants one now
	broken_seq    bigint,      -- the first entry that did not hold; null: all did
	broken_reason text not null default '',
	broken_at     timestamptz
);
select tenant_table('audit_checks', 'select, insert, update');

create table plan_requests (
	workspace_id bigint primary key references workspaces,
	plan         text not null check (plan in ('starter', 'standard', 'advanced', 'enterprise')),
	requested_by bigint not null,
	requested_at timestamptz not null,
	foreign key (workspace_id, requested_by) references members
);
create index plan_requests_requested_by on plan_requests (workspace_id, requested_by);
select tenant_table('plan_requests', 'select, insert, update, delete');

-- +goose Down
drop table plan_requests, audit_checks;
