-- What a contact was called, and by which addresses and numbers they were known, until they are deleted forever: then they are
-- searched for by these, too.
-- +goose Up

create table contact_former (
	workspace_id bigint not null,
	contact_id   bigint not null,
	kind         text not null check (kind in ('name', 'email', 'phone', 'address')),
	content      text not null,
	primary key (workspace_id, contact_id, kind, content),
	foreign key (workspace_id, contact_id) references contacts
);
select tenant_table('contact_former', 'select, insert, delete');

-- +goose StatementBegin
create function keep_former_contact() returns trigger
	language plpgsql as $$
begin
	insert into contact_former (workspace_id, contact_id, kind, content)
		select old.workspace_id, old.id, v.kind, v.was from (values ('name', old.name, new.name), ('phone', old.phone, new.phone),
			('address', old.address, new.address)) v (kind, was, now)
		where v.was <> '' and v.was <> v.now and length(v.was) <= 2000
		on conflict do nothing;
	return null;
end $$;
-- +goose StatementEnd
create trigger keep_former after update on contacts for each row
	when (old.name <> new.name or old.phone <> new.phone or old.address <> new.address) execute function keep_former_contact();

-- An address goes when it is taken off, or with the deletion of its contact, which keeps it elsewhere as well.
-- +goose StatementBegin
create function keep_former_email() returns trigger
	language plpgsql as $$
begin
	insert into contact_former (workspace_id, contact_id, kind, content) values (old.workspace_id, old.contact_id, 'email', old.email)
		on conflict do nothing;
	return null;
end $$;
-- +goose StatementEnd
create trigger keep_former after delete on contact_emails for each row execute function keep_former_email();

-- +goose Down
drop trigger keep_former on contact_emails;
drop trigger keep_former on contacts;
drop function keep_former_email, keep_former_contact;
drop table contact_former;
