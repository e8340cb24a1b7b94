-- What is redacted goes from the notes of follow-ups too, on deleted cases as well.
-- +goose Up

create or replace trigger deleted_case_is_read_only before insert or update or delete on followups for each row
	when (current_setting('app.retention', true) is distinct from 'on' and current_setting('app.redaction', true) is distinct from 'on')
	execute function refuse_write_below_deleted_case();

-- +goose StatementBegin
create or replace function refuse_more_than_redaction() returns trigger
	language plpgsql as $$
declare
	content text[] := case tg_table_name when 'messages' then '{body_text,body_html,defects}'::text[] when 'followups' then '{note}'::text[] end;
begin
	case tg_op
		when 'DELETE' then
			if content is null then return old; end if;
		when 'UPDATE' then
			if content is not null and to_jsonb(new) - content is not distinct from to_jsonb(old) - content then
				return new;
			end if;
		else null;
	end case;
	raise exception 'a redaction takes content away and does nothing else' using errcode = 'CW002';
end $$;
-- +goose StatementEnd
create trigger redaction_only_takes before insert or update or delete on followups for each row
	when (current_setting('app.redaction', true) = 'on') execute function refuse_more_than_redaction();

-- +goose Down
drop trigger redaction_only_takes on followups;
create or replace trigger deleted_case_is_read_only before insert or update or delete on followups for each row
	when (current_setting('app.retention', true) is distinct from 'on') execute function refuse_write_below_deleted_case();
-- +goose StatementBegin
create or replace function refuse_more_than_redaction() returns trigger
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
