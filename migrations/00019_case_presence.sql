-- Who has a case open, and who is typing on it.
-- +goose Up

-- One row for each open tab, which says so again every few seconds; what is older than half a minute counts for nothing and is
-- swept soon after. Not logged: after a crash nobody is there until they say so again. Ids only, and none of what is typed. No
-- trigger guards it below a deleted case, of which nobody is told who was there, and no foreign key to members, who are never
-- removed. No index on seen_at: with room on the page, and no indexed column changed, a beat leaves nothing in any index.
create unlogged table case_presence (
	workspace_id bigint not null,
	case_id      bigint not null,
	member_id    bigint not null,
	tab          text not null, -- a random key of the page
	typing       text check (typing in ('reply', 'note')), -- null: only looking
	seen_at      timestamptz not null,
	primary key (workspace_id, case_id, member_id, tab),
	foreign key (workspace_id, case_id) references cases
) with (fillfactor = 50);
select tenant_table('case_presence', 'select, insert, update, delete');

-- +goose Down
drop table case_presence;
