-- Which members downloaded which files of a case, for its history: one row a member and file, written in batches besides the
-- download. Ids and times only: what a file is called stands with it, and goes with it.
-- +goose Up
create table case_downloads (
	workspace_id bigint not null,
	case_id      bigint not null,
	member_id    bigint not null,
	kind         text not null check (kind in ('file', 'mail')),
	file_id      bigint not null, -- an attachment, or the message of a mail as it came; it may be erased since
	first_at     timestamptz not null,
	last_at      timestamptz not null,
	times        int not null, -- those within an hour of another one are not counted
	primary key (workspace_id, case_id, member_id, kind, file_id),
	foreign key (workspace_id, case_id) references cases,
	foreign key (workspace_id, member_id) references members
) with (fillfactor = 80);
create index case_downloads_member on case_downloads (workspace_id, member_id);
select tenant_table('case_downloads', 'select, insert, update');

-- +goose Down
drop table case_downloads;
