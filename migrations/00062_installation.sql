-- Which installation a database is: a backup of it is the same one. The file that the erasure ledger is copied to names it, so that
-- the erasures of one installation are never held against another.
-- +goose Up

create table installation (
	only_one boolean primary key default true check (only_one),
	id       uuid not null
);
-- A backup from before this migration has to come to the same id as the database that it was made of.
insert into installation (id) select coalesce(
	(select md5('caseward ' || id || ' ' || (extract(epoch from created_at) * 1000000)::bigint)::uuid from workspaces order by id limit 1),
	gen_random_uuid());

-- +goose Down
drop table installation;
