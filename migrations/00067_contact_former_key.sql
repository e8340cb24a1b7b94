-- A long address is more than an index can hold: what a contact was called is found by its hash.
-- +goose Up
alter table contact_former drop constraint contact_former_pkey, add column id bigint generated always as identity, add primary key (workspace_id, id);
create unique index contact_former_content on contact_former (workspace_id, contact_id, kind, md5(content));

-- +goose Down
drop index contact_former_content;
delete from contact_former where length(content) > 500;
alter table contact_former drop constraint contact_former_pkey, drop column id, add primary key (workspace_id, contact_id, kind, content);
