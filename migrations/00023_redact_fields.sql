-- A passage that is erased from a case goes from the texts of its custom fields too, on a deleted case as well.
-- +goose Up

create or replace trigger deleted_case_is_read_only before insert or update or delete on case_field_values for each row
	when (current_setting('app.retention', true) is distinct from 'on' and current_setting('app.redaction', true) is distinct from 'on')
	execute function refuse_write_below_deleted_case();

-- A function of its own: the one for messages and follow-ups names their columns.
-- +goose StatementBegin
create function refuse_more_than_redaction_of_field() returns trigger
	language plpgsql as $$
begin
	if tg_op <> 'UPDATE' or to_jsonb(new) - 'content' is distinct from to_jsonb(old) - 'content' then
		raise exception 'a redaction takes content away and does nothing else' using errcode = 'CW002';
	end if;
	return new;
end $$;
-- +goose StatementEnd
create trigger redaction_only_takes before insert or update or delete on case_field_values for each row
	when (current_setting('app.redaction', true) = 'on') execute function refuse_more_than_redaction_of_field();

-- +goose Down
drop trigger redaction_only_takes on case_field_values;
drop function refuse_more_than_redaction_of_field();
create or replace trigger deleted_case_is_read_only before insert or update or delete on case_field_values for each row
	when (current_setting('app.retention', true) is distinct from 'on') execute function refuse_write_below_deleted_case();
