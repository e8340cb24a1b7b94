-- Words made by the program instead of PostgreSQL: without accents, in any script. Finding what few cases have, contacts
-- by name, and rare priorities and channels.
-- +goose NO TRANSACTION
-- +goose Up

-- Which version of the words a document was made of: see platform/words. The job "reindex" makes older ones anew.
alter table case_search add column if not exists version smallint not null default 0;
drop index concurrently if exists case_search_outdated;
create index concurrently case_search_outdated on case_search (workspace_id, case_id) where version < 1;

-- add_words joins two documents. PostgreSQL counts the places of words to 16,383 only: beyond that no phrase would be
-- found, so a long document gets the places of the new words as they are, beside its own. A tsvector holds 1 MB; of a
-- thread with more different words the first are kept.
-- +goose StatementBegin
create or replace function add_words(document tsvector, words tsvector) returns tsvector
	language plpgsql immutable parallel safe as $$
begin
	if length(document) > 1500 then
		return (document::text || ' ' || words::text)::tsvector;
	end if;
	return document || words;
exception when program_limit_exceeded then
	return document;
end $$;
-- +goose StatementEnd

-- find_rare returns the cases with the words, at most so many, and a single null instead where PostgreSQL's statistics
-- say that clearly more have them: looking up hundreds of thousands to show 25 would take long.
-- Each document has a word for its workspace, so that the index passes over what other workspaces have; documents that
-- are still to be made anew lack it. As an owner, like find_cases: under row level security no index serves @@.
-- +goose StatementBegin
create or replace function find_rare(query tsquery, most int, patience int) returns setof bigint
	language plpgsql volatile security definer rows 100 set search_path from current as $$
declare
	ws bigint := current_workspace();
	guess json;
begin
	execute format('explain (format json) select from case_search where workspace_id = %s and document @@ %L::tsquery', ws, query) into guess;
	if (guess->0->'Plan'->>'Plan Rows')::float8 > patience then
		return next null;
		return;
	end if;
	if not exists (select from case_search where version < 1) then
		query := ('''@' || ws || '''')::tsquery && query;
	end if;
	return query select s.case_id from case_search s where s.workspace_id = ws and s.document @@ query limit most;
end $$;
-- +goose StatementEnd

-- name_words are the words of a name or an address of a contact, without case and accents as platform/words makes them.
-- PostgreSQL keeps them in an index of its own, so a contact that is renamed is found at once.
-- +goose StatementBegin
create or replace function name_words(name text) returns tsvector
	language sql immutable parallel safe strict
	return to_tsvector('simple', regexp_replace(normalize(translate(replace(replace(replace(replace(regexp_replace(lower(normalize(name, NFKD)),
			'[\u0300-\u036f\u0483-\u0487\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7\u0610-\u061a\u064b-\u065f\u0670\u06d6-\u06dc\u200c-\u200f\u00ad]', '', 'g'),
			'ß', 'ss'), 'æ', 'ae'), 'œ', 'oe'), 'þ', 'th'), 'øđðłħŧŋıςيیکةـ', 'oddlhtniσىىكه'), NFC),
		'[\s!-/:-@\[-`{-~]+', ' ', 'g'));
-- +goose StatementEnd
drop index concurrently if exists contacts_words;
create index concurrently contacts_words on contacts using gin (name_words(name));
drop index concurrently if exists contact_emails_words;
create index concurrently contact_emails_words on contact_emails using gin (name_words(email));

-- find_contacts returns the contacts with the words in one of their addresses or, where names is true, in their name;
-- at most so many.
-- +goose StatementBegin
create or replace function find_contacts(query tsquery, names boolean, most int) returns setof bigint
	language sql stable security definer rows 100 set search_path from current as $$
	select id from (
		select k.id from contacts k where names and k.workspace_id = current_workspace() and name_words(k.name) @@ query
		union
		select e.contact_id from contact_emails e where e.workspace_id = current_workspace() and name_words(e.email) @@ query
	) found limit most
$$;
-- +goose StatementEnd

-- What most workspaces have hardly any of: without these a search for it would walk all cases to find none. The usual
-- value is left out, so that mail writes nothing here.
drop index concurrently if exists cases_by_priority;
create index concurrently cases_by_priority on cases (workspace_id, priority, last_activity_at desc, id desc)
	where deleted_at is null and spam_at is null and merged_into_id is null and priority <> 2;
drop index concurrently if exists cases_by_channel;
create index concurrently cases_by_channel on cases (workspace_id, channel, last_activity_at desc, id desc)
	where deleted_at is null and spam_at is null and merged_into_id is null and channel <> 'email';

-- +goose Down
drop index concurrently if exists cases_by_channel;
drop index concurrently if exists cases_by_priority;
drop function if exists find_contacts(tsquery, boolean, int);
drop index concurrently if exists contact_emails_words;
drop index concurrently if exists contacts_words;
drop function if exists name_words(text);
drop function if exists find_rare(tsquery, int, int);
-- +goose StatementBegin
create or replace function add_words(document tsvector, words tsvector) returns tsvector
	language plpgsql immutable parallel safe as $$
begin
	return document || words;
exception when program_limit_exceeded then
	return document;
end $$;
-- +goose StatementEnd
drop index concurrently if exists case_search_outdated;
alter table case_search drop column if exists version;
