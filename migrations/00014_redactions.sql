-- Redaction: content of a message is erased for good, on deleted cases too. The row stays, with who did it and when.
-- +goose Up

create table redactions (
	workspace_id  bigint not null,
	id            bigint generated always as identity,
	case_id       bigint not null,
	message_id    bigint not null,
	kind          text not null check (kind in ('body', 'text', 'attachment')),
	attachment_id bigint, -- of the file that was there; its row is gone
	actor_kind    text not null check (actor_kind in ('member', 'contact', 'job', 'staff', 'token')),
	actor_id      bigint,
	created_at    timestamptz not null,
	primary key (workspace_id, id),
	foreign key (workspace_id, case_id) references cases,
	foreign key (workspace_id, message_id) references messages,
	check ((kind = 'attachment') = (attachment_id is not null))
);
create index redactions_case on redactions (workspace_id, case_id, created_at);
create index redactions_message on redactions (workspace_id, message_id);
create unique index redactions_body on redactions (workspace_id, message_id) where kind = 'body';
create unique index redactions_attachment on redactions (workspace_id, attachment_id) where kind = 'attachment';
select tenant_table('redactions', 'select, insert, update');

-- The setting app.redaction opens a deleted case for what desk/message redacts, and only that: of a message its content, of
-- the raw mails their removal, the words of the search, and the record of it.
create or replace trigger deleted_case_is_read_only before insert or update or delete on messages for each row
	when (current_setting('app.retention', true) is distinct from 'on' and current_setting('app.redaction', true) is distinct from 'on')
	execute function refuse_write_below_deleted_case();
create or replace trigger deleted_case_is_read_only before insert or update or delete on attachments for each row
	when (current_setting('app.retention', true) is distinct from 'on' and current_setting('app.redaction', true) is distinct from 'on')
	execute function refuse_write_below_deleted_case();
create or replace trigger deleted_case_is_read_only before insert or update or delete on case_search for each row
	when (current_setting('app.retention', true) is distinct from 'on' and current_setting('app.redaction', true) is distinct from 'on')
	execute function refuse_write_below_deleted_case();
create or replace trigger deleted_case_is_read_only before update of raw, envelope_from, envelope_to, received_at or delete on inbound_mails for each row
	when (current_setting('app.retention', true) is distinct from 'on' and current_setting('app.redaction', true) is distinct from 'on')
	execute function refuse_write_below_deleted_case();
create trigger deleted_case_is_read_only before insert or update or delete on redactions for each row
	when (current_setting('app.retention', true) is distinct from 'on' and current_setting('app.redaction', true) is distinct from 'on')
	execute function refuse_write_below_deleted_case();

-- +goose StatementBegin
create function refuse_more_than_redaction() returns trigger
	language plpgsql as $$
begin
	case tg_op
		when 'DELETE' then
			if tg_table_name <> 'messages' then return old; end if;
		when 'UPDATE' then
			if tg_table_name = 'messages' and (to_jsonb(new) - '{body_text,body_html,defects}'::text[])
				is not distinct from (to_jsonb(old) - '{body_text,body_html,defects}'::text[])
			then
				return new;
			end if;
		else null;
	end case;
	raise exception 'a redaction takes content away and does nothing else' using errcode = 'CW002';
end $$;
-- +goose StatementEnd
create trigger redaction_only_takes before insert or update or delete on messages for each row
	when (current_setting('app.redaction', true) = 'on') execute function refuse_more_than_redaction();
create trigger redaction_only_takes before insert or update or delete on attachments for each row
	when (current_setting('app.redaction', true) = 'on') execute function refuse_more_than_redaction();
create trigger redaction_only_takes before insert or update or delete on inbound_mails for each row
	when (current_setting('app.redaction', true) = 'on') execute function refuse_more_than_redaction();

-- erase_attachments removes files of one message with their bytes. Requests may remove neither, so it acts as the owner,
-- within the workspace that the policies allow.
-- +goose StatementBegin
create function erase_attachments(message bigint, ids bigint[]) returns setof bigint
	language sql security definer set search_path from current set app.redaction = 'on' as $$
	with gone as (delete from attachments where workspace_id = current_workspace() and message_id = message and id = any (ids) returning id, blob_id),
		bytes as (delete from blobs b using gone where b.workspace_id = current_workspace() and b.id = gone.blob_id)
	select id from gone
$$;
-- +goose StatementEnd

-- +goose Down
drop trigger redaction_only_takes on messages;
drop trigger redaction_only_takes on attachments;
drop trigger redaction_only_takes on inbound_mails;
drop function erase_attachments, refuse_more_than_redaction;
create or replace trigger deleted_case_is_read_only before insert or update or delete on messages for each row
	when (current_setting('app.retention', true) is distinct from 'on') execute function refuse_write_below_deleted_case();
create or replace trigger deleted_case_is_read_only before insert or update or delete on attachments for each row
	when (current_setting('app.retention', true) is distinct from 'on') execute function refuse_write_below_deleted_case();
create or replace trigger deleted_case_is_read_only before insert or update or delete on case_search for each row
	when (current_setting('app.retention', true) is distinct from 'on') execute function refuse_write_below_deleted_case();
create or replace trigger deleted_case_is_read_only before update of raw, envelope_from, envelope_to, received_at or delete on inbound_mails for each row
	when (current_setting('app.retention', true) is distinct from 'on') execute function refuse_write_below_deleted_case();
drop table redactions;
