-- Custom fields: what a workspace wants to know of its cases and contacts besides what everybody does.
--
-- Values are rows of a table of their own, one table for each sort of object, and not a jsonb column of cases:
-- 1. The same few indexes serve every field that will ever be made: equality, ranges and order of choices, numbers and days by
--    one B-tree of (workspace, field, value, case), words of texts by one GIN. Of a jsonb column a GIN serves no range, and a
--    B-tree would have to be built for each field by itself, on all cases, whenever an admin makes one.
-- 2. Only values that somebody has set take room. To set one does not write the wide row of the case, with all of its indexes, anew.
-- 3. Rows below a case have its id, so what erases, guards and counts such rows does so with these too; and the key to
--    fields says how many values a field has.
-- Numbers are double precision: for numeric, row level security lets no index be used (its operators are not leakproof).
-- What may be typed, 11 digits and 4 places, it holds exactly enough to give back what was typed.
-- +goose Up

create table fields (
	workspace_id bigint not null references workspaces,
	id           bigint generated always as identity,
	object       text not null check (object in ('case', 'contact')),
	key          text not null check (key ~ '^[a-z][a-z0-9]*(-[a-z0-9]+)*$' and length(key) <= 40), -- how it is searched for
	name         text not null check (name <> ''),
	help         text not null default '',
	kind         text not null check (kind in ('text', 'number', 'date', 'choice', 'checkbox')),
	choices      text[] not null default '{}', -- in their order; a value outlives the choice that it was
	place        int not null,
	version      int not null default 1,
	created_at   timestamptz not null,
	archived_at  timestamptz, -- switched off: shown nowhere, but its values are kept
	primary key (workspace_id, id),
	unique (workspace_id, object, key),
	check ((kind = 'choice') = (cardinality(choices) > 0))
);
create unique index fields_name on fields (workspace_id, object, lower(name)) where archived_at is null;
select tenant_table('fields', 'select, insert, update, delete');

-- The words of a text, with one for its field, so that the index passes over what other fields have.
-- +goose StatementBegin
create function field_words(field_id bigint, content text) returns tsvector
	language sql immutable parallel safe strict
	return name_words(content) || array_to_tsvector(array['@' || field_id::text]);
-- +goose StatementEnd

create table case_field_values (
	workspace_id bigint not null,
	case_id      bigint not null,
	field_id     bigint not null,
	choice       text,             -- of a choice; 'yes' of a box that is checked, one that is not has no row
	number       double precision,
	day          date,
	content      text,             -- of a text
	primary key (workspace_id, case_id, field_id),
	foreign key (workspace_id, case_id) references cases,
	foreign key (workspace_id, field_id) references fields,
	check (num_nonnulls(choice, number, day, content) = 1)
);
-- One for all kinds, since a value of one kind has nulls for the others: "choice is null and number > 5" is one stretch of it.
create index case_field_values_field on case_field_values (workspace_id, field_id, choice, number, day, case_id);
create index case_field_values_words on case_field_values using gin (field_words(field_id, content)) where content is not null;
select tenant_table('case_field_values', 'select, insert, update, delete');
create trigger deleted_case_is_read_only before insert or update or delete on case_field_values for each row
	when (current_setting('app.retention', true) is distinct from 'on') execute function refuse_write_below_deleted_case();

create table contact_field_values (
	workspace_id bigint not null,
	contact_id   bigint not null,
	field_id     bigint not null,
	choice       text,
	number       double precision,
	day          date,
	content      text,
	primary key (workspace_id, contact_id, field_id),
	foreign key (workspace_id, contact_id) references contacts,
	foreign key (workspace_id, field_id) references fields,
	check (num_nonnulls(choice, number, day, content) = 1)
);
create index contact_field_values_field on contact_field_values (workspace_id, field_id, choice, number, day, contact_id);
create index contact_field_values_words on contact_field_values using gin (field_words(field_id, content)) where content is not null;
select tenant_table('contact_field_values', 'select, insert, update, delete');

-- find_by_field returns the cases, or contacts, whose text in a field has the words; at most so many, and a single null instead
-- where PostgreSQL's statistics say that clearly more have them, as find_rare does. As an owner, since under row level
-- security no index serves @@.
-- +goose StatementBegin
create function find_by_field(field bigint, query tsquery, of_contacts boolean, most int, patience int) returns setof bigint
	language plpgsql volatile security definer rows 100 set search_path from current as $$
declare
	ws bigint := current_workspace();
	id text := case when of_contacts then 'contact_id' else 'case_id' end;
	tbl text := case when of_contacts then 'contact_field_values' else 'case_field_values' end;
	wanted tsquery := ('''@' || field || '''')::tsquery && query;
	test text := format('workspace_id = %s and field_id = %s and content is not null and field_words(field_id, content) @@ %L::tsquery', ws, field, wanted);
	guess json;
begin
	execute format('explain (format json) select from %I where %s', tbl, test) into guess;
	if (guess->0->'Plan'->>'Plan Rows')::float8 > patience then
		return next null;
		return;
	end if;
	return query execute format('select %I from %I where %s limit %s', id, tbl, test, most);
end $$;
-- +goose StatementEnd

-- +goose Down
drop function find_by_field(bigint, tsquery, boolean, int, int);
drop table contact_field_values, case_field_values, fields;
drop function field_words(bigint, text);
